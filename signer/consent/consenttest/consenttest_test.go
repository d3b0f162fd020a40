package consenttest_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

func people() []consenttest.Person {
	return []consenttest.Person{
		consenttest.WithWallet("alice"),
		{ID: "bob", Keys: []consenttest.Keyholder{consenttest.NewEd25519("b")}},
		{ID: "carol", Keys: []consenttest.Keyholder{consenttest.NewPasskey("c", "firebreak.example", "https://firebreak.example")}},
	}
}

func TestASeedMakesTheSameGuardianEveryTime(t *testing.T) {
	digest := common.Hash{1}
	assert.Equal(t, consenttest.Guardians("responder-1", people()...), consenttest.Guardians("responder-1", people()...))
	for i, person := range people() {
		assert.Equal(t, person.Sign(digest), people()[i].Sign(digest), person.ID)
	}
	assert.Equal(t, "0x3aFF8c4b39eC81e038fA3Fdc0fECe0CA1B803e74", consenttest.NewWallet("alice").Address().Hex(), "scripts may name it")
	assert.NotEqual(t, consenttest.NewWallet("a").Address(), consenttest.NewWallet("b").Address())
}

func TestThePeopleCanApprove(t *testing.T) {
	g, err := consent.ParseGuardians([]byte(consenttest.Guardians("responder-1", people()...)), "responder-1")
	require.NoError(t, err)
	for _, person := range people() {
		given := person.Approve(consent.Terms{Mode: consent.Exact}, common.Hash{2})
		assert.Equal(t, consent.Exact, given.Mode)
		verified, err := g.Verify(common.Hash{2}, given.Signature, func([]byte) uint32 { return 0 })
		require.NoError(t, err)
		assert.Equal(t, person.ID, verified.Guardian)
	}
}
