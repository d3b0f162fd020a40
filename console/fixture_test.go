package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

const (
	origin = "https://approve.example.org"
	asked  = incident.ID("01JEQ7V5M2K3ABCD")
	over   = incident.ID("01JEQ7V5M2K3ABCE")
	absent = incident.ID("01JEQ7V5M2K3ABCF")
)

var (
	start  = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	domain = consent.Domain{Signer: common.HexToAddress("0x2222222222222222222222222222222222222222"), Instance: common.Hash{7}}
	target = common.HexToAddress("0xA79C6968E3c75aE4eF388370d1f142720D498fEC")
)

// stand is a console with an office behind it, and a clock.
type stand struct {
	t       *testing.T
	c       *console.Console
	office  *office
	people  map[string]consenttest.Person
	log     *bytes.Buffer
	mu      sync.Mutex
	now     time.Time
	refused []console.Reason
	who     []string
	told    []console.Refusal
}

func open(t *testing.T) *stand {
	t.Helper()
	ana := consenttest.Person{ID: "ana", Keys: []consenttest.Keyholder{consenttest.NewPasskey("ana", "approve.example.org", origin)}}
	s := &stand{t: t, now: start, log: &bytes.Buffer{}, people: map[string]consenttest.Person{"ana": ana, "ben": consenttest.WithWallet("ben")}}
	s.office = &office{clock: s.clock, states: map[incident.ID]incident.State{asked: asking(asked, 1), over: ended(over)}, cast: map[common.Hash]console.Cast{}}
	s.office.enrol(t, s.people["ana"], s.people["ben"])
	c, err := console.New(console.Options{Origin: origin, Requests: s.office, Ballots: s.office, Guardians: s.office,
		Decoys: bytes.Repeat([]byte{1}, 32), Version: "v-test", Now: s.clock, Log: slog.New(slog.NewTextHandler(s.log, nil)),
		Refused: func(no console.Refusal) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.refused, s.who, s.told = append(s.refused, no.Reason), append(s.who, no.Person), append(s.told, no)
		}})
	require.NoError(t, err)
	s.c = c
	return s
}

func (s *stand) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stand) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func asking(id incident.ID, revision int) incident.State {
	plan := incident.Plan{Incident: id, Run: 1, Revision: revision, Title: "pause lab-vault on lab", Reason: "24,000 USDX left in one block.",
		Requester: "rule vault.outflow-spike", Mode: incident.ModeLive, Signer: "responder-1", PlannedAt: start,
		Playbook: incident.PlaybookRef{Name: "vault-drain"}, Blocks: map[string]uint64{"lab": 21334571},
		Calls: []incident.Call{{Step: "pause", Verb: "pause", Target: "lab-vault", Chain: "lab", ChainID: 1, To: target,
			Function: "pause()", Gas: 90000, Effect: "All withdrawals stop.", Undo: "The owner can unpause."}},
		Quorum: incident.Quorum{Need: 2, Teams: []string{"security", "protocol"}, Distinct: approvals.DistinctTeam, Assurance: incident.AssurancePasskey}}
	return incident.State{ID: id, Seq: 4, Opened: incident.Opened{Alert: incident.Alert{Source: "detector", Summary: "outflow"}},
		Runs: []incident.Run{{Number: 1, Phase: incident.PhaseAsking, Plan: &plan, Digest: plan.Digest(), Deadline: start.Add(15 * time.Minute)}}}
}

func ended(id incident.ID) incident.State {
	s := asking(id, 1)
	s.Runs[0].Phase, s.Runs[0].End, s.Runs[0].EndedAt = incident.PhaseLapsed, "Expired with 0 of 2. Nothing was sent.", start
	return s
}

// office is everything behind the console: journal, ballots and guardians.
type office struct {
	clock func() time.Time

	mu        sync.Mutex
	states    map[incident.ID]incident.State
	guardians *consent.Guardians
	document  string
	cast      map[common.Hash]console.Cast // by paper
	papers    int

	hangs                  bool // Vault, until who asks gives up
	vaultAway, journalAway error
	lost, landed           error // of Cast: without and with an effect
}

func (o *office) enrol(t *testing.T, people ...consenttest.Person) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.document = consenttest.Guardians("responder-1", people...)
	g, err := consent.ParseGuardians([]byte(o.document), "responder-1")
	require.NoError(t, err)
	o.guardians = g
}

func (o *office) State(_ context.Context, id incident.ID) (incident.State, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, ok := o.states[id]
	if !ok {
		return s, fmt.Errorf("%w: %s", console.ErrUnknown, id)
	}
	return s, o.journalAway
}

func (o *office) Open() []incident.State {
	o.mu.Lock()
	defer o.mu.Unlock()
	return []incident.State{o.states[asked]}
}

func (o *office) Ended(context.Context) ([]incident.State, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return []incident.State{o.states[over]}, o.journalAway
}

func (o *office) Paper(_ context.Context, q console.Query) (ballot.Paper, error) {
	o.mu.Lock()
	o.papers++
	id := common.Hash{byte(o.papers)}
	o.mu.Unlock()
	return o.paper(console.Cast{Query: q, ID: id, Issued: o.clock()})
}

// paper is what a person signs: the decision on the plan as it is now.
func (o *office) paper(c console.Cast) (ballot.Paper, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.states[c.Incident]
	run := s.Run()
	if run.Phase != incident.PhaseAsking {
		return ballot.Paper{}, &approvals.VoterError{Sentence: "No vote is open on this incident."}
	}
	message := consent.Decision{Decision: string(c.Decision), Reason: c.Reason, Guardian: c.Person, Incident: consent.IncidentHash(string(c.Incident)),
		Run: 1, Revision: uint64(run.Plan.Revision), Plan: common.Hash(run.Digest), ID: c.ID, ValidUntil: uint64(c.Issued.Add(time.Hour).Unix())}
	return ballot.Paper{Incident: c.Incident, Run: 1, Revision: run.Plan.Revision, Digest: run.Digest, Person: c.Person, Decision: c.Decision,
		Reason: c.Reason, ID: c.ID, Issued: c.Issued, Sheets: []ballot.Sheet{ballot.NewSheet(message, domain)}}, nil
}

func (o *office) Cast(_ context.Context, c console.Cast) (incident.State, error) {
	p, err := o.paper(c)
	if err != nil {
		return incident.State{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lost != nil {
		return incident.State{}, o.lost
	}
	if len(c.Signatures) != len(p.Sheets) {
		return incident.State{}, &approvals.VoterError{Sentence: "One signature for each sheet is needed."}
	}
	for i, sheet := range p.Sheets {
		if _, err := o.guardians.Verify(sheet.Digest, c.Signatures[i], func([]byte) uint32 { return 0 }); err != nil {
			return incident.State{}, &approvals.VoterError{Sentence: "Your signature is of something else than this paper."}
		}
	}
	if c.Signatures[0].Guardian != c.Person {
		return incident.State{}, errors.New("the console let somebody else's signature through")
	}
	if _, before := o.cast[c.ID]; !before {
		s := o.states[c.Incident]
		run := s.Run()
		run.Votes = append(append([]incident.Vote(nil), run.Votes...), incident.Vote{Person: c.Person, Team: "security", Decision: c.Decision,
			Reason: c.Reason, Digest: run.Digest, Assurance: incident.AssurancePasskey, At: o.clock()})
		s.Runs = []incident.Run{run}
		o.states[c.Incident] = s
		o.cast[c.ID] = c
	}
	return o.states[c.Incident], o.landed
}

func (o *office) Keys(context.Context, incident.State) (map[string]ballot.Key, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return map[string]ballot.Key{"responder-1": {Guardians: o.document, Policy: "{}", Info: signer.KeyInfo{
		Name: "responder-1", Address: domain.Signer, InstanceID: domain.Instance}}}, o.vaultAway
}

func (o *office) Find(ctx context.Context, person string) ([]consent.Key, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if o.vaultAway != nil {
		return nil, o.vaultAway
	}
	g, _ := o.guardians.Find(person)
	return g.Keys, nil
}

func (o *office) Login(_ context.Context, l console.Login) (ballot.Sheet, error) {
	return ballot.NewSheet(consent.Login{Origin: l.Origin, Guardian: l.Person, Nonce: l.Nonce, ValidUntil: uint64(l.Until.Unix())}, domain), nil
}

func (o *office) Verify(_ context.Context, digest common.Hash, s consent.Signature) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.vaultAway != nil {
		return o.vaultAway
	}
	_, err := o.guardians.Verify(digest, s, func([]byte) uint32 { return 0 })
	return err
}

func (o *office) set(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *office) votes() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.cast)
}
