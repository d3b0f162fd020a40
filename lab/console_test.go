package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

const pageOrigin = "https://approve.firebreak.test"

// visitor is a program at the page's API, behind the proxy that has the
// certificate.
type visitor struct {
	t       *testing.T
	address string
	token   string
}

func (v *visitor) ask(method, path string, body, answer any) int {
	v.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(v.t, err)
	req, err := http.NewRequestWithContext(v.t.Context(), method, "http://"+v.address+path, bytes.NewReader(raw))
	require.NoError(v.t, err)
	req.Host = "approve.firebreak.test"
	req.Header.Set("Content-Type", "application/json")
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(v.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	if answer != nil {
		require.NoError(v.t, json.Unmarshal(text, answer), "%s", text)
	}
	return resp.StatusCode
}

type sheet struct {
	Digest common.Hash `json:"digest"`
}

func (v *visitor) signIn(person string, by consenttest.Person) int {
	v.t.Helper()
	var given struct {
		Nonce common.Hash `json:"nonce"`
		Sheet sheet       `json:"sheet"`
	}
	require.Equal(v.t, http.StatusOK, v.ask(http.MethodPost, "/api/v1/session/challenge", console.WhoAsks{Person: person}, &given))
	var session console.Session
	status := v.ask(http.MethodPost, "/api/v1/session", console.SignIn{Person: person, Nonce: given.Nonce, Signature: by.Sign(given.Sheet.Digest), Bearer: true}, &session)
	v.token = session.Token
	return status
}

func (v *visitor) approve(id incident.ID, by consenttest.Person) int {
	v.t.Helper()
	var paper struct {
		console.Named
		Sheets []sheet `json:"sheets"`
	}
	path := "/api/v1/requests/" + string(id)
	require.Equal(v.t, http.StatusOK, v.ask(http.MethodPost, path+"/paper", console.Wanted{Decision: incident.Approve}, &paper))
	signed := console.Signed{Paper: paper.Named}
	for _, s := range paper.Sheets {
		signed.Signatures = append(signed.Signatures, by.Sign(s.Digest))
	}
	return v.ask(http.MethodPost, path+"/vote", signed, nil)
}

func TestThePageCollectsWhatTheKeyCountsWhileSlackIsDown(t *testing.T) {
	scene, err := Find("vault-drain")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := Start(ctx, Options{Scenario: scene, BlockTime: 60 * time.Millisecond, Dir: t.TempDir(), Signed: true,
		Console: &Console{Origin: pageOrigin, Listen: "127.0.0.1:0"}})
	require.NoError(t, err)
	defer func() { assert.NoError(t, r.Close()) }()
	require.NoError(t, r.SlackDown())
	var played sync.WaitGroup
	playing, stop := context.WithCancel(ctx)
	played.Go(func() { _, _ = r.Play(playing) }) // it waits for Slack to be told, in vain
	defer func() { stop(); played.Wait() }()

	stranger := &visitor{t: t, address: r.ConsoleAddr()}
	assert.Equal(t, http.StatusUnauthorized, stranger.signIn("ana", consenttest.Person{ID: "ana", Keys: []consenttest.Keyholder{consenttest.NewWallet("mallory")}}))
	ana, dee := consenttest.WithWallet("ana"), consenttest.WithWallet("dee")
	one, two := &visitor{t: t, address: r.ConsoleAddr()}, &visitor{t: t, address: r.ConsoleAddr()}
	require.Equal(t, http.StatusOK, one.signIn("ana", ana))
	require.Equal(t, http.StatusOK, two.signIn("dee", dee))

	var list console.Listing
	until(ctx, t, func() bool {
		one.ask(http.MethodGet, "/api/v1/requests", nil, &list)
		return len(list.Open) == 1
	})
	id := list.Open[0].Incident
	require.Equal(t, http.StatusOK, one.approve(id, ana))
	require.Equal(t, http.StatusOK, two.approve(id, dee))

	var state incident.State
	until(ctx, t, func() bool {
		states, err := r.Incidents(ctx)
		require.NoError(t, err)
		state = states[0]
		return state.Phase() == incident.PhaseContained
	})
	assert.Equal(t, []string{"ana", "dee"}, state.Run().Authorised.By)
	for _, v := range state.Run().Votes {
		assert.Equal(t, incident.AssuranceWallet, v.Assurance)
		assert.Len(t, v.Consents, 1)
	}
	list = console.Listing{}
	one.ask(http.MethodGet, "/api/v1/requests", nil, &list)
	assert.Empty(t, list.Open)
	require.Len(t, list.Ended, 1)
	assert.Equal(t, id, list.Ended[0].Incident)
	until(ctx, t, func() bool { return turnedAway(ctx, t, r) == "page signature" })
}

// turnedAway is what the journal has of the first that was refused.
func turnedAway(ctx context.Context, t *testing.T, r *Range) string {
	t.Helper()
	for f, err := range r.record.Read(ctx, incident.Door, 0) {
		require.NoError(t, err)
		body, err := f.Body()
		require.NoError(t, err)
		if refused, ok := body.(incident.TurnedAway); ok {
			return refused.By + " " + refused.Reason
		}
	}
	return ""
}

func until(ctx context.Context, t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			require.NoError(t, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
