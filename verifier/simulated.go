package verifier

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/actions"
)

// maxLogs bounds how many events of one call are kept. A containment call emits
// a few; who emits more does it to hide them.
const maxLogs = 32

// simBlock is what is read of an answer to eth_simulateV1.
type simBlock struct {
	Calls []simCall `json:"calls"`
}

type simCall struct {
	Return hexutil.Bytes   `json:"returnData"`
	Status *hexutil.Uint64 `json:"status"`
	Gas    *hexutil.Uint64 `json:"gasUsed"`
	// Most is what it used before anything was given back; not every client
	// has it.
	Most  *hexutil.Uint64 `json:"maxUsedGas"`
	Logs  []simLog        `json:"logs"`
	Error *simError       `json:"error"`
}

type simLog struct {
	Address common.Address `json:"address"`
	Topics  []common.Hash  `json:"topics"`
	Data    hexutil.Bytes  `json:"data"`
}

type simError struct {
	Data any `json:"data"`
}

// readSimulated holds an answer against what was asked for, and gives what it
// says of the calls and of the views after them. Pure; any bytes are good.
func readSimulated(raw []byte, want actions.SimulateRequest) (actions.Simulated, error) {
	var blocks []simBlock
	if err := json.Unmarshal(raw, &blocks); err != nil {
		return actions.Simulated{}, errors.New("its answer cannot be read")
	}
	views, calls := len(want.Views), len(want.Calls)
	if len(blocks) != 1 || len(blocks[0].Calls) != calls+views {
		return actions.Simulated{}, fmt.Errorf("its answer is not of one block with %d calls", calls+views)
	}
	all := blocks[0].Calls
	for i, c := range all {
		if c.Status == nil || *c.Status > 1 || c.Gas == nil || (*c.Status == 1) != (c.Error == nil) {
			return actions.Simulated{}, fmt.Errorf("its answer does not say whether call %d succeeded", i+1)
		}
	}
	out := actions.Simulated{Stateful: true, After: read(all[calls:])}
	for _, c := range all[:calls] {
		out.Calls = append(out.Calls, c.made())
	}
	return out, nil
}

// read gives what views returned; nil for one that reverted.
func read(views []simCall) [][]byte {
	data := make([][]byte, len(views))
	for i, v := range views {
		if *v.Status == 1 {
			data[i] = append([]byte{}, v.Return...)
		}
	}
	return data
}

func (c simCall) made() actions.SimulatedCall {
	out := actions.SimulatedCall{Gas: uint64(*c.Gas)}
	if c.Most != nil {
		out.Gas = max(out.Gas, uint64(*c.Most))
	}
	if *c.Status == 0 {
		out.Revert = c.revert()
		return out // what it emitted is undone with the rest of it
	}
	for _, l := range c.Logs[:min(len(c.Logs), maxLogs)] {
		out.Logs = append(out.Logs, actions.SimulatedLog{Address: l.Address, Topics: l.Topics, Data: l.Data})
	}
	return out
}

// revert is what the call failed with, never nil. Some clients give it with the
// error and some as what was returned.
func (c simCall) revert() []byte {
	if text, ok := c.Error.Data.(string); ok {
		if data, err := hexutil.Decode(text); err == nil {
			return data
		}
	}
	return append([]byte{}, c.Return...)
}
