package consent_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// The vector of the custody reference, section 10.10: exact mode, and the
// transaction of signer's own vector.
func vectorRequest() signer.Request {
	return signer.Request{
		Key: "responder-1", ChainID: 1, Nonce: 7, Gas: 200_000, Incident: "INC-1",
		To: common.HexToAddress("0x1111111111111111111111111111111111111111"), Data: common.FromHex("0x8456cb59"),
		MaxFeePerGas: big.NewInt(200_000_000_000), MaxPriorityFeePerGas: big.NewInt(2_000_000_000),
	}
}

func vectorDomain() consent.Domain {
	return consent.Domain{
		ChainID: 1, Signer: common.HexToAddress("0x2222222222222222222222222222222222222222"),
		Instance: crypto.Keccak256Hash([]byte("instance")),
	}
}

func vectorTerms() consent.Terms {
	return consent.Terms{
		Mode: consent.Exact, ID: crypto.Keccak256Hash([]byte("a1")),
		ValidAfter: 1795000000, ValidUntil: 1795000900, MaxUses: 1,
	}
}

func vectorApproval() consent.Approval {
	return vectorTerms().Approval(vectorRequest(), "pause-core", crypto.Keccak256Hash([]byte("policy")),
		"pause() on 0x1111111111111111111111111111111111111111 (chain 1)")
}

const vectorJSON = `{"primaryType":"ContainmentApproval",
 "types":{
  "EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"},{"name":"salt","type":"bytes32"}],
  "ContainmentApproval":[{"name":"action","type":"string"},{"name":"ruleId","type":"string"},{"name":"policyHash","type":"bytes32"},{"name":"to","type":"address"},{"name":"value","type":"uint256"},{"name":"data","type":"bytes"},{"name":"gasLimit","type":"uint256"},{"name":"maxFeePerGas","type":"uint256"},{"name":"maxPriorityFeePerGas","type":"uint256"},{"name":"txDigest","type":"bytes32"},{"name":"incident","type":"bytes32"},{"name":"approvalId","type":"bytes32"},{"name":"validAfter","type":"uint256"},{"name":"validUntil","type":"uint256"},{"name":"maxUses","type":"uint256"}]},
 "domain":{"name":"Containment Approval","version":"1","chainId":"1","verifyingContract":"0x2222222222222222222222222222222222222222","salt":"0xfc155e8d6f48a0391b9c464000430cb0279e9c4d6523aba6c2ea168b89e43261"},
 "message":{
  "action":"pause() on 0x1111111111111111111111111111111111111111 (chain 1)","ruleId":"pause-core",
  "policyHash":"0x5b0f9436c819b53dbee8ea2c97c9b239e65dc59bc3413d5d08ecbb88caf2b2db",
  "to":"0x1111111111111111111111111111111111111111","value":"0","data":"0x8456cb59",
  "gasLimit":"200000","maxFeePerGas":"200000000000","maxPriorityFeePerGas":"2000000000",
  "txDigest":"0xe0cc4c23fa247fb891bf11630334d1fd4fa19e6e568b0fbec61eb1cb6f11d71a",
  "incident":"0x6fbe74fc71d53ee63c9d86fba9866fce450ca5fd4dd1282bf146778774cb9d5a",
  "approvalId":"0x37d3424576bafb5fd5f9f8e99478f66780477fcd8d71cb2319b37a64a01640db",
  "validAfter":"1795000000","validUntil":"1795000900","maxUses":"1"}}`

var (
	vectorDigest    = common.HexToHash("0xd1cc6979035fe8e66ef6ab93a8a78cdc82533860cb6e2b384d1e028e4eb8c70f")
	vectorSignature = common.FromHex("0xcda75748cb1c7bfc68964b5ae0f2d78313cb4356c22614258876eb9395ffd6546b0f1c2f95a0dbddcd7b2f122d4ee4633c66ae806f3c31186da36dc0e8c86e6800")
	anvilZero       = common.HexToAddress("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
)

func TestTheApprovalMatchesTheVector(t *testing.T) {
	a, d := vectorApproval(), vectorDomain()
	assert.Equal(t, vectorDigest, a.Digest(d))
	assert.Equal(t, vectorDigest, a.TypedData(d).Digest())
	assert.Equal(t, common.HexToHash("0x6fbe74fc71d53ee63c9d86fba9866fce450ca5fd4dd1282bf146778774cb9d5a"), consent.IncidentHash("INC-1"))
	written, err := json.Marshal(a.TypedData(d))
	require.NoError(t, err)
	assert.JSONEq(t, vectorJSON, string(written))
	var compact map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(vectorJSON), &compact))
	assert.Contains(t, string(written), string(compact["domain"]), "in the order of the type")
}

func TestTheSignatureOfTheVectorIsAccepted(t *testing.T) {
	g := parse(t, `{"id":"alice","keys":[{"type":"eip712","address":"`+anvilZero.Hex()+`"}]}`)
	for _, v := range []byte{0, 27} {
		signature := append(append([]byte{}, vectorSignature[:64]...), v)
		verified, err := g.Verify(vectorDigest, consent.Signature{Guardian: "alice", Kind: consent.EIP712, Bytes: signature}, nil)
		require.NoError(t, err)
		assert.Equal(t, consent.Verified{Guardian: "alice", Kind: consent.EIP712}, verified)
	}
}

// The digests come from another implementation of Keccak and of EIP-712, written
// from their texts alone.
func TestADecisionAndASignInMatchTheirVectors(t *testing.T) {
	word := func(s string) common.Hash { return crypto.Keccak256Hash([]byte(s)) }
	assert.Equal(t, "0x79e4289739fa6d2019b43e8dbcaae47201a286a56bedf5bcc344a9011b4176c6", consent.Decision{
		Decision: "deny", Reason: "a false alarm", Guardian: "ana", Incident: consent.IncidentHash("INC-1"), Run: 1, Revision: 3,
		Plan: word("plan"), ID: word("a1"), ValidUntil: 1795000900,
	}.Digest(vectorDomain()).Hex())
	assert.Equal(t, "0x05e6008cf96bcd95261ccbcd86dccda9f6f7decd28a55684439d7af8b3b1c03d", consent.Login{
		Origin: "https://approve.example.org", Guardian: "ana", Nonce: word("a1"), ValidUntil: 1795000900,
	}.Digest(vectorDomain()).Hex())
}
