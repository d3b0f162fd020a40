package lab

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func playOnce(t *testing.T, name string, change func(*Options)) Result {
	scene, err := Find(name)
	require.NoError(t, err)
	o := Options{Scenario: scene, BlockTime: 60 * time.Millisecond, Guardians: true, Dir: t.TempDir()}
	change(&o)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := Start(ctx, o)
	require.NoError(t, err)
	defer func() { assert.NoError(t, r.Close()) }()
	result, err := r.Play(ctx)
	require.NoError(t, err)
	return result
}

func TestTheAttackIsRealWithoutAResponse(t *testing.T) {
	result := playOnce(t, "vault-drain", func(o *Options) { o.NoResponse, o.Guardians = true, false })
	assert.Equal(t, "no-response", result.Outcome)
	assert.Zero(t, result.FundsSaved.Sign(), "the vault is empty")
	assert.Greater(t, result.AttackTxs, 40)
}

func TestTheResponseSavesWhatTheAttackHasNotTaken(t *testing.T) {
	result := playOnce(t, "vault-drain", func(o *Options) { o.Proxies = 2 })
	assert.Equal(t, "contained", result.Outcome)
	assert.Positive(t, result.FundsSaved.Sign())
	assert.Len(t, result.TxHashes, 1)
	text, err := json.Marshal(result)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	for _, key := range []string{"scenario", "outcome", "funds_total", "funds_lost", "funds_saved", "tx_hashes", "timings_ms", "journal_head"} {
		assert.Contains(t, fields, key)
	}
}

func TestScenariosAreFoundByName(t *testing.T) {
	for _, s := range Scenarios() {
		found, err := Find(s.Name)
		require.NoError(t, err)
		assert.Equal(t, s.Title, found.Title)
	}
	_, err := Find("volt-drain")
	assert.ErrorContains(t, err, "vault-drain")
}
