package ballot_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/policy/policytest"
)

var t0 = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// people are the guardians: ana with a wallet, ben with an ed25519 key, cleo
// with a passkey, dee with another wallet.
func people() []consenttest.Person {
	return []consenttest.Person{
		consenttest.WithWallet("ana"),
		{ID: "ben", Keys: []consenttest.Keyholder{consenttest.NewEd25519("ben")}},
		{ID: "cleo", Keys: []consenttest.Keyholder{consenttest.NewPasskey("cleo", "approve.example.org", "https://approve.example.org")}},
		consenttest.WithWallet("dee"),
	}
}

func person(id string) consenttest.Person {
	for _, p := range people() {
		if p.ID == id {
			return p
		}
	}
	return consenttest.WithWallet(id)
}

// strict is the shared policy with two guardians for every pause, and room for
// more of them.
func strict(key string) string {
	return strings.Replace(policytest.Policy(key),
		`"limits":[{"window":"1h","max":2,"per":"to"}],"approvals":{"need":0}}`,
		`"limits":[{"window":"1h","max":9,"per":"to"}],"approvals":{"need":2,"max_age":"30m"}}`, 1)
}

// vault is the real engine in process, with two keys.
type vault struct {
	*plugin.Local
	clock time.Time
}

func newVault(t testing.TB) *vault {
	t.Helper()
	v := &vault{clock: t0}
	var err error
	v.Local, err = plugin.InProcess(t.Context(), &logical.InmemStorage{}, plugin.WithClock(func() time.Time { return v.clock }))
	require.NoError(t, err)
	for _, key := range []string{"responder-1", "spare-1"} {
		_, err := v.Create(t.Context(), signer.NewKey{
			Name: key, Class: signer.Containment, Policy: strict(key), Guardians: consenttest.Guardians(key, people()...),
		})
		require.NoError(t, err)
	}
	return v
}

func (v *vault) keys(t testing.TB) map[string]ballot.Key {
	t.Helper()
	keys := map[string]ballot.Key{}
	for _, name := range []string{"responder-1", "spare-1"} {
		info, err := v.Key(t.Context(), name)
		require.NoError(t, err)
		policy, err := v.Document(t.Context(), name, signer.Policy)
		require.NoError(t, err)
		guardians, err := v.Document(t.Context(), name, signer.Guardians)
		require.NoError(t, err)
		keys[name] = ballot.Key{Info: info, Policy: policy.Text, Guardians: guardians.Text}
	}
	return keys
}

// pause is one call of pause() on a contract.
func pause(step, to string) incident.Call {
	target := common.HexToAddress(to)
	return incident.Call{
		Step: step, Verb: "pause", Target: "core", Chain: "mainnet", ChainID: 1, To: target, Data: common.FromHex("0x8456cb59"),
		Function: "pause()", Args: []incident.Arg{}, Gas: 100_000, MaxCost: incident.NewQuantity(1e16),
		Effect: "Nobody withdraws.", Undo: "its owner can unpause it",
		Goal: incident.Check{ID: "paused", Chain: "mainnet", ChainID: 1, To: target, Data: common.FromHex("0x5c975abb"), Type: "bool",
			Op: incident.Equals, Want: incident.NewQuantity(1), Text: "core.paused() == true"},
	}
}

// block is one call of blacklist(address); the policy counts guardians for it
// from the third on.
func block(step, account string) incident.Call {
	c := pause(step, policytest.Token)
	who := common.HexToAddress(account)
	c.Verb, c.Function, c.Target = "blocklist", "blacklist(address)", "token"
	c.Args = []incident.Arg{{Name: "account", Type: "address", Value: who.Hex()}}
	c.Data = append(crypto.Keccak256([]byte("blacklist(address)"))[:4], common.LeftPadBytes(who[:], 32)...)
	return c
}

func plan(change ...func(*incident.Plan)) incident.Plan {
	p := incident.Plan{
		Incident: "01JEQ7V5M2K30000", Revision: 1, Mode: incident.ModeLive, Title: "pause core on mainnet", PlannedAt: t0,
		Reason: "money leaves", Requester: "rule vault.outflow-spike", Submit: 2 * time.Minute, Signer: "responder-1",
		Quorum: incident.Quorum{Need: 2, Teams: []string{"security", "treasury"}, Distinct: "person",
			Assurance: incident.AssuranceWallet, Within: 10 * time.Minute},
		MaxFee: incident.NewQuantity(1e18), Calls: []incident.Call{pause("pause", policytest.Core)},
	}
	for _, f := range change {
		f(&p)
	}
	return p
}

// asking is an incident whose plan waits for votes.
func asking(t testing.TB, change ...func(*incident.Plan)) incident.State {
	t.Helper()
	p := plan(change...)
	s := incident.State{ID: p.Incident}
	for _, body := range []incident.Body{
		incident.Opened{Mode: p.Mode}, incident.Planned{Plan: p, Digest: p.Digest()},
		incident.Asked{Digest: p.Digest(), Deadline: t0.Add(10 * time.Minute)},
	} {
		s = add(t, s, body)
	}
	return s
}

func add(t testing.TB, s incident.State, body incident.Body) incident.State {
	t.Helper()
	next, err := s.Foresee(incident.Draft{Run: s.Run().Number, Body: body, Seen: t0})
	require.NoError(t, err)
	return next
}

// ask is ana's approval of the state.
func ask(s incident.State, keys map[string]ballot.Key) ballot.Ask {
	return ballot.Ask{State: s, Person: "ana", Decision: incident.Approve, Keys: keys, Now: t0.Add(time.Minute), ID: common.Hash{7}}
}

// signed signs every sheet with the person's first key.
func signed(p ballot.Paper) (all []consent.Signature) {
	for _, sheet := range p.Sheets {
		all = append(all, person(p.Person).Sign(sheet.Digest))
	}
	return all
}

// counted signs with cleo's passkey, whose counter rises with every signature if
// it counts at all.
func counted(p ballot.Paper, counts bool) (all []consent.Signature) {
	key := consenttest.NewPasskey("cleo", "approve.example.org", "https://approve.example.org")
	for _, sheet := range p.Sheets {
		if counts {
			key.Counter++
		}
		all = append(all, key.Sign("cleo", sheet.Digest))
	}
	return all
}

// twoPauses asks for one call more.
func twoPauses(p *incident.Plan) { p.Calls = append(p.Calls, pause("pause-vault", policytest.Vault)) }

// cast writes, signs and reads a paper.
func cast(t testing.TB, a ballot.Ask) incident.Vote {
	t.Helper()
	p, err := ballot.Write(a)
	require.NoError(t, err)
	v, err := ballot.Read(a, signed(p))
	require.NoError(t, err)
	return v
}

// request is what the submitter asks of the key for a step.
func request(s incident.State, step string, nonce uint64, gwei int64) signer.Request {
	c, _ := s.Run().Plan.Call(step)
	return signer.Request{
		Key: s.Run().Plan.KeyOf(c), ChainID: c.ChainID, Nonce: nonce, To: c.To, Data: c.Data, Gas: c.Gas,
		MaxFeePerGas: big.NewInt(gwei * 1e9), MaxPriorityFeePerGas: big.NewInt(gwei * 1e8),
		Incident: string(s.ID), Reason: s.Run().Plan.Reason, RequestID: "r", Approvals: s.Run().Consents(step),
	}
}
