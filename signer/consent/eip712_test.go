package consent_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/consent"
)

// independently hashes our JSON for wallets with go-ethereum's typed data.
func independently(t *testing.T, m consent.Message, d consent.Domain) common.Hash {
	t.Helper()
	written, err := json.Marshal(m.TypedData(d))
	require.NoError(t, err)
	var theirs apitypes.TypedData
	require.NoError(t, json.Unmarshal(written, &theirs))
	digest, _, err := apitypes.TypedDataAndHash(theirs)
	require.NoError(t, err)
	return common.BytesToHash(digest)
}

// A wallet that gets our JSON has to come to the digest that we verify.
func FuzzAnotherImplementationComesToTheSameDigest(f *testing.F) {
	f.Add("pause()", "rule", []byte{0x84, 0x56, 0xcb, 0x59}, []byte{1}, uint64(1), uint64(2))
	f.Add("", "", []byte{}, []byte{}, uint64(0), uint64(0))
	f.Add("ü\"<>&\\\n", "\u2028", make([]byte, 200), []byte("0123456789012345678901234567890123456789"), uint64(math.MaxUint64), uint64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, a, b string, data, seed []byte, n, m uint64) {
		if !json.Valid(mustJSON(a)) || string(mustText(a)) != a || string(mustText(b)) != b {
			return // JSON cannot carry invalid UTF-8
		}
		h := common.BytesToHash(seed)
		wide := new(big.Int).SetBytes(append(seed[:min(len(seed), 31)], byte(n)))
		d := consent.Domain{ChainID: n, Signer: common.BytesToAddress(data), Instance: h}
		for _, message := range []consent.Message{
			consent.Approval{
				Action: a, Rule: b, PolicyHash: h, To: common.BytesToAddress(seed), Data: data, Gas: n,
				MaxFeePerGas: wide, MaxPriorityFeePerGas: new(big.Int).SetUint64(m), TxDigest: common.BytesToHash(data),
				Incident: consent.IncidentHash(a), ID: h, ValidAfter: m, ValidUntil: n, MaxUses: n ^ m,
			},
			consent.PolicyChange{Key: a, Version: n, Previous: h, New: common.BytesToHash(data), Guardians: consent.IncidentHash(b), ActivateAfter: m, Summary: b},
			consent.KeyState{Key: a, State: b, Epoch: n, ValidUntil: m},
			consent.Decision{Decision: a, Reason: b, Guardian: a, Incident: h, Run: n, Revision: m, Plan: common.BytesToHash(data), ID: h, ValidUntil: n},
			consent.Login{Origin: a, Guardian: b, Nonce: h, ValidUntil: m},
		} {
			assert.Equal(t, independently(t, message, d), message.Digest(d), "%T", message)
		}
	})
}

func mustJSON(s string) []byte {
	out, _ := json.Marshal(s)
	return out
}

func mustText(s string) (back string) {
	_ = json.Unmarshal(mustJSON(s), &back)
	return back
}

func TestOnlyAnApprovalIsBoundToAChain(t *testing.T) {
	one, two, none := vectorDomain(), vectorDomain(), vectorDomain()
	two.ChainID, none.ChainID = 2, 0
	a := vectorApproval()
	assert.NotEqual(t, a.Digest(one), a.Digest(two))
	assert.NotEqual(t, a.Digest(one), a.Digest(none))
	assert.Equal(t, independently(t, a, none), a.Digest(none))
	for _, m := range []consent.Message{consent.PolicyChange{Key: "k"}, consent.KeyState{Key: "k"}, consent.Decision{Guardian: "g"}, consent.Login{Guardian: "g"}} {
		assert.Equal(t, m.Digest(one), m.Digest(none))
		written, err := json.Marshal(m.TypedData(one))
		require.NoError(t, err)
		assert.NotContains(t, string(written), "chainId")
	}
	written, err := json.Marshal(a.TypedData(none))
	require.NoError(t, err)
	assert.Contains(t, string(written), `"chainId":"0"`)
}

// Whatever is changed, a signature for the one is none for the other.
func TestEveryFieldIsPartOfTheDigest(t *testing.T) {
	digests := map[common.Hash]string{}
	add := func(name string, m consent.Message, d consent.Domain) {
		digest := m.Digest(d)
		assert.Empty(t, digests[digest], name)
		digests[digest] = name
		assert.Equal(t, independently(t, m, d), digest, name)
	}
	d := vectorDomain()
	add("as it is", vectorApproval(), d)
	for name, change := range map[string]func(*consent.Approval){
		"action": func(a *consent.Approval) { a.Action += "." }, "rule": func(a *consent.Approval) { a.Rule += "." },
		"policy": func(a *consent.Approval) { a.PolicyHash[0]++ }, "to": func(a *consent.Approval) { a.To[0]++ },
		"data": func(a *consent.Approval) { a.Data = nil }, "gas": func(a *consent.Approval) { a.Gas++ },
		"fee": func(a *consent.Approval) { a.MaxFeePerGas = nil }, "tip": func(a *consent.Approval) { a.MaxPriorityFeePerGas = nil },
		"digest": func(a *consent.Approval) { a.TxDigest[0]++ }, "incident": func(a *consent.Approval) { a.Incident[0]++ },
		"id": func(a *consent.Approval) { a.ID[0]++ }, "after": func(a *consent.Approval) { a.ValidAfter++ },
		"until": func(a *consent.Approval) { a.ValidUntil++ }, "uses": func(a *consent.Approval) { a.MaxUses++ },
	} {
		a := vectorApproval()
		change(&a)
		add(name, a, d)
	}
	add("change", consent.PolicyChange{}, d)
	add("change key", consent.PolicyChange{Key: "a"}, d)
	add("change version", consent.PolicyChange{Version: 1}, d)
	add("change previous", consent.PolicyChange{Previous: common.Hash{1}}, d)
	add("change new", consent.PolicyChange{New: common.Hash{1}}, d)
	add("change guardians", consent.PolicyChange{Guardians: common.Hash{1}}, d)
	add("change activate", consent.PolicyChange{ActivateAfter: 1}, d)
	add("change summary", consent.PolicyChange{Summary: "a"}, d)
	add("state", consent.KeyState{}, d)
	add("state key", consent.KeyState{Key: "a"}, d)
	add("state state", consent.KeyState{State: "a"}, d)
	add("state epoch", consent.KeyState{Epoch: 1}, d)
	add("state until", consent.KeyState{ValidUntil: 1}, d)
	add("decision", consent.Decision{}, d)
	add("decision decision", consent.Decision{Decision: "a"}, d)
	add("decision reason", consent.Decision{Reason: "a"}, d)
	add("decision guardian", consent.Decision{Guardian: "a"}, d)
	add("decision incident", consent.Decision{Incident: common.Hash{1}}, d)
	add("decision run", consent.Decision{Run: 1}, d)
	add("decision revision", consent.Decision{Revision: 1}, d)
	add("decision plan", consent.Decision{Plan: common.Hash{1}}, d)
	add("decision id", consent.Decision{ID: common.Hash{1}}, d)
	add("decision until", consent.Decision{ValidUntil: 1}, d)
	add("login", consent.Login{}, d)
	add("login origin", consent.Login{Origin: "a"}, d)
	add("login guardian", consent.Login{Guardian: "a"}, d)
	add("login nonce", consent.Login{Nonce: common.Hash{1}}, d)
	add("login until", consent.Login{ValidUntil: 1}, d)
	d.Signer[0]++
	add("signer", vectorApproval(), d)
	add("state signer", consent.KeyState{}, d)
	add("decision signer", consent.Decision{}, d)
	add("login signer", consent.Login{}, d)
	d.Instance[0]++
	add("instance", vectorApproval(), d)
	add("state instance", consent.KeyState{}, d)
	add("decision instance", consent.Decision{}, d)
	add("login instance", consent.Login{}, d)
}

func TestANumberOutOfRangeDoesNotPanic(t *testing.T) {
	a := vectorApproval()
	a.MaxFeePerGas = new(big.Int).Lsh(big.NewInt(1), 300)
	a.MaxPriorityFeePerGas = big.NewInt(-1)
	assert.NotEqual(t, vectorDigest, a.Digest(vectorDomain()))
}
