package signertest

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

func refusalCodes(t *testing.T, h Harness) {
	create(t, h)
	with := func(change func(*signer.Request)) signer.Request {
		r := Pause(Core, 0)
		change(&r)
		return r
	}
	dirty := Call("blacklist(address)", Core)
	dirty[4] = 1
	for name, c := range map[string]struct {
		request signer.Request
		code    string
	}{
		"no chain":            {with(func(r *signer.Request) { r.ChainID = 0 }), signer.CodeChain},
		"another chain":       {with(func(r *signer.Request) { r.ChainID = 5 }), signer.CodeChain},
		"no target":           {with(func(r *signer.Request) { r.To = common.Address{} }), signer.CodeCreate},
		"no data":             {with(func(r *signer.Request) { r.Data = nil }), signer.CodeNotCanonical},
		"three bytes of data": {with(func(r *signer.Request) { r.Data = r.Data[:3] }), signer.CodeNotCanonical},
		"long data":           {with(func(r *signer.Request) { r.Data = make([]byte, signer.MaxData+1) }), signer.CodeMalformed},
		"no fee":              {with(func(r *signer.Request) { r.MaxFeePerGas = nil }), signer.CodeMalformed},
		"a negative fee":      {with(func(r *signer.Request) { r.MaxPriorityFeePerGas = big.NewInt(-1) }), signer.CodeMalformed},
		"tip above fee":       {Fees(Pause(Core, 0), 1, 2), signer.CodeFee},
		"fee above ceiling":   {Fees(Pause(Core, 0), 501, 2), signer.CodeFee},
		"tip above ceiling":   {Fees(Pause(Core, 0), 100, 51), signer.CodeFee},
		"no gas":              {with(func(r *signer.Request) { r.Gas = 0 }), signer.CodeGas},
		"gas above ceiling":   {with(func(r *signer.Request) { r.Gas = 500_001 }), signer.CodeGas},
		"cost above ceiling":  {with(func(r *signer.Request) { *r = Fees(*r, 201, 2); r.Gas = 500_000 }), signer.CodeCost},
		"a control character": {with(func(r *signer.Request) { r.Reason = "a\nb" }), signer.CodeMalformed},
		"a long incident":     {with(func(r *signer.Request) { r.Incident = strings.Repeat("x", 129) }), signer.CodeMalformed},
		"approvals not JSON":  {with(func(r *signer.Request) { r.Approvals = []json.RawMessage{json.RawMessage("{")} }), signer.CodeMalformed},
		"no rule, contract":   {Pause(Token, 0), signer.CodeNoRule},
		"no rule, function":   {Request(Core, 0, Call("halt()")), signer.CodeNoRule},
		"transfer":            {Request(Token, 0, Call("transfer(address,uint256)", Core, 1)), signer.CodeForbiddenSelector},
		"multicall":           {Request(Core, 0, Call("multicall(bytes[])", 32, 0)), signer.CodeForbiddenSelector},
		"unpause":             {Request(Core, 0, Call("unpause()")), signer.CodeForbiddenSelector},
		"a releasing value":   {Request(Core, 0, Call("setReservePause(address,bool)", Token, 0)), "ARG:1"},
		"trailing bytes":      {Request(Core, 0, append(Call("pause()"), 0)), signer.CodeNotCanonical},
		"dirty upper bits":    {Request(Token, 0, dirty), signer.CodeNotCanonical},
		"a protected address": {Request(Token, 0, Call("blacklist(address)", Safe)), "ARG:0"},
		"above lte":           {Request(Core, 0, Call("setWithdrawalLimit(uint256,uint256)", 1001, 3600)), "ARG:0"},
		"not eq":              {Request(Core, 0, Call("setWithdrawalLimit(uint256,uint256)", 1000, 3599)), "ARG:1"},
		"nonce gap":           {Pause(Core, 1), signer.CodeNonceGap},
		"needs guardians":     {Request(Core, 0, Call("shutdown()")), signer.CodeApprovalsRequired},
	} {
		t.Run(name, func(t *testing.T) { refused(t, h, c.request, c.code) })
	}
	assert.Zero(t, seq(t, h))
}

func approvalsFailClosed(t *testing.T, h Harness) {
	create(t, h)
	r := bigRed(0)
	refused(t, h, r, signer.CodeApprovalsRequired)
	verdict, err := h.Signer.Check(t.Context(), r)
	require.NoError(t, err)
	assert.EqualValues(t, 2, verdict.MissingApprovals)
	assert.Equal(t, "big-red", verdict.Rule)
	assert.Equal(t, r.Digest(), verdict.Digest)
	assert.Equal(t, "shutdown() on "+Core+" (chain 1)", verdict.Action)

	must(t, h, Request(Token, 0, Call("blacklist(address)", Core)))
	must(t, h, Request(Token, 1, Call("blacklist(address)", Vault)))
	third := Request(Token, 2, Call("blacklist(address)", Token))
	refused(t, h, third, signer.CodeApprovalsRequired)
	must(t, h, Fees(Request(Token, 1, Call("blacklist(address)", Vault)), 110, 3))
	must(t, h, approve(t, h, third, Terms(third, "a1", time.Now()), "ben"))
}

func recoveryFailsClosed(t *testing.T, h Harness) {
	_, err := h.Custody.Create(t.Context(), signer.NewKey{Name: Name, Class: signer.Recovery, Policy: RecoveryPolicy(Name), Guardians: Guardians(Name)})
	require.NoError(t, err)
	refused(t, h, Request(Core, 0, Call("unpause()")), signer.CodeApprovalsRequired)
	refused(t, h, Request(Core, 0, Call("transferOwnership(address)", Core)), signer.CodeForbiddenSelector)
	refused(t, h, Pause(Core, 0), signer.CodeNoRule)
	assert.Zero(t, seq(t, h))
}

func frozen(t *testing.T, h Harness) {
	create(t, h)
	must(t, h, Pause(Core, 0))
	for range 2 {
		info, err := h.Custody.Change(t.Context(), signer.Change{Key: Name, Verb: signer.Freeze, Reason: "drill"})
		require.NoError(t, err)
		assert.Equal(t, signer.Frozen, info.State)
	}
	refused(t, h, Pause(Core, 0), signer.CodeFrozen)
	refused(t, h, Pause(Core, 1), signer.CodeFrozen)
	assert.EqualValues(t, 1, seq(t, h))
}

func neverReplaced(t *testing.T, h Harness) {
	from := create(t, h)
	_, err := h.Custody.Create(t.Context(), signer.NewKey{Name: Name, Class: signer.Containment, Policy: Policy(Name), Guardians: Guardians(Name)})
	refusal, ok := errors.AsType[*signer.Refusal](err)
	require.True(t, ok, "not a refusal: %v", err)
	assert.Equal(t, signer.CodeExists, refusal.Code)
	info, err := h.Signer.Key(t.Context(), Name)
	require.NoError(t, err)
	assert.Equal(t, from, info.Address)
}

func unknownKey(t *testing.T, h Harness) {
	for name, err := range map[string]error{
		"sign":  func() error { _, err := h.Signer.Sign(t.Context(), Pause(Core, 0)); return err }(),
		"check": func() error { _, err := h.Signer.Check(t.Context(), Pause(Core, 0)); return err }(),
		"key":   func() error { _, err := h.Signer.Key(t.Context(), Name); return err }(),
	} {
		refusal, ok := errors.AsType[*signer.Refusal](err)
		require.True(t, ok, "%s: not a refusal: %v", name, err)
		assert.Equal(t, signer.CodeNoKey, refusal.Code, name)
	}
}
