package approvals_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// FuzzNoSequenceOfVotesAuthorisesWithoutTheQuorum plays any votes of anybody,
// honest or not, and holds every authority against a count made another way.
func FuzzNoSequenceOfVotesAuthorisesWithoutTheQuorum(f *testing.F) {
	f.Add([]byte{0, 2, 0, 0, 1, 0})                    // ana and ben approve
	f.Add([]byte{1, 2, 0, 0, 1, 0})                    // by teams
	f.Add([]byte{0, 2, 0, 1, 0, 0, 1, 0, 2, 0})        // a yes after a no
	f.Add([]byte{1, 3, 0, 0, 1, 0, 2, 0, 3, 0})        // more teams than there are
	f.Add([]byte{0, 2, 1, 0, 0, 2, 1, 4, 2, 8})        // another digest, another roster
	f.Add([]byte{2, 1, 5, 0, 4, 0, 0, 16, 0, 32})      // strangers and weak votes
	f.Add([]byte{0, 1, 0, 64, 0, 0, 1, 0, 0, 1, 1, 1}) // written past Admit
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) < 2 || len(raw) > 200 {
			return
		}
		rules := approvals.Rules{Roster: guardians(t)}
		s := asking(t, func(p *incident.Plan) {
			p.Quorum.Distinct = []string{"person", "team", "", "account"}[raw[0]%4]
			p.Quorum.Need = 1 + int(raw[1]%3)
			if raw[1]&8 != 0 {
				p.Requester = "ana"
			}
		})
		for i := 2; i+1 < len(raw) && s.Phase() == incident.PhaseAsking; i += 2 {
			v := wild(rules, s, raw[i], raw[i+1])
			if err := rules.Admit(s, v); err != nil && raw[i+1]&64 == 0 {
				continue
			}
			next, err := s.Foresee(incident.Draft{Body: incident.Voted{Vote: v}, Seen: t0})
			if err != nil {
				continue
			}
			s = next
			body := rules.Decide(s)
			if a, ok := body.(incident.Authorised); ok {
				require.True(t, a.Digest.Equal(s.Run().Digest))
				require.True(t, enough(s, a.By), "votes %+v", s.Run().Votes)
			}
			if body != nil {
				s = add(t, s, body)
			}
		}
	})
}

// wild is a vote with whatever flaws the flags ask for.
func wild(rules approvals.Rules, s incident.State, who, flaws byte) incident.Vote {
	name := []string{"ana", "ben", "cho", "dee", "fay", "mallory"}[who%6]
	v := vote(rules, s, name, incident.Approve)
	v.Delivery = fmt.Sprint(len(s.Run().Votes))
	if flaws&1 != 0 {
		v.Decision = incident.Deny
	}
	if flaws&2 != 0 {
		v.Digest[3] ^= 1
	}
	if flaws&4 != 0 {
		v.Roster[3] ^= 1
	}
	if flaws&8 != 0 {
		v.Team = "treasury"
	}
	if flaws&16 != 0 {
		v.Assurance = incident.AssuranceNone
	}
	if flaws&32 != 0 {
		v.Team = ""
	}
	return v
}

// enough counts afresh: people with a sound approval and no denial, and for
// teams every way of giving people to teams, one each.
func enough(s incident.State, by []string) bool {
	in := map[string][]string{"ana": {"security", "treasury"}, "ben": {"security"}, "cho": {"security"}, "dee": {"treasury"}}
	q := s.Run().Plan.Quorum
	sound := map[string]bool{}
	for _, v := range s.Run().Votes {
		if len(in[v.Person]) == 0 || v.Person == s.Run().Plan.Requester || !v.Digest.Equal(s.Run().Digest) {
			continue
		}
		if v.Decision == incident.Deny && v.Assurance.Rank() > 0 && v.Team != "" {
			sound[v.Person] = false
		} else if _, voted := sound[v.Person]; !voted && v.Assurance.Rank() > 0 {
			sound[v.Person] = true
		}
	}
	var people []string
	for _, name := range by {
		if sound[name] {
			people = append(people, name)
		}
	}
	if len(people) != len(by) {
		return false
	}
	switch q.Distinct {
	case "person", "":
		return len(people) >= q.Need
	case "team":
		return best(people, in, map[string]bool{}) >= q.Need
	}
	return false
}

func best(people []string, in map[string][]string, taken map[string]bool) int {
	if len(people) == 0 {
		return 0
	}
	most := best(people[1:], in, taken)
	for _, team := range in[people[0]] {
		if !taken[team] {
			taken[team] = true
			most = max(most, 1+best(people[1:], in, taken))
			delete(taken, team)
		}
	}
	return most
}
