package signertest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

func rateLimit(t *testing.T, h Harness) {
	create(t, h)
	must(t, h, Request(Core, 0, Call("setWithdrawalLimit(uint256,uint256)", 500, 3600)))
	refused(t, h, Request(Core, 1, Call("setWithdrawalLimit(uint256,uint256)", 400, 3600)), signer.CodeRate+":1h")
	must(t, h, Pause(Core, 1)) // another rule has its own count
}

func targetLimit(t *testing.T, h Harness) {
	create(t, h)
	must(t, h, Pause(Core, 0))
	must(t, h, Pause(Core, 1))
	refused(t, h, Pause(Core, 2), signer.CodeRate+":1h")
	must(t, h, Pause(Vault, 2))
	must(t, h, Pause(Vault, 3))
	refused(t, h, Pause(Vault, 4), signer.CodeRate+":1h")
}

func replacementRules(t *testing.T, h Harness) {
	create(t, h)
	must(t, h, Pause(Core, 0))
	refused(t, h, Fees(Pause(Core, 0), 110, 2), signer.CodeFee)
	refused(t, h, Fees(Pause(Core, 0), 100, 3), signer.CodeFee)
	refused(t, h, Fees(Pause(Core, 0), 90, 1), signer.CodeFee)
	refused(t, h, Fees(Pause(Vault, 0), 110, 3), signer.CodeNonceStale)
	refused(t, h, Fees(Request(Core, 0, Call("setWithdrawalLimit(uint256,uint256)", 1, 3600)), 110, 3), signer.CodeNonceStale)
	bumped := must(t, h, Fees(Pause(Core, 0), 110, 3))
	assert.EqualValues(t, 2, bumped.Seq)
	assert.EqualValues(t, 1, must(t, h, Pause(Core, 0)).Seq, "the first version can still be asked for")
}

func replacementNotCounted(t *testing.T, h Harness) {
	create(t, h)
	limit := Request(Core, 0, Call("setWithdrawalLimit(uint256,uint256)", 500, 3600))
	must(t, h, limit)
	must(t, h, Pause(Core, 1))
	must(t, h, Fees(limit, 110, 3)) // at its limit, and below the highest nonce
	info, err := h.Signer.Key(t.Context(), Name)
	require.NoError(t, err)
	require.NotEmpty(t, info.Windows)
	assert.EqualValues(t, 2, info.Windows[0].Used)
}

func replacementBound(t *testing.T, h Harness) {
	create(t, h)
	must(t, h, Pause(Core, 0))
	must(t, h, Fees(Pause(Core, 0), 110, 3))
	must(t, h, Fees(Pause(Core, 0), 120, 4))
	refused(t, h, Fees(Pause(Core, 0), 130, 5), signer.CodeRate+":bumps")
}

func nonceGap(t *testing.T, h Harness) {
	create(t, h)
	refused(t, h, Pause(Core, 1), signer.CodeNonceGap)
	must(t, h, Pause(Core, 0))
	refused(t, h, Pause(Core, 2), signer.CodeNonceGap)
	must(t, h, Pause(Core, 1))
}

func firstNonce(t *testing.T, h Harness) {
	_, err := h.Custody.Create(t.Context(), signer.NewKey{
		Name: Name, Class: signer.Containment, Policy: Policy(Name), Guardians: Guardians(Name), Nonces: map[uint64]uint64{1: 7},
	})
	require.NoError(t, err)
	refused(t, h, Pause(Core, 6), signer.CodeNonceStale)
	refused(t, h, Pause(Core, 8), signer.CodeNonceGap)
	must(t, h, Pause(Core, 7))
}

// dayBudget works with 0.25 ether a day and 0.1 ether a transaction.
func dayBudget(t *testing.T, h Harness) {
	create(t, h)
	dear := func(r signer.Request, fee, tip int64) signer.Request {
		r = Fees(r, fee, tip)
		r.Gas = 500_000
		return r
	}
	must(t, h, dear(Pause(Core, 0), 100, 2))                        // 0.05
	must(t, h, dear(Pause(Core, 0), 200, 3))                        // 0.10 at the same nonce
	must(t, h, dear(Pause(Core, 1), 200, 2))                        // 0.20 in all
	refused(t, h, dear(Pause(Vault, 2), 101, 2), signer.CodeBudget) // 0.2505
	must(t, h, dear(Pause(Vault, 2), 100, 2))                       // 0.25
	refused(t, h, dear(Pause(Vault, 2), 101, 3), signer.CodeBudget) // a bump that costs more
	cheaper := Fees(Pause(Vault, 2), 200, 3)                        // less gas, higher fees: 0.02
	must(t, h, cheaper)                                             // costs nothing extra
	refused(t, h, Request(Core, 3, Call("setWithdrawalLimit(uint256,uint256)", 1, 3600)), signer.CodeBudget)
}
