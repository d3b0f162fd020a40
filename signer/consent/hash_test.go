package consent

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
)

func TestWhatIsNoJSONIsAnError(t *testing.T) {
	_, err := object{{"a", make(chan int)}}.MarshalJSON()
	assert.Error(t, err)
}

func TestTheTypeHashesAreTheseForEver(t *testing.T) {
	d := Domain{ChainID: 1, Signer: common.HexToAddress("0x2222222222222222222222222222222222222222"), Instance: crypto.Keccak256Hash([]byte("instance"))}
	for want, s := range map[string]structure{
		"0xd87cd6ef79d4e2b95e15ce8abf732db51ec771f1ca2edccf22a46c729ac56472": d.withChain(),
		"0x8e993bc1e76bded444754eb60f196d7c2689586b002dfcfedb82980ab52780a3": Approval{}.TypedData(d).message,
		"0x37f3db142a7d619b566182affd6f55320a1a82c2ea38d43fef9db3c39fc01e18": PolicyChange{}.TypedData(d).message,
		"0x5dd754d9d2f93a228492f6abbdfd5f328f75ef549d29ac6a3765cf9f426bf404": KeyState{}.TypedData(d).message,
		"0xda75a59f3c35243a4124a4b92bb14b2abe58ea0f4cd7cedf5b399fc65a00ba97": Decision{}.TypedData(d).message,
		"0xefdb153c250fcfa167ece14b94d7e5c15fa03fbd69eebbd332e78414375cae0d": Login{}.TypedData(d).message,
	} {
		assert.Equal(t, want, s.typeHash().Hex(), s.name)
	}
	assert.Equal(t, "0x06781c9de660f92a91d92a88e3d3be89c683ee35c42a8ed1f26420ad2f1ab4f3", d.withChain().hash().Hex())
	assert.Equal(t, crypto.Keccak256Hash([]byte("EIP712Domain(string name,string version,address verifyingContract,bytes32 salt)")), d.withoutChain().typeHash())
}
