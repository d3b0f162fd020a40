package contracts_test

import (
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

func TestTheSlotsOfProxiesFollowFromTheirNames(t *testing.T) {
	for name, slot := range map[string]common.Hash{
		"eip1967.proxy.implementation": contracts.ImplementationSlot,
		"eip1967.proxy.beacon":         contracts.BeaconSlot,
	} {
		n := new(big.Int).Sub(crypto.Keccak256Hash([]byte(name)).Big(), common.Big1)
		assert.Equal(t, common.BigToHash(n), slot, name)
	}
}

func TestACompiledContractMentionsItsFunctionsAndNoOthers(t *testing.T) {
	vault, err := contracts.LoadArtifact("LabVault")
	require.NoError(t, err)
	for _, m := range vault.ABI.Methods {
		assert.True(t, contracts.MentionsSelector(vault.DeployedBytecode, [4]byte(m.ID)), m.Sig)
	}
	assert.False(t, contracts.MentionsSelector(vault.DeployedBytecode, contracts.Selector("blacklist(address)")))
	assert.False(t, contracts.Delegates(vault.DeployedBytecode))
}

func TestASelectorInsideAnotherConstantIsNotMentioned(t *testing.T) {
	id := contracts.Selector("pause()")
	assert.True(t, contracts.MentionsSelector(slices.Concat([]byte{0x63}, id[:]), id))
	assert.False(t, contracts.MentionsSelector(slices.Concat([]byte{0x64}, id[:], []byte{0}), id), "a push of five")
	assert.False(t, contracts.MentionsSelector(id[:], id), "no push")
	assert.True(t, contracts.MentionsSelector([]byte{0x62, 1, 2, 3}, [4]byte{0, 1, 2, 3}), "a leading zero is left out")
	assert.False(t, contracts.MentionsSelector([]byte{0x5f, 0x60, 0}, [4]byte{}), "zero is everywhere")
	assert.False(t, contracts.MentionsSelector([]byte{0x63, 1}, id), "cut off")
}

func TestProxiesAreKnownByWhatTheyDo(t *testing.T) {
	to := common.HexToAddress("0x1111111111111111111111111111111111111111")
	clone := slices.Concat(common.FromHex("0x363d3d373d3d3d363d73"), to[:], common.FromHex("0x5af43d82803e903d91602b57fd5bf3"))
	got, ok := contracts.MinimalProxy(clone)
	assert.True(t, ok)
	assert.Equal(t, to, got)
	assert.True(t, contracts.Delegates(clone))
	_, ok = contracts.MinimalProxy(append(clone, 0))
	assert.False(t, ok)
	assert.False(t, contracts.Delegates([]byte{0x60, 0xf4}), "a number is no instruction")
}
