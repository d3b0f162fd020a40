package incident_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// t0 is when the stories of these tests begin.
var t0 = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

var responder = common.HexToAddress("0x2222222222222222222222222222222222222222")

// story writes facts one after the other, as a journal would.
type story struct {
	t     *testing.T
	state incident.State
	facts []incident.Fact
}

func newStory(t *testing.T) *story { return &story{t: t} }

// try appends a body, or returns why it is refused.
func (s *story) try(body incident.Body) error {
	d := incident.Draft{Run: s.state.Run().Number, Body: body, Seen: t0.Add(time.Duration(len(s.facts)) * time.Second)}
	at := incident.Position{Stream: "01JEQ7V5M2K30000", Seq: s.state.Seq + 1, Prev: s.state.Head}
	f, err := d.Seal(at, d.Seen)
	require.NoError(s.t, err)
	next, err := s.state.Apply(f)
	if err != nil {
		return err
	}
	s.state, s.facts = next, append(s.facts, f)
	return nil
}

func (s *story) add(bodies ...incident.Body) *story {
	s.t.Helper()
	for _, b := range bodies {
		require.NoError(s.t, s.try(b), "fact %s", b.Kind())
	}
	return s
}

// dos lists what is owed, in order.
func (s *story) dos() []incident.Do {
	var dos []incident.Do
	for _, e := range incident.Next(s.state) {
		dos = append(dos, e.Do)
	}
	return dos
}

func opened() incident.Opened {
	return incident.Opened{
		Key: "lab/vault", Playbook: incident.PlaybookRef{Name: "vault-drain"}, Mode: incident.ModeLive,
		Alert: incident.Alert{Source: "generic", ID: "a1", Rule: "vault.outflow-spike"},
	}
}

// plan makes a plan with one call per step name.
func plan(steps ...string) incident.Plan {
	p := incident.Plan{
		Incident: "01JEQ7V5M2K30000", Revision: 1, Mode: incident.ModeLive, PlannedAt: t0, Submit: time.Minute,
		Quorum: incident.Quorum{Need: 2, Teams: []string{"security"}, Assurance: incident.AssuranceSlack, Within: 10 * time.Minute},
		Signer: "guardian", MaxFee: incident.NewQuantity(1e18),
	}
	for _, name := range steps {
		p.Calls = append(p.Calls, incident.Call{
			Step: name, Verb: "pause", Chain: "lab", ChainID: 1337, To: common.HexToAddress("0x1111111111111111111111111111111111111111"),
			Data: common.FromHex("0x8456cb59"), Gas: 100_000, MaxCost: incident.NewQuantity(1e16),
			Goal: incident.Check{ChainID: 1337, To: common.HexToAddress("0x1111111111111111111111111111111111111111"),
				Data: common.FromHex("0x5c975abb"), Type: "bool", Op: incident.Equals, Want: incident.NewQuantity(1)},
		})
	}
	return p
}

func planned(p incident.Plan) incident.Planned { return incident.Planned{Plan: p, Digest: p.Digest()} }

func vote(person string, decision incident.Decision, on incident.Digest) incident.Voted {
	return incident.Voted{Vote: incident.Vote{Person: person, Team: "security", Decision: decision, Digest: on,
		Assurance: incident.AssuranceSlack, Delivery: person + string(decision)}}
}

// authorised brings a story to the point where sending may begin.
func authorised(t *testing.T, steps ...string) *story {
	p := plan(steps...)
	d := p.Digest()
	return newStory(t).add(opened(), planned(p), incident.Asked{Digest: d, Deadline: t0.Add(10 * time.Minute)},
		vote("ana", incident.Approve, d), vote("ben", incident.Approve, d),
		incident.Authorised{Digest: d, By: []string{"ana", "ben"}, Assurance: incident.AssuranceSlack})
}

func priced(step string, attempt, issue int, nonce uint64) incident.Priced {
	return incident.Priced{Step: step, Attempt: attempt, Issue: issue, ChainID: 1337, Key: "guardian", From: responder,
		Nonce: nonce, Gas: 100_000, FeeCap: incident.NewQuantity(uint64(attempt) * 1e9), Tip: incident.NewQuantity(1e9)}
}

func signed(step string, attempt int) incident.Signed {
	return incident.Signed{Step: step, Attempt: attempt, Raw: []byte{2, byte(attempt)}, Hash: hashOf(step, attempt)}
}

func hashOf(step string, attempt int) common.Hash {
	return common.BytesToHash([]byte(step + string(rune('0'+attempt))))
}

func sent(step string, attempt int) incident.Broadcast {
	return incident.Broadcast{Step: step, Attempt: attempt}
}

func included(step string, attempt int) incident.Included {
	return incident.Included{Step: step, Hash: hashOf(step, attempt), Block: 7}
}
