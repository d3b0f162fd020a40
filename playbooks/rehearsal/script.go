package rehearsal

import (
	"context"
	"errors"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// script is a chain that a test speaks for: views answer what it says, from two
// endpoints that agree, and a view that it does not know answers nothing. It is
// fixed before it is asked, so it is safe for concurrent use.
type script struct {
	words map[actions.View]common.Hash
}

// scripted knows the answers to what a plan asks: its goals, held or not.
func scripted(p incident.Plan, c playbooks.Case) *script {
	s := &script{words: map[actions.View]common.Hash{}}
	for _, call := range p.Calls {
		id, _, _ := strings.Cut(call.Step, "/")
		so := c.Chain[call.Step].Already || c.Chain[id].Already
		for check := &call.Goal; check != nil; check = check.And {
			view := actions.Views(*check)[0]
			if _, known := s.words[view]; !known || so {
				s.words[view] = word(*check, so)
			}
		}
	}
	return s
}

// word is an answer for which a check holds, or does not.
func word(c incident.Check, holds bool) common.Hash {
	want := c.Want.Big()
	switch {
	case holds:
		return common.BigToHash(want)
	case c.Op == incident.AtMost:
		return common.BigToHash(contracts.UnlimitedWithdrawal())
	case c.Op == incident.AtLeast || want.Sign() > 0:
		return common.Hash{}
	}
	return common.BigToHash(big.NewInt(1))
}

var errSilent = errors.New("the test says nothing about this")

// CallAll implements actions.Reader.
func (s *script) CallAll(_ context.Context, chainID uint64, to common.Address, data []byte) ([]actions.Answer, error) {
	w, ok := s.words[actions.View{ChainID: chainID, To: to, Data: string(data)}]
	if !ok {
		return nil, errSilent
	}
	var answers []actions.Answer
	for _, name := range []string{"rehearsal-1", "rehearsal-2"} {
		answers = append(answers, actions.Answer{Endpoint: name, Block: 1000, BlockHash: common.Hash{1}, Data: w[:]})
	}
	return answers, nil
}

// Estimate implements actions.Reader: nothing reverts, and the verb's own gas
// is enough.
func (s *script) Estimate(context.Context, uint64, actions.Simulation) (uint64, []byte, error) {
	return 50_000, nil, nil
}
