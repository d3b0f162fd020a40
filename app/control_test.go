package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

const directed = incident.ID("01JEQ7V5M2K3ABCD")

// told is an engine that remembers what it was told.
type told struct {
	state incident.State
	err   error

	mu        sync.Mutex
	hurried   []incident.Hurried
	cancelled []incident.Cancelled
}

func (e *told) Hurry(_ context.Context, _ incident.ID, h incident.Hurried) (incident.State, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hurried = append(e.hurried, h)
	return e.state, e.err
}

func (e *told) Cancel(_ context.Context, _ incident.ID, c incident.Cancelled) (incident.State, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cancelled = append(e.cancelled, c)
	return e.state, e.err
}

// stepAt is an incident whose only step has one bid at nonce 7.
func stepAt(state incident.StepState, signed bool) incident.State {
	a := incident.Attempt{Priced: incident.Priced{Step: "pause", Attempt: 1, Issue: 1, Nonce: 7, Gas: 100_000}}
	if signed {
		a.Signed = &incident.Signed{Step: "pause", Attempt: 1, Raw: []byte{2}, Hash: common.HexToHash("0xabc1")}
	}
	p := &incident.Plan{Recover: []string{"unpause with the recovery key"}, Calls: []incident.Call{
		{Step: "pause", MaxCost: incident.NewQuantity(1e16), Effect: "stops deposits", Undo: "the owner calls unpause()"}}}
	return incident.State{ID: directed, Runs: []incident.Run{{Phase: incident.PhaseExecuting, Plan: p,
		Steps: []incident.Step{{Name: "pause", State: state, Issue: 1, Attempts: []incident.Attempt{a}}}}}}
}

// open serves a control socket until the test ends and returns its path.
func (e *told) open(t *testing.T, path string) string {
	t.Helper()
	a := &App{c: Config{Control: path}, o: Options{Log: slog.New(slog.DiscardHandler)}}
	a.ended, a.end = context.WithCancelCause(context.Background())
	require.NoError(t, a.openControl(e))
	for _, loop := range a.loops {
		a.running.Go(loop)
	}
	t.Cleanup(func() { require.NoError(t, a.Stop()) })
	return path
}

func socketIn(t *testing.T) string { return filepath.Join(t.TempDir(), "firebreak.db.sock") }

func TestADirectionReachesTheEngineWithWhoGaveIt(t *testing.T) {
	e := &told{state: stepAt(incident.StepBroadcast, true)}
	path := e.open(t, socketIn(t))
	d := Direction{Incident: directed, Step: "pause", Why: "it waits\nfor minutes", As: "ana"}
	done, err := Direct(t.Context(), path, Bump, d)
	require.NoError(t, err)
	require.Len(t, e.hurried, 1)
	assert.Equal(t, "pause", e.hurried[0].Step)
	assert.Equal(t, "it waits for minutes", e.hurried[0].Why, "a reason is one line of the record")
	assert.Contains(t, e.hurried[0].By, fmt.Sprintf("uid %d", os.Geteuid()))
	assert.Contains(t, e.hurried[0].By, "who says to be ana", "what is claimed is told from what is known")
	assert.Equal(t, e.hurried[0].By, done.By)
	assert.Equal(t, incident.StepBroadcast, done.State)

	_, err = Direct(t.Context(), path, Cancel, d)
	require.NoError(t, err)
	require.Len(t, e.cancelled, 1)
	assert.Len(t, e.hurried, 1)
}

func TestAPersonIsToldWhatACancelCouldNotUndo(t *testing.T) {
	for name, c := range map[string]struct {
		state    incident.State
		says     []string
		saysNone []string
	}{
		"never signed": {stepAt(incident.StepFailed, false), []string{"never signed", "nothing of it can reach a chain"}, []string{"recalled"}},
		"priced":       {stepAt(incident.StepPriced, false), []string{"nonce 7 is fixed", "may have signed", "stops deposits", "unpause()"}, nil},
		"signed":       {stepAt(incident.StepSigned, true), []string{"may be out", "cannot be recalled", "signs nothing else at nonce 7"}, nil},
		"broadcast":    {stepAt(incident.StepBroadcast, true), []string{common.HexToHash("0xabc1").Hex(), "No higher bid", "everything above", "recovery key"}, nil},
		"spent":        {stepAt(incident.StepFailed, true), []string{"nonce 7 is spent", "gets no other"}, []string{"recalled"}},
	} {
		t.Run(name, func(t *testing.T) {
			words := strings.Join(standing(c.state, "pause", Cancel), "\n")
			for _, says := range append(c.says, "firebreak tx show "+string(directed)+" pause") {
				assert.Contains(t, words, says)
			}
			for _, says := range c.saysNone {
				assert.NotContains(t, words, says)
			}
		})
	}
	assert.Contains(t, strings.Join(standing(stepAt(incident.StepBroadcast, true), "pause", Bump), "\n"), "at most the 0.01 ETH")
}

func TestAPersonWhoAsksForMoreThanIsPossibleIsToldWhyAndWhatToDo(t *testing.T) {
	s := stepAt(incident.StepBroadcast, true)
	step := &s.Runs[0].Steps[0]
	step.Stalled, step.Why, step.Mend = 1, "nothing of the approved 0.01 ETH is left", "send the call from another account"
	words := strings.Join(standing(s, "pause", Bump), "\n")
	assert.Contains(t, words, "nothing of the approved 0.01 ETH is left")
	assert.Contains(t, words, "send the call from another account")
	assert.NotContains(t, words, "will cost", "no bid is promised")
}

func TestWhatIsNoDirectionIsRefusedInASentence(t *testing.T) {
	e := &told{state: stepAt(incident.StepBroadcast, true)}
	path := e.open(t, socketIn(t))
	for name, c := range map[string]struct {
		d    Direction
		says string
	}{
		"no incident":        {Direction{Step: "pause", Why: "x"}, "is not an incident id"},
		"a made-up incident": {Direction{Incident: "../../etc/passwd", Step: "pause", Why: "x"}, "is not an incident id"},
		"no step":            {Direction{Incident: directed, Why: "x"}, "names no step"},
		"no reason":          {Direction{Incident: directed, Step: "pause", Why: " \n"}, "says no reason"},
		"a book":             {Direction{Incident: directed, Step: "pause", Why: strings.Repeat("x", maxDirection)}, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Direct(t.Context(), path, Cancel, c.d)
			assert.ErrorContains(t, err, c.says)
		})
	}
	assert.Empty(t, e.cancelled)
	assert.Empty(t, e.hurried)
}

func TestTheEnginesRefusalIsWhatThePersonReads(t *testing.T) {
	for err, status := range map[error]int{
		fmt.Errorf("%w: %s", engine.ErrUnknown, directed): http.StatusNotFound,
		errors.New("step pause is included already"):      http.StatusConflict,
		context.DeadlineExceeded:                          http.StatusServiceUnavailable,
	} {
		e := &told{err: err}
		path := e.open(t, socketIn(t))
		_, got := Direct(t.Context(), path, Bump, Direction{Incident: directed, Step: "pause", Why: "x"})
		if status == http.StatusServiceUnavailable {
			assert.ErrorContains(t, got, "try again")
		} else {
			assert.EqualError(t, got, err.Error())
		}
		assert.Equal(t, status, statusOf(t, path, "/v1/tx/bump", `{"incident":"01JEQ7V5M2K3ABCD","step":"pause","why":"x"}`))
	}
}

func TestOnlyTheTwoVerbsAreAnswered(t *testing.T) {
	e := &told{state: stepAt(incident.StepBroadcast, true)}
	path := e.open(t, socketIn(t))
	body := `{"incident":"01JEQ7V5M2K3ABCD","step":"pause","why":"x"}`
	for _, at := range []string{"/", "/v1/tx/", "/v1/tx/sign", "/metrics", "/v1/alerts/detector"} {
		assert.Equal(t, http.StatusNotFound, statusOf(t, path, at, body), at)
	}
	for name, body := range map[string]string{"an unknown field": `{"incident":"01JEQ7V5M2K3ABCD","step":"pause","why":"x","to":"0x"}`,
		"two": body + body, "nothing": "", "no object": "[]"} {
		assert.Equal(t, http.StatusBadRequest, statusOf(t, path, "/v1/tx/cancel", body), name)
	}
	assert.Empty(t, e.cancelled)
}

// statusOf speaks to a socket without the client.
func statusOf(t *testing.T, socket, path, body string) int {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return dialControl(socket) }}}
	response, err := client.Post("http://x"+path, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode
}

func TestAStrangerIsRefusedWhateverTheSocketsPermissions(t *testing.T) {
	e := &told{state: stepAt(incident.StepBroadcast, true)}
	c := &control{director: e, uid: 1000, log: slog.New(slog.DiscardHandler)}
	text, err := json.Marshal(Direction{Incident: directed, Step: "pause", Why: "x"})
	require.NoError(t, err)
	for name, who := range map[string]any{"another user": peer{uid: 1001, known: true}, "nobody at all": nil} {
		r, err := http.NewRequestWithContext(context.WithValue(t.Context(), peerKey{}, who), http.MethodPost, "/", bytes.NewReader(text))
		require.NoError(t, err)
		_, err = c.direct(r.Context(), Bump, r)
		assert.ErrorContains(t, err, "only the user that the daemon runs as", name)
	}
	assert.Empty(t, e.hurried)
	for _, who := range []peer{{uid: 1000, known: true}, {uid: 0, known: true}, {}} {
		r, err := http.NewRequestWithContext(context.WithValue(t.Context(), peerKey{}, who), http.MethodPost, "/", bytes.NewReader(text))
		require.NoError(t, err)
		_, err = c.direct(r.Context(), Bump, r)
		assert.NoError(t, err)
	}
	assert.Len(t, e.hurried, 3)
	assert.Equal(t, "local operator", e.hurried[2].By, "where the system does not tell who it is")
}

func TestALongPathIsNoReasonToStayWithoutASocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 90), strings.Repeat("e", 90))
	require.NoError(t, os.MkdirAll(dir, 0o700))
	e := &told{state: stepAt(incident.StepBroadcast, true)}
	path := e.open(t, filepath.Join(dir, "firebreak.db.sock"))
	_, err := Direct(t.Context(), path, Bump, Direction{Incident: directed, Step: "pause", Why: "x"})
	assert.NoError(t, err)
}

func TestWhereNoDaemonAnswersThePersonIsToldWhatToDo(t *testing.T) {
	path := socketIn(t)
	d := Direction{Incident: directed, Step: "pause", Why: "x"}
	_, err := Direct(t.Context(), path, Bump, d)
	assert.ErrorContains(t, err, "no daemon answers on "+path)
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	stale.SetUnlinkOnClose(false)
	require.NoError(t, stale.Close())
	_, err = Direct(t.Context(), path, Bump, d)
	assert.ErrorContains(t, err, "no daemon answers on "+path)
}

func TestNoSocketIsOpenedWhereItIsTurnedOff(t *testing.T) {
	a := &App{c: Config{Control: ControlOff}}
	require.NoError(t, a.openControl(&told{}))
	assert.Empty(t, a.loops)
}
