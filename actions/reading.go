package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// View is one question to a chain: a check without what it should answer. It
// can be a map key, so that a question is asked once for all who ask it.
type View struct {
	ChainID uint64
	To      common.Address
	Data    string // calldata
}

// Views lists the questions that a check and all it is And-ed with ask.
func Views(check incident.Check) []View {
	var views []View
	for c := &check; c != nil; c = c.And {
		views = append(views, View{ChainID: c.ChainID, To: c.To, Data: string(c.Data)})
	}
	return views
}

// Reading is what a chain's endpoints say about a check as a whole. The zero
// value says nothing, which is neither yes nor no.
type Reading struct {
	Yes, No []string // endpoints by what they say, in the order of the configuration
	Unclear []error  // endpoints that answered what cannot be read, or only a part
	Seen    []incident.Observation
}

// Holds tells whether all endpoints that answered say that the check holds,
// and that these are two at least where two or more are configured: one
// endpoint can lie or lag. A configured count below one is taken as many.
func (r Reading) Holds(configured int) bool {
	need := 2
	if configured == 1 {
		need = 1
	}
	return len(r.Yes) >= need && len(r.No) == 0 && len(r.Unclear) == 0
}

// Fails tells whether at least one endpoint could be read, and none of them
// says that the check holds.
func (r Reading) Fails() bool { return len(r.No) > 0 && len(r.Yes) == 0 }

// Doubt says in words why the reading is neither agreed nor denied; empty when
// there is no doubt.
func (r Reading) Doubt() string {
	var parts []string
	if len(r.Yes) > 0 && len(r.No) > 0 {
		parts = append(parts, fmt.Sprintf("endpoints disagree: %s say yes, %s say no", strings.Join(r.Yes, ", "), strings.Join(r.No, ", ")))
	}
	for _, err := range r.Unclear {
		parts = append(parts, err.Error())
	}
	if len(parts) == 0 && len(r.Yes)+len(r.No) == 0 {
		return "no endpoint answered"
	}
	return strings.Join(parts, "; ")
}

// Judge puts a reading together from answers by view: an endpoint says yes
// when it says so for the check and for everything And-ed with it. An endpoint
// that misses in a part cannot be read. Pure.
func Judge(check incident.Check, answers map[View][]Answer) Reading {
	var r Reading
	for _, endpoint := range endpoints(check, answers) {
		seen, ok, err := judgeOne(endpoint, check, answers)
		r.Seen = append(r.Seen, seen...)
		switch {
		case err != nil:
			r.Unclear = append(r.Unclear, err)
		case ok:
			r.Yes = append(r.Yes, endpoint)
		default:
			r.No = append(r.No, endpoint)
		}
	}
	return r
}

// endpoints lists who answered any part, in order of first appearance.
func endpoints(check incident.Check, answers map[View][]Answer) []string {
	var names []string
	for _, v := range Views(check) {
		for _, a := range answers[v] {
			if !slices.Contains(names, a.Endpoint) {
				names = append(names, a.Endpoint)
			}
		}
	}
	return names
}

func judgeOne(endpoint string, check incident.Check, answers map[View][]Answer) ([]incident.Observation, bool, error) {
	var seen []incident.Observation
	all := true
	for c := &check; c != nil; c = c.And {
		list := answers[Views(*c)[0]]
		i := slices.IndexFunc(list, func(a Answer) bool { return a.Endpoint == endpoint })
		if i < 0 {
			return seen, false, fmt.Errorf("%s did not answer %s", endpoint, c.Text)
		}
		one, ok, err := Holds(list[i], *c)
		if err != nil {
			return seen, false, err
		}
		seen = append(seen, one)
		all = all && ok
	}
	return seen, all, nil
}

// ReadAll asks every endpoint about a check and all it is And-ed with. It
// fails only when no part of the check could be asked; what single endpoints
// got wrong is in the Reading.
func ReadAll(ctx context.Context, reader Reader, check incident.Check) (Reading, error) {
	answers := map[View][]Answer{}
	var failed []error
	for _, v := range Views(check) {
		if _, asked := answers[v]; asked {
			continue
		}
		got, err := reader.CallAll(ctx, v.ChainID, v.To, []byte(v.Data))
		if err != nil {
			failed = append(failed, err)
			continue
		}
		answers[v] = got
	}
	if len(answers) == 0 {
		return Reading{}, fmt.Errorf("read %s: %w", check.Text, errors.Join(failed...))
	}
	return Judge(check, answers), nil
}
