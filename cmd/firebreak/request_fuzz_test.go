package main

import (
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
)

// FuzzNoAnswerOfAConsoleIsTrustedOrFatal reads any answer as a vote would: it may
// be refused, and must neither panic nor lead to a paper about another plan.
func FuzzNoAnswerOfAConsoleIsTrustedOrFatal(f *testing.F) {
	const id = "01JEQ7V5M2K30000"
	plan := incident.Plan{Incident: id, Calls: []incident.Call{{Step: "pause", Data: common.FromHex("0x8456cb59"), Gas: 100_000}},
		Quorum: incident.Quorum{Need: 2, Within: time.Hour}}
	good, err := json.Marshal(console.Document{Plan: &plan, Digest: plan.Digest(), Request: ballot.Request{Phase: incident.PhaseAsking}})
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"plan":{"calls":[{"goal":{"and":{}}}],"verify":[{}],"evidence":[{}],"pre_authorised":{}},"request":{"phase":"asking"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d console.Document
		if json.Unmarshal(raw, &d) != nil {
			return
		}
		s, err := stateOf(id, d)
		if err != nil {
			return
		}
		require.True(t, s.Run().Plan.Digest().Equal(d.Digest))
		sayRequest(io.Discard, s, d.Request)
		p, err := ballot.Write(ballot.Ask{State: s, Person: "ana", Decision: incident.Approve, Keys: keysOf(d), Now: time.Now(), ID: common.Hash{1}})
		if err == nil {
			require.True(t, p.Digest.Equal(d.Digest))
			sayPaper(io.Discard, p)
		}
	})
}
