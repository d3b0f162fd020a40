package ballot_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/policy"
	"github.com/firebreak-project/firebreak/signer/policy/policytest"
)

func refusedWith(err error, code string) bool {
	refusal, ok := errors.AsType[*signer.Refusal](err)
	return ok && refusal.Has(code)
}

// TestWhatIsSignedIsWhatTheKeyCounts: a sheet for each call that needs guardians
// and no other, and the decision itself where no call does.
func TestWhatIsSignedIsWhatTheKeyCounts(t *testing.T) {
	keys := newVault(t).keys(t)
	limit := func(p *incident.Plan) { p.Calls = []incident.Call{harmless()} }
	for name, c := range map[string]struct {
		change   func(*incident.Plan)
		decision incident.Decision
		want     []string
	}{
		"one call":                         {func(*incident.Plan) {}, incident.Approve, []string{"pause"}},
		"a call that may come to need one": {func(p *incident.Plan) { p.Calls = []incident.Call{block("block/1", "0x55")} }, incident.Approve, []string{"block/1"}},
		"one of two":                       {func(p *incident.Plan) { p.Calls = append(p.Calls, harmless()) }, incident.Approve, []string{"pause"}},
		"none":                             {limit, incident.Approve, []string{""}},
		"a denial":                         {func(*incident.Plan) {}, incident.Deny, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(asking(t, c.change), keys)
			a.Decision = c.decision
			if c.decision == incident.Deny {
				a.Reason = "a false alarm"
			}
			p, err := ballot.Write(a)
			require.NoError(t, err)
			var steps []string
			for _, s := range p.Sheets {
				steps = append(steps, s.Step)
				assert.NotEmpty(t, s.Title)
				assert.NotEmpty(t, s.Lines)
				assert.Equal(t, s.Data.Digest(), s.Digest)
			}
			assert.Equal(t, c.want, steps)
			var consented []string
			for _, given := range cast(t, a).Consents {
				consented = append(consented, given.Step)
			}
			if c.want[0] == "" {
				c.want = nil
			}
			assert.Equal(t, c.want, consented, "the key gets what was signed for it and no more")
		})
	}
}

// harmless is a call whose rule counts nobody.
func harmless() incident.Call {
	c := pause("limit", policytest.Core)
	c.Verb = "withdrawal-limit"
	c.Data, _ = contracts.SetWithdrawalLimit(big.NewInt(1), time.Hour)
	call, _ := contracts.Decode(c.Data)
	c.Function = call.Signature
	for _, arg := range call.Args {
		c.Args = append(c.Args, incident.Arg(arg))
	}
	return c
}

func TestTheKindOfKeySaysWhatAVoteIsWorth(t *testing.T) {
	keys := newVault(t).keys(t)
	for id, want := range map[string]incident.Assurance{
		"ana": incident.AssuranceWallet, "cleo": incident.AssurancePasskey, "ben": incident.AssurancePasskey,
	} {
		a := ask(asking(t), keys)
		a.Person = id
		assert.Equal(t, want, cast(t, a).Assurance, id)
	}
}

func TestTheSameQuestionGivesTheSamePaper(t *testing.T) {
	keys := newVault(t).keys(t)
	s := asking(t)
	one, err := ballot.Write(ask(s, keys))
	require.NoError(t, err)
	later := add(t, s, incident.Voted{Vote: cast(t, func() ballot.Ask { a := ask(s, keys); a.Person = "dee"; return a }())})
	two, err := ballot.Write(ask(later, keys))
	require.NoError(t, err)
	assert.Equal(t, one, two, "another's vote changes nothing of it")
}

func TestAPaperIsOneVoteWhateverIsDecidedOnIt(t *testing.T) {
	a := ask(asking(t), newVault(t).keys(t))
	yes := cast(t, a)
	a.Decision, a.Reason = incident.Deny, "a false alarm"
	no := cast(t, a)
	assert.Equal(t, yes.Delivery, no.Delivery)
	a.ID = common.Hash{8}
	assert.NotEqual(t, yes.Delivery, cast(t, a).Delivery)
	a.Person = "dee"
	assert.NotEqual(t, no.Delivery, cast(t, a).Delivery)
}

func TestTheEvidenceHoldsWhatWasSigned(t *testing.T) {
	a := ask(asking(t), newVault(t).keys(t))
	var kept struct {
		Paper struct {
			ID     common.Hash
			Digest incident.Digest
			Sheets []struct {
				Step   string
				Digest common.Hash
				Data   json.RawMessage `json:"typed_data"`
			}
		}
		Signatures []consent.Signature
	}
	require.NoError(t, json.Unmarshal(cast(t, a).Evidence, &kept))
	assert.Equal(t, a.ID, kept.Paper.ID)
	assert.Equal(t, a.State.Run().Digest, kept.Paper.Digest)
	require.Len(t, kept.Signatures, 1)
	assert.Contains(t, string(kept.Paper.Sheets[0].Data), `"primaryType":"ContainmentApproval"`)
	roster, err := consent.ParseGuardians([]byte(a.Keys["responder-1"].Guardians), "responder-1")
	require.NoError(t, err)
	_, err = roster.Verify(kept.Paper.Sheets[0].Digest, kept.Signatures[0], nil)
	assert.NoError(t, err, "who has the evidence can check it")
}

// TestAnApprovalIsNeverGoodForLongerThanItsRuleAllows also holds for a rule whose
// age is below the allowance for clocks.
func TestAnApprovalIsNeverGoodForLongerThanItsRuleAllows(t *testing.T) {
	for _, age := range []time.Duration{2 * time.Second, time.Minute, 30 * time.Minute, 24 * time.Hour} {
		keys := newVault(t).keys(t)
		a := ask(asking(t), spoilt(keys, func(k *ballot.Key) {
			k.Policy = strings.Replace(k.Policy, `"30m"`, `"`+age.String()+`"`, 1)
			p, err := policy.Parse([]byte(k.Policy), "responder-1", signer.Containment)
			require.NoError(t, err)
			k.Info.PolicyHash = p.Hash
		}))
		p, err := ballot.Write(a)
		require.NoError(t, err)
		assert.False(t, p.ValidUntil.After(a.Now.Add(age)), "%s: %s", age, p.ValidUntil)
		assert.True(t, p.ValidUntil.After(a.Now), age)
	}
}

func TestWhatNoSignatureShouldAnswerIsRefused(t *testing.T) {
	keys := newVault(t).keys(t)
	for name, c := range map[string]struct {
		spoil func(*ballot.Ask)
		says  string
	}{
		"nothing is asked":           {func(a *ballot.Ask) { a.State = incident.State{} }, "No vote is open"},
		"a run that has ended":       {func(a *ballot.Ask) { a.State = add(t, a.State, incident.Lapsed{Why: "time"}) }, "No vote is open"},
		"too late":                   {func(a *ballot.Ask) { a.Now = t0.Add(10 * time.Minute) }, "has passed"},
		"nobody":                     {func(a *ballot.Ask) { a.Person = "" }, "not known who"},
		"no number":                  {func(a *ballot.Ask) { a.ID = common.Hash{} }, "no number"},
		"no decision":                {func(a *ballot.Ask) { a.Decision = "" }, "no decision"},
		"a denial without a reason":  {func(a *ballot.Ask) { a.Decision, a.Reason = incident.Deny, " \u200b" }, "say why"},
		"a reason of two lines":      {func(a *ballot.Ask) { a.Decision, a.Reason = incident.Deny, "a\nb" }, "one line"},
		"an approval with a reason":  {func(a *ballot.Ask) { a.Reason = "yes" }, "no reason"},
		"a key that nobody read":     {func(a *ballot.Ask) { a.Keys = nil }, "not known"},
		"another key's papers":       {func(a *ballot.Ask) { a.Keys = map[string]ballot.Key{"responder-1": keys["spare-1"]} }, "not known"},
		"a policy that is not whole": {func(a *ballot.Ask) { a.Keys = spoilt(keys, func(k *ballot.Key) { k.Policy = k.Policy[1:] }) }, "cannot be read"},
		"guardians that are no JSON": {func(a *ballot.Ask) { a.Keys = spoilt(keys, func(k *ballot.Key) { k.Guardians = "{" }) }, "cannot be read"},
		"a policy not in force":      {func(a *ballot.Ask) { a.Keys = spoilt(keys, func(k *ballot.Key) { k.Info.PolicyHash[0]++ }) }, "changed while"},
		"guardians not in force":     {func(a *ballot.Ask) { a.Keys = spoilt(keys, func(k *ballot.Key) { k.Info.GuardiansHash[0]++ }) }, "changed while"},
		"a stranger to the key":      {func(a *ballot.Ask) { a.Person = "eli" }, `no guardian "eli"`},
		"a call of no rule":          {change(t, func(p *incident.Plan) { p.Calls[0] = pause("pause", policytest.Safe) }), "would refuse"},
		"an argument of no rule":     {change(t, func(p *incident.Plan) { p.Calls[0] = block("block/1", policytest.Safe) }), "would refuse"},
		"words of another function":  {change(t, func(p *incident.Plan) { p.Calls[0].Function = "unpause()" }), "something else than it says"},
		"words of another argument": {change(t, func(p *incident.Plan) {
			p.Calls[0] = block("block/1", "0x55")
			p.Calls[0].Args[0].Value = common.HexToAddress("0x56").Hex()
		}), "something else than it says"},
		"bytes of no known function": {change(t, func(p *incident.Plan) { p.Calls[0].Data = common.FromHex("0x01020304") }), "cannot be put into words"},
		"a digest of another plan":   {func(a *ballot.Ask) { a.State.Runs[0].Digest[0]++ }, "contradicts itself"},
		"a plan of another incident": {func(a *ballot.Ask) { a.State.ID = "01JEQ7V5M2K30001" }, "another incident"},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(asking(t), keys)
			c.spoil(&a)
			_, err := ballot.Write(a)
			voter, ok := errors.AsType[*approvals.VoterError](err)
			require.True(t, ok, "%v", err)
			assert.Contains(t, voter.Sentence, c.says)
			_, err = ballot.Read(a, []consent.Signature{person("ana").Sign(common.Hash{1})})
			assert.Error(t, err)
		})
	}
}

func TestOnlyTheWholePaperSignedByItsPersonIsAVote(t *testing.T) {
	a := ask(asking(t, func(p *incident.Plan) { p.Calls = append(p.Calls, pause("pause-vault", policytest.Vault)) }), newVault(t).keys(t))
	p, err := ballot.Write(a)
	require.NoError(t, err)
	require.Len(t, p.Sheets, 2)
	for name, spoil := range map[string]func([]consent.Signature) []consent.Signature{
		"none":         func([]consent.Signature) []consent.Signature { return nil },
		"one of two":   func(s []consent.Signature) []consent.Signature { return s[:1] },
		"one too many": func(s []consent.Signature) []consent.Signature { return append(s, s[0]) },
		"swapped":      func(s []consent.Signature) []consent.Signature { s[0], s[1] = s[1], s[0]; return s },
		"one twice":    func(s []consent.Signature) []consent.Signature { s[1] = s[0]; return s },
		"by somebody else": func(s []consent.Signature) []consent.Signature {
			s[1] = person("dee").Sign(p.Sheets[1].Digest)
			return s
		},
		"by somebody else in this name": func(s []consent.Signature) []consent.Signature {
			s[1] = consenttest.NewWallet("dee").Sign("ana", p.Sheets[1].Digest)
			return s
		},
		"of another kind": func(s []consent.Signature) []consent.Signature {
			s[1] = consenttest.NewEd25519("ana").Sign("ana", p.Sheets[1].Digest)
			return s
		},
		"of no kind": func(s []consent.Signature) []consent.Signature { s[0].Kind, s[1].Kind = "", ""; return s },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ballot.Read(a, spoil(signed(p)))
			_, ok := errors.AsType[*approvals.VoterError](err)
			assert.True(t, ok, "%v", err)
		})
	}
	_, err = ballot.Read(a, signed(p))
	assert.NoError(t, err)
}

// spoilt is the keys with one thing of the first changed.
func spoilt(keys map[string]ballot.Key, how func(*ballot.Key)) map[string]ballot.Key {
	k := keys["responder-1"]
	how(&k)
	return map[string]ballot.Key{"responder-1": k, "spare-1": keys["spare-1"]}
}

func change(t *testing.T, how func(*incident.Plan)) func(*ballot.Ask) {
	return func(a *ballot.Ask) { a.State = asking(t, how) }
}
