package lab

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheProtocolIsDeployedOnARealNodeOverHTTP(t *testing.T) {
	p := newPeople()
	cast := p.cast()
	cast.Responder = p.person("responder")
	c, err := StartChain(t.Context(), 100*time.Millisecond, p.addresses())
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	s := newSender(c, p)
	at, err := cast.Deploy(t.Context(), s)
	require.NoError(t, err)
	open, err := at.OpenHarvest(cast.Attacker, cast.Amounts.Stake)
	require.NoError(t, err)
	require.NoError(t, s.Mine(t.Context(), open))
	harvest, err := at.Harvest(cast.Attacker, cast.Amounts.Stake)
	require.NoError(t, err)
	for range 3 {
		_, err = s.do(t.Context(), harvest)
		require.NoError(t, err)
	}
}
