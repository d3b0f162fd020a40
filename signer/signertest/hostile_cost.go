package signertest

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// costing is a pause with other gas and fees, in wei.
func costing(to string, nonce, gas uint64, maxFee, tip int64) signer.Request {
	r := Pause(to, nonce)
	r.Gas = gas
	wei(maxFee, tip)(&r)
	return r
}

func hostileCosts() []hostile {
	with := func(change func(*signer.Request)) signer.Request {
		r := Pause(Core, 0)
		change(&r)
		return r
	}
	const oneWeiLess = `"max_cost_per_day":"109999999999999999"`
	return []hostile{
		{"one gas above the ceiling", signer.CodeGas, plain(costing(Core, 0, 500_001, gwei, 1))},
		{"gas below any transaction's", signer.CodeGas, plain(costing(Core, 0, 20_999, gwei, 1))},
		{"one wei of fee above the ceiling", signer.CodeFee, plain(costing(Core, 0, 21_000, 500*gwei+1, 1))},
		{"one wei of tip above the ceiling", signer.CodeFee, plain(costing(Core, 0, 21_000, 100*gwei, 50*gwei+1))},
		{"one gas above the cost of a transaction", signer.CodeCost, plain(costing(Core, 0, 200_001, 500*gwei, 1))},
		{"one wei of fee above the cost of a transaction", signer.CodeCost, plain(costing(Core, 0, 500_000, 200*gwei+1, 1))},
		{"a tip above the fee", signer.CodeFee, plain(costing(Core, 0, 21_000, gwei, gwei+1))},
		{"one wei above the day", signer.CodeBudget, under(`"max_cost_per_day":"250000000000000000"`, oneWeiLess,
			costing(Core, 1, 100_000, 100*gwei, 1), costing(Core, 0, 200_000, 500*gwei, 1))},
		{"a replacement one wei above the day", signer.CodeBudget, under(`"max_cost_per_day":"250000000000000000"`, oneWeiLess,
			costing(Vault, 1, 100_000, 100*gwei, 2), costing(Core, 0, 200_000, 500*gwei, 1), costing(Vault, 1, 99_999, 99*gwei, 1))},
		{"no fee", signer.CodeMalformed, plain(with(func(r *signer.Request) { r.MaxFeePerGas = nil }))},
		{"a negative fee", signer.CodeMalformed, plain(with(func(r *signer.Request) { r.MaxFeePerGas = big.NewInt(-1) }))},
		{"a fee that overflows", signer.CodeMalformed, plain(with(func(r *signer.Request) { r.MaxFeePerGas = new(big.Int).Lsh(big.NewInt(1), 128) }))},
		{"a negative tip", signer.CodeMalformed, plain(with(func(r *signer.Request) { r.MaxPriorityFeePerGas = big.NewInt(-1) }))},
	}
}

func hostileNonces() []hostile {
	other := Request(Core, 0, Call("setWithdrawalLimit(uint256,uint256)", 1, 3600))
	return []hostile{
		{"a nonce with a gap", signer.CodeNonceGap, plain(Pause(Core, 1))},
		{"a nonce far ahead", signer.CodeNonceGap, plain(Pause(Core, 1<<40))},
		{"the nonce that can never be mined", signer.CodeMalformed, plain(Pause(Core, math.MaxUint64))},
		{"a nonce before the first", signer.CodeNonceStale, func(t *testing.T, h Harness) signer.Request {
			_, err := h.Custody.Create(t.Context(), signer.NewKey{
				Name: Name, Class: signer.Containment, Policy: Policy(Name), Guardians: Guardians(Name), Nonces: map[uint64]uint64{1: 7},
			})
			require.NoError(t, err)
			return Pause(Core, 6)
		}},
		{"a signed nonce for another function", signer.CodeNonceStale, after(Fees(other, 110, 3), Pause(Core, 0))},
		{"a signed nonce for another contract", signer.CodeNonceStale, after(Fees(Pause(Vault, 0), 110, 3), Pause(Core, 0))},
		{"a signed nonce for another argument", signer.CodeNonceStale, after(
			Fees(Request(Token, 0, Call("blacklist(address)", Vault)), 110, 3), Request(Token, 0, Call("blacklist(address)", Core)))},
		{"a replacement with the same fees and less gas", signer.CodeFee, after(costing(Core, 0, 50_000, 100*gwei, 2*gwei), Pause(Core, 0))},
		{"a replacement that raises the fee alone", signer.CodeFee, after(Fees(Pause(Core, 0), 110, 2), Pause(Core, 0))},
		{"a replacement that raises the tip alone", signer.CodeFee, after(Fees(Pause(Core, 0), 100, 3), Pause(Core, 0))},
		{"a replacement too many", "RATE:bumps", after(Fees(Pause(Core, 0), 130, 5), Pause(Core, 0), Fees(Pause(Core, 0), 110, 3), Fees(Pause(Core, 0), 120, 4))},
		{"a replacement where the policy has none", signer.CodeNonceStale, under(`"replace":{"same_nonce":true,"max_bumps":2},`, "",
			Fees(Pause(Core, 0), 110, 3), Pause(Core, 0))},
		{"a replacement where the policy says no", signer.CodeNonceStale, under(`"same_nonce":true`, `"same_nonce":false`,
			Fees(Pause(Core, 0), 110, 3), Pause(Core, 0))},
	}
}

func hostileRates() []hostile {
	limit := func(nonce uint64, most int) signer.Request {
		return Request(Core, nonce, Call("setWithdrawalLimit(uint256,uint256)", most, 3600))
	}
	return []hostile{
		{"one call more than the rule has", "RATE:1h", after(limit(1, 2), limit(0, 1))},
		{"one call more than the target has", "RATE:1h", after(Pause(Core, 2), Pause(Core, 0), Pause(Core, 1))},
		{"one call more than the key has", "RATE:1h", under(`"limits":[{"window":"1h","max":30}]`, `"limits":[{"window":"1h","max":2}]`,
			Pause(Vault, 2), Pause(Core, 0), limit(1, 1))},
		{"a call more than a rule over two contracts has", "RATE:1h", under(`"limits":[{"window":"1h","max":2,"per":"to"}]`, `"limits":[{"window":"1h","max":2}]`,
			Pause(Vault, 2), Pause(Core, 0), Pause(Vault, 1))},
		{"a call that needs more guardians from now on", signer.CodeApprovalsRequired, after(
			Request(Token, 2, Call("blacklist(address)", Token)),
			Request(Token, 0, Call("blacklist(address)", Core)), Request(Token, 1, Call("blacklist(address)", Vault)))},
	}
}

func hostileStates() []hostile {
	frozen := func(r signer.Request) func(*testing.T, Harness) signer.Request {
		return func(t *testing.T, h Harness) signer.Request {
			create(t, h)
			must(t, h, Pause(Core, 0))
			_, code := change(t, h, signer.Change{Key: Name, Verb: signer.Freeze})
			require.Empty(t, code)
			return r
		}
	}
	retired := func(r signer.Request) func(*testing.T, Harness) signer.Request {
		return func(t *testing.T, h Harness) signer.Request {
			create(t, h)
			must(t, h, Pause(Core, 0))
			_, code := change(t, h, Standing(keyOf(t, h), signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana", "ben"))
			require.Empty(t, code)
			return r
		}
	}
	return []hostile{
		{"a new call of a frozen key", signer.CodeFrozen, frozen(Pause(Core, 1))},
		{"an old call of a frozen key", signer.CodeFrozen, frozen(Pause(Core, 0))},
		{"a forbidden call of a frozen key", signer.CodeFrozen, frozen(Request(Core, 1, Call("unpause()")))},
		{"a new call of a retired key", signer.CodeRetired, retired(Pause(Core, 1))},
		{"an old call of a retired key", signer.CodeRetired, retired(Pause(Core, 0))},
		{"a call that only the waiting policy allows", signer.CodeNoRule, waitingPolicy(Request(Vault, 0, Call("shutdown()")))},
		{"a loosening call without its delay", signer.CodeDelay, func(t *testing.T, h Harness) signer.Request {
			recoveryKey(t, h)
			r := Request(Core, 0, Call("unpause()"))
			return approve(t, h, r, Terms(r, "a1", now()), "ana", "ben")
		}},
		{"a recovery key without guardians", signer.CodeApprovalsRequired, func(t *testing.T, h Harness) signer.Request {
			recoveryKey(t, h)
			return Request(Core, 0, Call("unpause()"))
		}},
		{"a recovery key for what no key may sign", signer.CodeForbiddenSelector, func(t *testing.T, h Harness) signer.Request {
			recoveryKey(t, h)
			return Request(Core, 0, Call("transferOwnership(address)", Vault))
		}},
		{"a recovery key for a containment", signer.CodeNoRule, func(t *testing.T, h Harness) signer.Request {
			recoveryKey(t, h)
			return Pause(Core, 0)
		}},
	}
}

func recoveryKey(t *testing.T, h Harness) {
	t.Helper()
	_, err := h.Custody.Create(t.Context(), signer.NewKey{Name: Name, Class: signer.Recovery, Policy: RecoveryPolicy(Name), Guardians: Guardians(Name)})
	require.NoError(t, err)
}
