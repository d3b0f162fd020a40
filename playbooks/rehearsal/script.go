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
	words    map[actions.View]common.Hash
	evidence map[string]playbooks.Finding
}

// told knows what a test says of the evidence, and nothing else.
func told(c playbooks.Case) *script {
	s := &script{words: map[actions.View]common.Hash{}, evidence: c.Evidence}
	for _, f := range c.Evidence {
		if f.Asks == nil && !f.Unknown {
			s.words[f.View] = f.Word
		}
	}
	return s
}

// scripted knows also the answers to what a plan asks: its goals, held or not.
// Where a piece of evidence reads the same view, that is what the chain says.
func scripted(p incident.Plan, c playbooks.Case) *script {
	s := told(c)
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

// CallTogether implements actions.Evidence.
func (s *script) CallTogether(_ context.Context, _ uint64, views []actions.View) ([]actions.Together, error) {
	var answers []actions.Together
	for _, name := range []string{"rehearsal-1", "rehearsal-2"} {
		data := make([][]byte, len(views))
		for i, v := range views {
			for _, f := range s.evidence {
				if f.Asks == nil && !f.Unknown && f.View == v {
					data[i] = f.Word[:]
				}
			}
		}
		answers = append(answers, actions.Together{Endpoint: name, Block: 1000, BlockHash: common.Hash{1}, Data: data})
	}
	return answers, nil
}

// Transfers implements actions.Evidence.
func (s *script) Transfers(_ context.Context, chainID uint64, q actions.TransferQuery) ([]actions.Transfers, error) {
	for _, f := range s.evidence {
		if f.Asks == nil || f.Unknown || f.Chain != chainID || f.Asks.Token != q.Token || f.Asks.From != q.From || f.Asks.To != q.To || f.Asks.Since != q.Since {
			continue
		}
		var answers []actions.Transfers
		for _, name := range []string{"rehearsal-1", "rehearsal-2"} {
			answers = append(answers, actions.Transfers{Endpoint: name, FromBlock: 900, ToBlock: 1000, List: f.Moved})
		}
		return answers, nil
	}
	return nil, errSilent
}
