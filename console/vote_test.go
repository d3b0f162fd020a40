package console_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
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

func TestAGuardianSignsInReadsAndApproves(t *testing.T) {
	for _, person := range []string{"ana", "ben"} { // a passkey and a wallet
		s := open(t)
		b := s.browser(person).signIn()

		list := answer[console.Listing](t, b.get("/api/v1/requests"), http.StatusOK)
		require.Len(t, list.Open, 1)
		assert.Equal(t, asked, list.Open[0].Incident)
		assert.Equal(t, over, list.Ended[0].Incident)

		d := answer[console.Document](t, b.get(requestPath(asked, "")), http.StatusOK)
		assert.Equal(t, d.Plan.Digest(), d.Digest, "who reads it can compute the digest again")
		assert.Equal(t, domain.Signer, d.Keys["responder-1"].Key().Info.Address)
		assert.Equal(t, s.office.document, d.Keys["responder-1"].Guardians)

		done := answer[console.Recorded](t, b.post(requestPath(asked, "/vote"), b.paper(asked, incident.Approve, "")), http.StatusOK)
		assert.True(t, done.Recorded)
		assert.Equal(t, person, done.Request.Votes.Approvals[0].Person)
		assert.Equal(t, 1, s.office.votes())
		assert.Empty(t, s.refused)
	}
}

func TestADenialCarriesItsReason(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	done := answer[console.Recorded](t, b.post(requestPath(asked, "/vote"), b.paper(asked, incident.Deny, "It is a migration.")), http.StatusOK)
	assert.Equal(t, "It is a migration.", done.Request.Votes.Objections[0].Reason)
}

func TestAVoteThatIsNotWhatWasSignedHasNoEffect(t *testing.T) {
	for name, spoil := range map[string]func(s *stand, v *console.Signed){
		"another decision":   func(_ *stand, v *console.Signed) { v.Paper.Decision = incident.Deny },
		"another reason":     func(_ *stand, v *console.Signed) { v.Paper.Reason = "because" },
		"another paper":      func(_ *stand, v *console.Signed) { v.Paper.ID[0]++ },
		"another time":       func(_ *stand, v *console.Signed) { v.Paper.Issued = v.Paper.Issued.Add(time.Second) },
		"no signature":       func(_ *stand, v *console.Signed) { v.Signatures = nil },
		"too many":           func(_ *stand, v *console.Signed) { v.Signatures = append(v.Signatures, v.Signatures[0]) },
		"a stale revision":   func(s *stand, _ *console.Signed) { s.office.set(func() { s.office.states[asked] = asking(asked, 2) }) },
		"an ended request":   func(s *stand, _ *console.Signed) { s.office.set(func() { s.office.states[asked] = ended(asked) }) },
		"another's key":      func(s *stand, v *console.Signed) { v.Signatures[0].Bytes = s.people["ben"].Sign(common.Hash{1}).Bytes },
		"somebody else's":    func(_ *stand, v *console.Signed) { v.Signatures[0].Guardian = "ben" },
		"a key that is gone": func(s *stand, _ *console.Signed) { s.office.enrol(s.t, consenttest.People("ana", "ben")...) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			b := s.browser("ana").signIn()
			signed := b.paper(asked, incident.Approve, "")
			spoil(s, &signed)
			no := answer[problem](t, b.post(requestPath(asked, "/vote"), signed), http.StatusConflict)
			assert.Equal(t, console.ReasonVoter, no.Reason)
			assert.NotEmpty(t, no.Detail)
			assert.Zero(t, s.office.votes())
			assert.Equal(t, []console.Reason{console.ReasonVoter}, s.refused, "every refusal is heard of")
			assert.Equal(t, []console.Refusal{{Reason: console.ReasonVoter, Person: "ana", Incident: asked, Path: "/api/v1/requests/{id}/vote", Effect: true}}, s.told)
		})
	}
}

func TestAVoteWhoseOutcomeWasNotSeenMayBeSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		fail  func(o *office, err error)
		after int // votes after the failed attempt
	}{
		"it was lost": {func(o *office, err error) { o.lost = err }, 0},
		"it landed":   {func(o *office, err error) { o.landed = err }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			b := s.browser("ana").signIn()
			signed := b.paper(asked, incident.Approve, "")
			s.office.set(func() { c.fail(s.office, errors.New("disk of secrets")) })
			w := b.post(requestPath(asked, "/vote"), signed)
			no := answer[problem](t, w, http.StatusServiceUnavailable)
			assert.Equal(t, console.ReasonOutage, no.Reason)
			assert.NotContains(t, w.Body.String(), "secrets", "what went wrong inside is for the log")
			assert.Equal(t, c.after, s.office.votes())

			s.office.set(func() { c.fail(s.office, nil) })
			answer[console.Recorded](t, b.post(requestPath(asked, "/vote"), signed), http.StatusOK)
			assert.Equal(t, 1, s.office.votes(), "it counts once")
		})
	}
}

func TestManyVotesAtOnceEachCountOnce(t *testing.T) {
	s := open(t)
	ana, ben := s.browser("ana").signIn(), s.browser("ben").signIn()
	first, second := ana.paper(asked, incident.Approve, ""), ben.paper(asked, incident.Approve, "")
	var all sync.WaitGroup
	for range 8 {
		for _, one := range []struct {
			b      *browser
			signed console.Signed
		}{{ana, first}, {ben, second}} {
			r := one.b.request(http.MethodPost, requestPath(asked, "/vote"), one.signed)
			all.Go(func() {
				w := httptest.NewRecorder()
				s.c.ServeHTTP(w, r)
				assert.Equal(t, http.StatusOK, w.Code)
			})
		}
	}
	all.Wait()
	assert.Equal(t, 2, s.office.votes())
}

func TestOnePersonCannotAskForPapersWithoutEnd(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	for range 30 {
		require.Equal(t, http.StatusOK, b.post(requestPath(asked, "/paper"), console.Wanted{Decision: incident.Approve}).Code)
	}
	w := b.post(requestPath(asked, "/paper"), console.Wanted{Decision: incident.Approve})
	assert.Equal(t, http.StatusTooManyRequests, w.Code)
	assert.NotEmpty(t, w.Header().Get("Retry-After"))
	s.pass(2 * time.Second)
	assert.Equal(t, http.StatusOK, b.post(requestPath(asked, "/paper"), console.Wanted{Decision: incident.Approve}).Code)
}

func TestThePlanIsReadWhileVaultIsAway(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	s.office.set(func() { s.office.vaultAway = errors.New("sealed") })
	d := answer[console.Document](t, b.get(requestPath(asked, "")), http.StatusOK)
	assert.NotNil(t, d.Plan)
	assert.Empty(t, d.Keys)
	assert.NotEmpty(t, d.Doubt)
}
