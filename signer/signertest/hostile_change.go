package signertest

import (
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

// changing is a change of the suite's key as it is created.
func changing(do func(info signer.KeyInfo) signer.Change) func(*testing.T, Harness) signer.Change {
	return func(t *testing.T, h Harness) signer.Change {
		create(t, h)
		return do(keyOf(t, h))
	}
}

// unsigned is a new policy that nobody signed: whatever is wrong with the
// document itself comes first.
func unsigned(text func(signer.KeyInfo) string) func(*testing.T, Harness) signer.Change {
	return changing(func(info signer.KeyInfo) signer.Change {
		return signer.Change{Key: Name, Verb: signer.ChangePolicy, Document: text(info)}
	})
}

func hostilePolicies() []hostileChange {
	tighter := func(info signer.KeyInfo) string { return NextPolicy(info, pauseTwice, pauseOnce) }
	looser := func(info signer.KeyInfo) string { return NextPolicy(info, pauseTwice, pauseMore) }
	by := func(text func(signer.KeyInfo) string, after func() time.Time, ids ...string) func(*testing.T, Harness) signer.Change {
		return changing(func(info signer.KeyInfo) signer.Change { return PolicyChange(info, text(info), after(), ids...) })
	}
	atOnce := func() time.Time { return time.Unix(0, 0) }
	later := func() time.Time { return now().Add(49 * time.Hour) }
	cases := []hostileChange{
		{"a tighter policy that nobody signed", signer.CodeApprovalsRequired, by(tighter, atOnce)},
		{"a tighter policy that one guardian signed", signer.CodeApprovalsRequired, by(tighter, atOnce, "ana")},
		{"a tighter policy that one guardian signed twice", signer.CodeApprovalsRequired, by(tighter, atOnce, "ana", "ana")},
		{"a looser policy that nobody signed", signer.CodeApprovalsRequired, by(looser, later)},
		{"a looser policy at once", signer.CodePolicyPending, by(looser, atOnce, "ana", "ben")},
		{"a looser policy a minute before its delay", signer.CodePolicyPending, by(looser, func() time.Time { return now().Add(48*time.Hour - time.Minute) }, "ana", "ben")},
		{"a looser policy in a year", signer.CodeMalformed, by(looser, func() time.Time { return now().Add(365 * 24 * time.Hour) }, "ana", "ben")},
		{"a policy with another start than was signed", approvalBad("ana", "signature"), changing(func(info signer.KeyInfo) signer.Change {
			c := PolicyChange(info, looser(info), later(), "ana", "ben")
			c.ActivateAfter++
			return c
		})},
		{"another policy than was signed", approvalBad("ana", "signature"), changing(func(info signer.KeyInfo) signer.Change {
			c := PolicyChange(info, tighter(info), atOnce(), "ana", "ben")
			c.Document = looser(info)
			return c
		})},
		{"a policy of another version", signer.CodePolicy, unsigned(func(info signer.KeyInfo) string {
			return strings.Replace(tighter(info), `"version":2`, `"version":3`, 1)
		})},
		{"a policy that follows another", signer.CodePolicy, unsigned(func(info signer.KeyInfo) string {
			return strings.Replace(tighter(info), info.PolicyHash.Hex(), common.Hash{1}.Hex(), 1)
		})},
		{"the policy in force once more", signer.CodePolicy, unsigned(func(info signer.KeyInfo) string { return Policy(Name) })},
		{"a policy that is no JSON", signer.CodePolicy, unsigned(func(signer.KeyInfo) string { return "{" })},
		{"a policy of another key", signer.CodePolicy, unsigned(func(info signer.KeyInfo) string {
			return strings.Replace(tighter(info), Name, "other", 1)
		})},
		{"a policy that a guardian is a contract of", signer.CodeGuardians, unsigned(func(info signer.KeyInfo) string {
			return NextPolicy(info, Safe, People()[0].Keys[0].Key().Address.Hex())
		})},
		{"a policy that nobody could change", signer.CodePolicy, unsigned(func(info signer.KeyInfo) string {
			return NextPolicy(info, `"change":{"need":2`, `"change":{"need":5`)
		})},
		{"another change while one waits", signer.CodePolicyPending, func(t *testing.T, h Harness) signer.Change {
			create(t, h)
			info := keyOf(t, h)
			_, code := change(t, h, PolicyChange(info, looser(info), later(), "ana", "ben"))
			require.Empty(t, code)
			return PolicyChange(info, looser(info), later().Add(time.Hour), "ana", "ben")
		}},
		{"a waiting policy before its time", signer.CodePolicyPending, func(t *testing.T, h Harness) signer.Change {
			create(t, h)
			info := keyOf(t, h)
			_, code := change(t, h, PolicyChange(info, looser(info), later(), "ana", "ben"))
			require.Empty(t, code)
			return signer.Change{Key: Name, Verb: signer.ActivateChange}
		}},
		{"a change to nothing", signer.CodeNoChange, changing(func(signer.KeyInfo) signer.Change {
			return signer.Change{Key: Name, Verb: signer.ActivateChange}
		})},
	}
	for _, signature := range neverSigned() {
		cases = append(cases, hostileChange{"a policy that names " + signature, signer.CodePolicy, unsigned(func(info signer.KeyInfo) string {
			return NextPolicy(info, `"shutdown()"`, `"`+signature+`"`)
		})})
	}
	return cases
}

func hostileRosters() []hostileChange {
	next := func(info signer.KeyInfo, people ...consenttest.Person) signer.Change {
		return signer.Change{Key: Name, Verb: signer.ChangeRoster, Document: consenttest.NextGuardians(Name, 2, info.GuardiansHash, people...)}
	}
	eve := consenttest.WithWallet("eve")
	return []hostileChange{
		{"guardians that nobody signed", signer.CodeApprovalsRequired, changing(func(info signer.KeyInfo) signer.Change {
			return next(info, append(People(), eve)...)
		})},
		{"guardians signed by themselves", approvalBad("?", "unknown-guardian"), changing(func(info signer.KeyInfo) signer.Change {
			c := next(info, append(People(), eve, consenttest.WithWallet("mal"))...)
			digest := common.Hash{1}
			c.Approvals = Wire(eve.Sign(digest), consenttest.WithWallet("mal").Sign(digest))
			return c
		})},
		{"guardians of another version", signer.CodeGuardians, changing(func(info signer.KeyInfo) signer.Change {
			c := next(info, People()...)
			c.Document = consenttest.NextGuardians(Name, 3, info.GuardiansHash, People()...)
			return c
		})},
		{"guardians that follow others", signer.CodeGuardians, changing(func(info signer.KeyInfo) signer.Change {
			c := next(info, People()...)
			c.Document = consenttest.NextGuardians(Name, 2, common.Hash{1}, People()...)
			return c
		})},
		{"too few guardians for the policy", signer.CodePolicy, changing(func(info signer.KeyInfo) signer.Change { return next(info, People()[0]) })},
		{"too few wallets for the policy", signer.CodePolicy, changing(func(info signer.KeyInfo) signer.Change { return next(info, People()[1:3]...) })},
		{"the key itself as a guardian", signer.CodeGuardians, changing(func(info signer.KeyInfo) signer.Change {
			return signer.Change{Key: Name, Verb: signer.ChangeRoster, Document: withAddress(info, info.Address)}
		})},
		{"a contract of the policy as a guardian", signer.CodeGuardians, changing(func(info signer.KeyInfo) signer.Change {
			return signer.Change{Key: Name, Verb: signer.ChangeRoster, Document: withAddress(info, common.HexToAddress(Core))}
		})},
		{"a protected address as a guardian", signer.CodeGuardians, changing(func(info signer.KeyInfo) signer.Change {
			return signer.Change{Key: Name, Verb: signer.ChangeRoster, Document: withAddress(info, common.HexToAddress(Safe))}
		})},
	}
}

// withAddress is the next guardian document with dee's wallet at an address.
func withAddress(info signer.KeyInfo, address common.Address) string {
	text := consenttest.NextGuardians(Name, 2, info.GuardiansHash, People()...)
	dee := Person("dee").Keys[0].Key().Address
	text = strings.Replace(text, dee.Hex(), address.Hex(), 1)
	return strings.Replace(text, strings.ToLower(dee.Hex()), strings.ToLower(address.Hex()), 1)
}

// hostileActs are acts on the key itself without the guardians' word.
func hostileActs() []hostileChange {
	act := func(verb signer.Verb, state string, ids ...string) func(*testing.T, Harness) signer.Change {
		return func(t *testing.T, h Harness) signer.Change {
			create(t, h)
			if verb == signer.Unfreeze {
				_, code := change(t, h, signer.Change{Key: Name, Verb: signer.Freeze})
				require.Empty(t, code)
			}
			return Standing(keyOf(t, h), signer.Change{Verb: verb, Chain: 1, Nonce: 9}, state, ids...)
		}
	}
	until := func(end uint64) func(*testing.T, Harness) signer.Change {
		return changing(func(info signer.KeyInfo) signer.Change {
			c := signer.Change{Key: Name, Verb: signer.Retire, ValidUntil: end}
			c.Approvals = Sign(info, consent.KeyState{Key: Name, State: consent.StateRetired, Epoch: info.Epoch, ValidUntil: end}, "ana", "ben")
			return c
		})
	}
	bad := approvalBad("ana", "signature")
	return []hostileChange{
		{"a release that nobody signed", signer.CodeApprovalsRequired, act(signer.Unfreeze, consent.StateActive)},
		{"a release that one guardian signed", signer.CodeApprovalsRequired, act(signer.Unfreeze, consent.StateActive, "ana")},
		{"a release that one guardian signed twice", signer.CodeApprovalsRequired, act(signer.Unfreeze, consent.StateActive, "ana", "ana")},
		{"a release signed as a retirement", bad, act(signer.Unfreeze, consent.StateRetired, "ana", "ben")},
		{"a release of a key that is active", signer.CodeMalformed, changing(func(info signer.KeyInfo) signer.Change {
			return Standing(info, signer.Change{Verb: signer.Unfreeze}, consent.StateActive, "ana", "ben")
		})},
		{"a retirement that nobody signed", signer.CodeApprovalsRequired, act(signer.Retire, consent.StateRetired)},
		{"a retirement that one guardian signed", signer.CodeApprovalsRequired, act(signer.Retire, consent.StateRetired, "ana")},
		{"a retirement signed as a release", bad, act(signer.Retire, consent.StateActive, "ana", "ben")},
		{"a nonce that nobody signed", signer.CodeApprovalsRequired, act(signer.SetNonce, consent.StateNonce(1, 9))},
		{"a nonce that one guardian signed", signer.CodeApprovalsRequired, act(signer.SetNonce, consent.StateNonce(1, 9), "ana")},
		{"another nonce than was signed", bad, act(signer.SetNonce, consent.StateNonce(1, 8), "ana", "ben")},
		{"a nonce of another chain than was signed", bad, act(signer.SetNonce, consent.StateNonce(10, 9), "ana", "ben")},
		{"a nonce of a chain that the policy has not", signer.CodeChain, changing(func(info signer.KeyInfo) signer.Change {
			return Standing(info, signer.Change{Verb: signer.SetNonce, Chain: 10}, consent.StateNonce(10, 0), "ana", "ben")
		})},
		{"an act whose signatures are over", signer.CodeApprovalExpired, until(uint64(now().Unix() - 1))},
		{"an act whose signatures live for two days", signer.CodeMalformed, until(uint64(now().Add(48 * time.Hour).Unix()))},
		{"an act of another epoch", bad, changing(func(info signer.KeyInfo) signer.Change {
			info.Epoch++
			return Standing(info, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana", "ben")
		})},
		{"an act on another key", bad, changing(func(info signer.KeyInfo) signer.Change {
			info.Address = common.HexToAddress(Core)
			return Standing(info, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana", "ben")
		})},
		{"an act on another mount", bad, changing(func(info signer.KeyInfo) signer.Change {
			info.InstanceID = common.Hash{1}
			return Standing(info, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana", "ben")
		})},
		{"an act signed by a stranger", approvalBad("?", "unknown-guardian"), changing(func(info signer.KeyInfo) signer.Change {
			c := Standing(info, signer.Change{Verb: signer.Retire}, consent.StateRetired)
			c.Approvals = Wire(consenttest.WithWallet("eve").Sign(common.Hash{1}))
			return c
		})},
		{"a transaction's approval as an act", bad, approvalAsAct},
		{"a policy's signature as an act", bad, changing(func(info signer.KeyInfo) signer.Change {
			c := Standing(info, signer.Change{Verb: signer.Retire}, consent.StateRetired)
			c.Approvals = PolicyChange(info, NextPolicy(info, pauseTwice, pauseOnce), time.Unix(0, 0), "ana", "ben").Approvals
			return c
		})},
		{"an act's signature as a policy's", bad, changing(func(info signer.KeyInfo) signer.Change {
			c := PolicyChange(info, NextPolicy(info, pauseTwice, pauseOnce), time.Unix(0, 0))
			c.Approvals = Standing(info, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana", "ben").Approvals
			return c
		})},
		{"a cancellation of nothing", signer.CodeNoChange, act(signer.CancelChange, consent.StateCancel(common.Hash{}), "ana")},
		{"a cancellation that nobody signed", signer.CodeApprovalsRequired, cancelling(func(signer.KeyInfo) []string { return nil })},
		{"an act on a key in upper case", signer.CodeMalformed, changing(func(signer.KeyInfo) signer.Change {
			return signer.Change{Key: "RESPONDER-1", Verb: signer.Freeze}
		})},
		{"an act on a path above", signer.CodeMalformed, changing(func(signer.KeyInfo) signer.Change {
			return signer.Change{Key: "../" + Name, Verb: signer.Freeze}
		})},
	}
}

// cancelling is the cancellation of a change that waits.
func cancelling(by func(signer.KeyInfo) []string) func(*testing.T, Harness) signer.Change {
	return func(t *testing.T, h Harness) signer.Change {
		create(t, h)
		info := keyOf(t, h)
		info, code := change(t, h, PolicyChange(info, NextPolicy(info, pauseTwice, pauseMore), now().Add(49*time.Hour), "ana", "ben"))
		require.Empty(t, code)
		return Standing(info, signer.Change{Verb: signer.CancelChange}, consent.StateCancel(info.Pending.Digest), by(info)...)
	}
}

// approvalAsAct offers the signatures of a transaction for a retirement.
func approvalAsAct(t *testing.T, h Harness) signer.Change {
	create(t, h)
	info := keyOf(t, h)
	verdict, err := h.Signer.Check(t.Context(), bigRed(0))
	require.NoError(t, err)
	digest := Message(info, verdict, Terms(bigRed(0), "a1", now()), bigRed(0))
	c := Standing(info, signer.Change{Verb: signer.Retire}, consent.StateRetired)
	c.Approvals = Wire(Person("ana").Sign(digest), Person("ben").Sign(digest))
	return c
}
