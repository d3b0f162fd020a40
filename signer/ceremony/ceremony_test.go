package ceremony_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/ceremony"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// desk is the real plugin and what an operator reads of it.
type desk struct {
	t     *testing.T
	local *plugin.Local
	clock time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, clock: time.Now()}
	var err error
	d.local, err = plugin.InProcess(t.Context(), &logical.InmemStorage{}, plugin.WithClock(func() time.Time { return d.clock }))
	require.NoError(t, err)
	_, err = d.local.Create(t.Context(), signer.NewKey{
		Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name),
	})
	require.NoError(t, err)
	return d
}

func (d *desk) source() ceremony.Source {
	d.t.Helper()
	info, err := d.local.Key(d.t.Context(), signertest.Name)
	require.NoError(d.t, err)
	policy, err := d.local.Document(d.t.Context(), signertest.Name, signer.Policy)
	require.NoError(d.t, err)
	guardians, err := d.local.Document(d.t.Context(), signertest.Name, signer.Guardians)
	require.NoError(d.t, err)
	return ceremony.Source{Info: info, Policy: policy.Text, Guardians: guardians.Text}
}

// carried writes the proposal to a file and reads it again, as people do.
func (d *desk) carried(p *ceremony.Proposal) *ceremony.Proposal {
	d.t.Helper()
	raw, err := p.Encode()
	require.NoError(d.t, err)
	again, err := ceremony.Parse(raw)
	require.NoError(d.t, err)
	return again
}

func (d *desk) sign(p *ceremony.Proposal, ids ...string) *ceremony.Proposal {
	d.t.Helper()
	for _, id := range ids {
		p = d.carried(p)
		found, err := p.Judge()
		require.NoError(d.t, err)
		require.NoError(d.t, p.Add(signertest.Person(id).Sign(found.Digest)))
	}
	return d.carried(p)
}

func (d *desk) handIn(p *ceremony.Proposal) (signer.KeyInfo, error) {
	d.t.Helper()
	change, err := p.Change()
	require.NoError(d.t, err)
	return d.local.Change(d.t.Context(), change)
}

// next is the suite's policy as version 2 after the one in force.
func next(s ceremony.Source, old, text string) string {
	return signertest.NextPolicy(s.Info, old, text)
}

const (
	twice = `"limits":[{"window":"1h","max":2,"per":"to"}]`
	once  = `"limits":[{"window":"1h","max":1,"per":"to"}]`
	often = `"limits":[{"window":"1h","max":9,"per":"to"}]`
)

func TestATighteningIsPreparedSignedAndInForceAtOnce(t *testing.T) {
	d := newDesk(t)
	s := d.source()
	p, err := s.Replace(signer.ChangePolicy, next(s, twice, once), d.clock, time.Hour)
	require.NoError(t, err)
	found, err := p.Judge()
	require.NoError(t, err)
	assert.False(t, found.Loosens)
	assert.EqualValues(t, 2, found.Need)
	assert.Zero(t, found.Waits)
	assert.Contains(t, found.Title, "policy version 2, a tightening")
	assert.Contains(t, strings.Join(found.Lines, "\n"), "from up to 2/h for each contract to up to 1/h for each contract")
	info, err := d.handIn(d.sign(p, "ana", "cleo"))
	require.NoError(t, err)
	assert.EqualValues(t, 2, info.PolicyVersion)
}

func TestALooseningIsSignedNowAndInForceLater(t *testing.T) {
	d := newDesk(t)
	s := d.source()
	p, err := s.Replace(signer.ChangePolicy, next(s, twice, often), d.clock, time.Hour)
	require.NoError(t, err)
	found, err := p.Judge()
	require.NoError(t, err)
	assert.True(t, found.Loosens)
	assert.Contains(t, found.Title, "LOOSENING")
	assert.Equal(t, d.clock.Add(49*time.Hour).Unix(), found.Waits.Unix())
	d.clock = d.clock.Add(30 * time.Minute) // people take their time
	signed := d.sign(p, "ben", "dee")
	info, err := d.handIn(signed)
	require.NoError(t, err)
	require.NotNil(t, info.Pending)
	info, err = d.handIn(signed)
	require.NoError(t, err, "handing it in again changes nothing")
	require.NotNil(t, info.Pending)
	activate := signer.Change{Key: signertest.Name, Verb: signer.ActivateChange}
	_, err = d.local.Change(t.Context(), activate)
	require.ErrorContains(t, err, signer.CodePolicyPending)
	d.clock = d.clock.Add(49 * time.Hour)
	info, err = d.local.Change(t.Context(), activate)
	require.NoError(t, err)
	assert.EqualValues(t, 2, info.PolicyVersion)
	assert.Nil(t, info.Pending)
}

func TestOneGuardianCancels(t *testing.T) {
	d := newDesk(t)
	s := d.source()
	_, err := s.Cancel(d.clock.Add(time.Hour))
	require.ErrorContains(t, err, "no change that waits")
	p, err := s.Replace(signer.ChangePolicy, next(s, twice, often), d.clock, time.Hour)
	require.NoError(t, err)
	_, err = d.handIn(d.sign(p, "ben", "dee"))
	require.NoError(t, err)
	cancel, err := d.source().Cancel(d.clock.Add(time.Hour))
	require.NoError(t, err)
	found, err := cancel.Judge()
	require.NoError(t, err)
	assert.EqualValues(t, 1, found.Need)
	assert.Contains(t, found.Title, "up to 9/h")
	info, err := d.handIn(d.sign(cancel, "cleo"))
	require.NoError(t, err)
	assert.Nil(t, info.Pending)
}

func TestStandingActsAreWhatTheKeyExpects(t *testing.T) {
	d := newDesk(t)
	until := d.clock.Add(time.Hour)
	_, err := d.local.Change(t.Context(), signer.Change{Key: signertest.Name, Verb: signer.Freeze})
	require.NoError(t, err)
	info, err := d.handIn(d.sign(d.source().Standing(signer.Unfreeze, until), "ana", "ben"))
	require.NoError(t, err)
	assert.Equal(t, signer.Active, info.State)
	info, err = d.handIn(d.sign(d.source().NonceOf(1, 7, until), "ana", "ben"))
	require.NoError(t, err)
	assert.EqualValues(t, 7, info.Nonces[0].Next)
	info, err = d.handIn(d.sign(d.source().Standing(signer.Retire, until), "ana", "ben"))
	require.NoError(t, err)
	assert.Equal(t, signer.Retired, info.State)
}

func TestGuardiansChangeThroughAProposal(t *testing.T) {
	d := newDesk(t)
	s := d.source()
	document := consenttest.NextGuardians(signertest.Name, 2, s.Info.GuardiansHash, append(signertest.People(), consenttest.WithWallet("eve"))...)
	p, err := s.Replace(signer.ChangeRoster, document, d.clock, time.Hour)
	require.NoError(t, err)
	found, err := p.Judge()
	require.NoError(t, err)
	assert.True(t, found.Loosens)
	assert.Contains(t, strings.Join(found.Lines, "\n"), "eve")
	_, err = d.handIn(d.sign(p, "ana", "ben"))
	require.NoError(t, err)
	d.clock = d.clock.Add(50 * time.Hour)
	info, err := d.local.Change(t.Context(), signer.Change{Key: signertest.Name, Verb: signer.ActivateChange})
	require.NoError(t, err)
	assert.Contains(t, info.Guardians, "eve")
}

func TestATransactionIsApprovedOnADeskAndSignedByTheKey(t *testing.T) {
	d := newDesk(t)
	for _, mode := range []consent.Mode{consent.Intent, consent.Exact} {
		nonce := d.source().Info.Nonces[0].Next
		r := signertest.Request(signertest.Core, nonce, signertest.Call("shutdown()"))
		p, err := d.source().Ask(ceremony.Transaction{
			ChainID: r.ChainID, Nonce: r.Nonce, To: r.To, Data: r.Data, Gas: r.Gas, Incident: r.Incident,
			MaxFee: r.MaxFeePerGas.String(), MaxTip: r.MaxPriorityFeePerGas.String(),
			Mode: mode, Approval: common.Hash{byte(nonce + 1)}, MaxUses: 1,
			ValidAfter: uint64(d.clock.Unix()), ValidUntil: uint64(d.clock.Add(10 * time.Minute).Unix()),
		})
		require.NoError(t, err)
		found, err := p.Judge()
		require.NoError(t, err)
		assert.Contains(t, found.Title, "shutdown() on "+signertest.Core+" (chain 1)")
		r.Approvals, err = d.sign(p, "ana", "ben").Approvals()
		require.NoError(t, err)
		signed, err := d.local.Sign(t.Context(), r)
		require.NoError(t, err, mode)
		assert.Len(t, signed.Approvals, 2)
		bumped := r
		bumped.MaxFeePerGas, bumped.MaxPriorityFeePerGas = new(big.Int).Mul(r.MaxFeePerGas, big.NewInt(2)), new(big.Int).Mul(r.MaxPriorityFeePerGas, big.NewInt(2))
		_, err = d.local.Sign(t.Context(), bumped)
		require.ErrorContains(t, err, signer.CodeApprovalBad, "above what was approved")
	}
}

func TestAProposalThatContradictsItselfIsNotSigned(t *testing.T) {
	d := newDesk(t)
	s := d.source()
	good, err := s.Replace(signer.ChangePolicy, next(s, twice, once), d.clock, time.Hour)
	require.NoError(t, err)
	signed := d.sign(good, "ana")
	for name, change := range map[string]func(p *ceremony.Proposal){
		"another key":               func(p *ceremony.Proposal) { p.Key = "other" },
		"a policy that is no JSON":  func(p *ceremony.Proposal) { p.Policy = "{" },
		"no guardians":              func(p *ceremony.Proposal) { p.Guardians = "" },
		"a verb that nobody signs":  func(p *ceremony.Proposal) { p.Verb = signer.Freeze },
		"a transaction without one": func(p *ceremony.Proposal) { p.Verb = ceremony.Sign },
		"a skipped version":         func(p *ceremony.Proposal) { p.Document = strings.Replace(p.Document, `"version":2`, `"version":3`, 1) },
		"no change":                 func(p *ceremony.Proposal) { p.Document = next(s, twice, twice) },
		"another document":          func(p *ceremony.Proposal) { p.Document = next(s, twice, often) },
		"another time":              func(p *ceremony.Proposal) { p.ActivateAfter++ },
		"another instance":          func(p *ceremony.Proposal) { p.Instance[0]++ },
		"another address":           func(p *ceremony.Proposal) { p.Address[0]++ },
	} {
		p := d.carried(signed)
		change(p)
		_, err := p.Judge()
		assert.Error(t, err, name)
	}
	assert.ErrorContains(t, d.carried(signed).Add(signertest.Person("ana").Sign(common.Hash{})), "has signed already")
	assert.ErrorContains(t, d.carried(signed).Add(signertest.Person("ben").Sign(common.Hash{})), "does not hold")
	assert.ErrorContains(t, d.carried(signed).Add(consenttest.WithWallet("mallory").Sign(common.Hash{})), "does not hold")
}

// What guardians are shown is computed from what they sign: words in the file
// do not matter, and a policy that is not the one in force gathers signatures
// that are worth nothing.
func TestAProposalThatShowsAnotherPolicyIsWorthNothing(t *testing.T) {
	d := newDesk(t)
	s := d.source()
	lied := s
	lied.Policy = strings.Replace(s.Policy, `"max":2,"per":"to"`, `"max":20,"per":"to"`, 1)
	require.NotEqual(t, s.Policy, lied.Policy)
	p, err := lied.Replace(signer.ChangePolicy, next(s, twice, often), d.clock, time.Hour)
	require.Error(t, err, "its hash is not the one that the new policy follows")
	assert.Nil(t, p)
}

func TestAFileThatIsNoProposalIsRefused(t *testing.T) {
	good, err := newDesk(t).source().Standing(signer.Retire, time.Now()).Encode()
	require.NoError(t, err)
	for name, raw := range map[string]string{
		"nothing":           "",
		"an array":          "[]",
		"another schema":    strings.Replace(string(good), "proposal/v1", "proposal/v2", 1),
		"an unknown member": strings.Replace(string(good), `"verb"`, `"note": "x", "verb"`, 1),
		"two documents":     string(good) + string(good),
		"too long":          string(good) + strings.Repeat(" ", ceremony.MaxFile),
	} {
		_, err := ceremony.Parse([]byte(raw))
		assert.Error(t, err, name)
	}
}

func FuzzNoFilePanics(f *testing.F) {
	f.Add([]byte(`{"schema":"firebreak/proposal/v1","verb":"sign","transaction":{"chain_id":"1","mode":"intent"}}`))
	f.Add([]byte(`{"schema":"firebreak/proposal/v1","verb":"policy","signatures":[{}]}`))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		p, err := ceremony.Parse(raw)
		if err != nil {
			return
		}
		_, _ = p.Judge()
		_, _ = p.Change()
		_, _ = p.Approvals()
	})
}
