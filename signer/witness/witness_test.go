package witness_test

import (
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/witness"
)

var key = common.HexToAddress("0x1111111111111111111111111111111111111111")

// chain is n links of a key, of which the ones from fork on are another's.
func chain(n uint64, fork uint64) []witness.Link {
	var out []witness.Link
	prev := common.Hash{0xff}
	for seq := uint64(1); seq <= n; seq++ {
		receipt := common.Hash{byte(seq)}
		if fork > 0 && seq >= fork {
			receipt[1] = 1
		}
		out = append(out, witness.Link{Seq: seq, Prev: prev, Receipt: receipt})
		prev = receipt
	}
	return out
}

func feed(w *witness.Witness, links []witness.Link) (alarms []witness.Alarm) {
	for _, l := range links {
		alarms = append(alarms, w.Saw(key, l)...)
	}
	return alarms
}

func says(seq uint64, head common.Hash) signer.KeyInfo {
	return signer.KeyInfo{Name: "k1", Address: key, Seq: seq, ReceiptHead: head}
}

func TestAnHonestKeyRaisesNoAlarmInWhateverOrderItIsSeen(t *testing.T) {
	links := chain(20, 0)
	for range 50 {
		var w witness.Witness
		shuffled := append([]witness.Link{}, links...)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		assert.Empty(t, feed(&w, append(shuffled, shuffled...)))
		assert.Empty(t, w.Compare(says(20, links[19].Receipt), w.Seen(key)))
	}
}

func TestAKeyThatForgotIsARollback(t *testing.T) {
	var w witness.Witness
	links := chain(5, 0)
	require.Empty(t, feed(&w, links))
	alarms := w.Compare(says(3, links[2].Receipt), w.Seen(key))
	require.Len(t, alarms, 1)
	assert.Equal(t, witness.Rollback, alarms[0].Kind)
	assert.Empty(t, w.Compare(says(3, links[2].Receipt), w.Seen(key)), "it is said once")
	assert.Len(t, w.Compare(says(2, links[1].Receipt), w.Seen(key)), 1, "and again when it is another")
}

func TestANumberThatIsUsedTwiceIsAFork(t *testing.T) {
	var w witness.Witness
	require.Empty(t, feed(&w, chain(5, 0)))
	alarms := feed(&w, chain(5, 4)[3:4])
	require.Len(t, alarms, 1)
	assert.Equal(t, witness.Fork, alarms[0].Kind)
	alarms = w.Compare(says(5, common.Hash{9}), w.Seen(key))
	require.Len(t, alarms, 1)
	assert.Equal(t, witness.Fork, alarms[0].Kind)
}

func TestReceiptsThatDoNotChainAreAForkFromBothSides(t *testing.T) {
	for name, order := range map[string][]int{"later one last": {0, 1, 2}, "earlier one last": {2, 1, 0}, "the middle one last": {0, 2, 1}} {
		var w witness.Witness
		links := chain(3, 0)
		links[1].Receipt = common.Hash{0xee} // what the third names is another
		var alarms []witness.Alarm
		for _, i := range order {
			alarms = append(alarms, w.Saw(key, links[i])...)
		}
		require.Len(t, alarms, 1, name)
		assert.Equal(t, witness.Fork, alarms[0].Kind)
	}
}

func TestSignaturesThatWereNeverSeenAreAStrangers(t *testing.T) {
	var w witness.Witness
	assert.Empty(t, w.Missing(says(7, common.Hash{7})), "nothing is known of its past")
	require.Empty(t, feed(&w, chain(5, 0)))
	alarms := w.Missing(says(7, common.Hash{7}))
	require.Len(t, alarms, 1)
	assert.Equal(t, witness.Stranger, alarms[0].Kind)
	assert.Contains(t, alarms[0].Text, "receipts/k1/6")
}

func TestWhatIsSeenWhileTheAnswerTravelsIsNoRollback(t *testing.T) {
	var w witness.Witness
	links := chain(5, 0)
	require.Empty(t, feed(&w, links[:3]))
	since := w.Seen(key)
	answer := says(3, links[2].Receipt)
	require.Empty(t, feed(&w, links[3:]))
	assert.Empty(t, w.Compare(answer, since))
}

func TestMemoryIsBounded(t *testing.T) {
	var w witness.Witness
	prev := common.Hash{}
	for seq := uint64(1); seq <= 5000; seq++ {
		receipt := common.BigToHash(common.Big1)
		receipt[0], receipt[1] = byte(seq), byte(seq>>8)
		require.Empty(t, w.Saw(key, witness.Link{Seq: seq, Prev: prev, Receipt: receipt}))
		prev = receipt
	}
	assert.EqualValues(t, 5000, w.Seen(key).Seq)
	assert.Empty(t, w.Missing(says(5000, prev)))
}

// The real plugin over storage that is put back to an earlier state, as a
// snapshot restore does.
func TestARestoredSnapshotIsNoticed(t *testing.T) {
	storage := &logical.InmemStorage{}
	local, err := plugin.InProcess(t.Context(), storage)
	require.NoError(t, err)
	_, err = local.Create(t.Context(), signer.NewKey{
		Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name),
	})
	require.NoError(t, err)
	var w witness.Witness
	sign := func(r signer.Request) []witness.Alarm {
		signed, err := local.Sign(t.Context(), r)
		require.NoError(t, err)
		return w.Saw(signed.From, witness.LinkOf(signed.Receipt))
	}
	require.Empty(t, sign(signertest.Pause(signertest.Core, 0)))
	snapshot, err := storage.Get(t.Context(), "state/"+signertest.Name)
	require.NoError(t, err)
	require.Empty(t, sign(signertest.Pause(signertest.Core, 1)))
	info, err := local.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	require.Empty(t, w.Compare(info, w.Seen(info.Address)))

	require.NoError(t, storage.Put(t.Context(), snapshot))
	info, err = local.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	alarms := w.Compare(info, w.Seen(info.Address))
	require.Len(t, alarms, 1)
	assert.Equal(t, witness.Rollback, alarms[0].Kind)
	alarms = sign(signertest.Pause(signertest.Vault, 1))
	require.Len(t, alarms, 1, "and so is the signature that the limit had forbidden")
	assert.Equal(t, witness.Fork, alarms[0].Kind)
}
