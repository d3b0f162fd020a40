package consent_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
)

func intent() consent.Terms {
	t := vectorTerms()
	t.Mode, t.Gas = consent.Intent, 300_000
	t.MaxFeePerGas, t.MaxPriorityFeePerGas = big.NewInt(400), big.NewInt(30)
	return t
}

func TestAnApprovalIsBuiltFromTheTransaction(t *testing.T) {
	r := vectorRequest()
	a := intent().Approval(r, "rule", common.Hash{7}, "words")
	want := consent.Approval{
		Action: "words", Rule: "rule", PolicyHash: common.Hash{7}, To: r.To, Data: r.Data,
		Gas: 300_000, MaxFeePerGas: big.NewInt(400), MaxPriorityFeePerGas: big.NewInt(30),
		Incident: consent.IncidentHash("INC-1"), ID: intent().ID, ValidAfter: 1795000000, ValidUntil: 1795000900, MaxUses: 1,
	}
	assert.Equal(t, want, a)
	r.Nonce, r.Gas, r.MaxFeePerGas = 8, 21_000, big.NewInt(1)
	assert.Equal(t, a, intent().Approval(r, "rule", common.Hash{7}, "words"), "an intent outlives a fee bump")

	r = vectorRequest()
	want.Gas, want.MaxFeePerGas, want.MaxPriorityFeePerGas, want.TxDigest = r.Gas, r.MaxFeePerGas, r.MaxPriorityFeePerGas, r.Digest()
	assert.Equal(t, want, vectorTerms().Approval(r, "rule", common.Hash{7}, "words"))
	unknown := intent()
	unknown.Mode = "loose"
	assert.Equal(t, want, unknown.Approval(r, "rule", common.Hash{7}, "words"), "the tighter of the two")

	kept := vectorTerms().Approval(r, "rule", common.Hash{7}, "words")
	r.Data[0] ^= 0xff
	assert.NotEqual(t, r.Data, kept.Data, "not shared")
}

func TestTermsHoldInTheirWindow(t *testing.T) {
	for name, c := range map[string]struct {
		at   int64
		want error
	}{
		"long before":     {-1, consent.ErrNotYetValid},
		"a second before": {1794999999, consent.ErrNotYetValid},
		"the first":       {1795000000, nil},
		"the last":        {1795000900, nil},
		"a second after":  {1795000901, consent.ErrExpired},
	} {
		for _, terms := range []consent.Terms{vectorTerms(), intent()} {
			err := terms.Check(time.Unix(c.at, 0))
			assert.Equal(t, c.want, err, name)
		}
	}
	from := vectorTerms()
	from.ValidAfter, from.ValidUntil = 0, 60
	assert.NoError(t, from.Check(time.Unix(0, 0)))
}

func TestTermsThatCannotHoldAreRefused(t *testing.T) {
	now := time.Unix(1795000001, 0)
	for name, change := range map[string]func(*consent.Terms){
		"no id":              func(t *consent.Terms) { t.ID = common.Hash{} },
		"no mode":            func(t *consent.Terms) { t.Mode = "" },
		"no uses":            func(t *consent.Terms) { t.MaxUses = 0 },
		"65 uses":            func(t *consent.Terms) { t.MaxUses = 65 },
		"no window":          func(t *consent.Terms) { t.ValidUntil = t.ValidAfter },
		"a window backwards": func(t *consent.Terms) { t.ValidUntil = t.ValidAfter - 1 },
		"a day and a second": func(t *consent.Terms) { t.ValidUntil = t.ValidAfter + 24*60*60 + 1 },
		"for ever":           func(t *consent.Terms) { t.ValidUntil = 1<<64 - 1 },
		"no gas":             func(t *consent.Terms) { t.Gas = 0 },
		"no fee":             func(t *consent.Terms) { t.MaxFeePerGas = nil },
		"no tip":             func(t *consent.Terms) { t.MaxPriorityFeePerGas = nil },
		"a negative fee":     func(t *consent.Terms) { t.MaxFeePerGas = big.NewInt(-1) },
		"a wide fee":         func(t *consent.Terms) { t.MaxFeePerGas = new(big.Int).Lsh(big.NewInt(1), 256) },
		"exact with gas":     func(t *consent.Terms) { *t = vectorTerms(); t.Gas = 1 },
		"exact with a fee":   func(t *consent.Terms) { *t = vectorTerms(); t.MaxFeePerGas = new(big.Int) },
		"exact with a tip":   func(t *consent.Terms) { *t = vectorTerms(); t.MaxPriorityFeePerGas = new(big.Int) },
	} {
		terms := intent()
		change(&terms)
		assert.Equal(t, consent.ErrTerms, terms.Check(now), name)
	}
	terms := intent()
	terms.MaxUses, terms.ValidUntil = 64, terms.ValidAfter+24*60*60
	terms.MaxPriorityFeePerGas = new(big.Int)
	terms.MaxFeePerGas = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	require.NoError(t, terms.Check(now))
}

func TestAnIntentCoversWhatIsBelowItsCeilings(t *testing.T) {
	at := signer.Request{Gas: 300_000, MaxFeePerGas: big.NewInt(400), MaxPriorityFeePerGas: big.NewInt(30)}
	require.NoError(t, intent().Covers(at))
	require.NoError(t, vectorTerms().Covers(at), "exact: the digest says so")
	for name, change := range map[string]func(*signer.Request){
		"gas": func(r *signer.Request) { r.Gas++ },
		"fee": func(r *signer.Request) { r.MaxFeePerGas = big.NewInt(401) },
		"tip": func(r *signer.Request) { r.MaxPriorityFeePerGas = big.NewInt(31) },
		"nil": func(r *signer.Request) { r.MaxFeePerGas = nil },
	} {
		r := at
		change(&r)
		assert.Equal(t, consent.ErrCeiling, intent().Covers(r), name)
	}
	without := intent()
	without.MaxPriorityFeePerGas = nil
	assert.Equal(t, consent.ErrCeiling, without.Covers(at))
}
