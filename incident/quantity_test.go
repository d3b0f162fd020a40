package incident_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestAQuantityIsPlainDecimalAndNothingElse(t *testing.T) {
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)).String()
	for text, ok := range map[string]bool{
		"0": true, "1": true, "10000000000000000000000": true, most: true,
		"": false, "-1": false, "+1": false, "01": false, "00": false, " 1": false, "1 ": false, "0x1": false, "1e3": false,
		"1.0": false, "1_000": false, "x": false, "٣": false, most + "0": false,
		new(big.Int).Lsh(big.NewInt(1), 256).String(): false,
	} {
		q, err := incident.ParseQuantity(text)
		assert.Equal(t, ok, err == nil, "%q", text)
		if ok {
			assert.Equal(t, text, q.String())
		}
	}
}

func TestAQuantityTravelsThroughJSONAsAString(t *testing.T) {
	q, err := incident.ParseQuantity("100000000000000000000000000")
	require.NoError(t, err)
	raw, err := json.Marshal(incident.Amount{Units: q, Token: "USDC", Decimals: 6})
	require.NoError(t, err)
	assert.JSONEq(t, `{"units":"100000000000000000000000000","token":"USDC","decimals":6}`, string(raw))
	var back incident.Amount
	require.NoError(t, json.Unmarshal(raw, &back))
	assert.Zero(t, back.Units.Cmp(q))
	assert.Error(t, json.Unmarshal([]byte(`{"units":"0x10"}`), &back))
}

func TestAmountsAreWrittenExactly(t *testing.T) {
	for _, c := range []struct {
		units    uint64
		decimals uint8
		want     string
	}{{0, 6, "0 T"}, {1, 6, "0.000001 T"}, {1_500_000, 6, "1.5 T"}, {250_000_000_000, 6, "250000 T"}, {7, 0, "7 T"}, {100, 2, "1 T"}} {
		assert.Equal(t, c.want, incident.Amount{Units: incident.NewQuantity(c.units), Token: "T", Decimals: c.decimals}.String())
	}
}

func TestArithmeticNeverWraps(t *testing.T) {
	most, err := incident.QuantityFromBig(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)))
	require.NoError(t, err)
	one := incident.NewQuantity(1)
	assert.Zero(t, most.Add(one).Cmp(most))
	assert.Zero(t, most.Times(2).Cmp(most))
	assert.True(t, one.Sub(most).IsZero())
	assert.True(t, one.Div(0).IsZero())
	_, err = incident.QuantityFromBig(big.NewInt(-1))
	assert.Error(t, err)
}

func FuzzParseQuantity(f *testing.F) {
	for _, s := range []string{"0", "1", "99999999999999999999", "0x1", "1e9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := incident.ParseQuantity(s)
		if err != nil {
			return
		}
		b, ok := new(big.Int).SetString(s, 10)
		require.True(t, ok)
		assert.Zero(t, b.Cmp(q.Big()))
		assert.Equal(t, s, q.String())
	})
}
