package signertest

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/policy/policytest"
)

// The contracts of the suite's policy, on chain 1.
const (
	Core  = policytest.Core
	Vault = policytest.Vault
	Token = policytest.Token
	Safe  = policytest.Safe // protected from blacklist
)

// Name is the name of the suite's key.
const Name = "responder-1"

const gwei = 1_000_000_000

// Policy is the suite's containment policy.
func Policy(key string) string { return policytest.Policy(key) }

// People are the suite's guardians: ana and dee have a wallet, ben an ed25519
// key, cleo a passkey.
func People() []consenttest.Person {
	return []consenttest.Person{
		consenttest.WithWallet("ana"),
		{ID: "ben", Keys: []consenttest.Keyholder{consenttest.NewEd25519("ben")}},
		{ID: "cleo", Keys: []consenttest.Keyholder{consenttest.NewPasskey("cleo", "firebreak.example", "https://firebreak.example")}},
		consenttest.WithWallet("dee"),
	}
}

// Guardians is the suite's guardian document for a key.
func Guardians(key string) string { return consenttest.Guardians(key, People()...) }

// RecoveryPolicy is a recovery key's policy.
func RecoveryPolicy(key string) string { return policytest.RecoveryPolicy(key) }

// Call encodes a call of a function with static arguments.
func Call(signature string, args ...any) []byte {
	data := crypto.Keccak256([]byte(signature))[:4:4]
	for _, arg := range args {
		switch arg := arg.(type) {
		case int:
			data = append(data, common.LeftPadBytes(big.NewInt(int64(arg)).Bytes(), 32)...)
		case string:
			data = append(data, common.LeftPadBytes(common.HexToAddress(arg).Bytes(), 32)...)
		}
	}
	return data
}

// Pause is a request for pause() on a contract: 100000 gas at 100 gwei, so
// that it costs at most 0.01 ether.
func Pause(to string, nonce uint64) signer.Request {
	return Request(to, nonce, Call("pause()"))
}

// Request is like Pause with another call.
func Request(to string, nonce uint64, data []byte) signer.Request {
	return signer.Request{
		Key: Name, ChainID: 1, Nonce: nonce, To: common.HexToAddress(to), Data: data, Gas: 100_000,
		MaxFeePerGas: big.NewInt(100 * gwei), MaxPriorityFeePerGas: big.NewInt(2 * gwei),
		Incident: "INC-1", Reason: "conformance", RequestID: "req-1",
	}
}

// Fees sets a request's fees, in gwei.
func Fees(r signer.Request, maxFee, tip int64) signer.Request {
	r.MaxFeePerGas = new(big.Int).Mul(big.NewInt(maxFee), big.NewInt(gwei))
	r.MaxPriorityFeePerGas = new(big.Int).Mul(big.NewInt(tip), big.NewInt(gwei))
	return r
}
