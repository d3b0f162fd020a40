package actions_test

import (
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

var (
	vault    = common.HexToAddress("0x1111111111111111111111111111111111111111")
	attacker = common.HexToAddress("0x00000000000000000000000000000000000A11cE")
)

func target() actions.Target {
	return actions.Target{Name: "lab-vault", Chain: "lab", ChainID: 1337, Address: vault, Token: "USDX", Decimals: 6,
		Protected: map[common.Address]string{vault: "contract lab-vault"}}
}

func usdx(units uint64) incident.Amount {
	return incident.Amount{Units: incident.NewQuantity(units), Token: "USDX", Decimals: 6}
}

// good gives arguments that a verb takes, by the types of its parameters.
func good(takes []actions.Parameter) actions.Args {
	args := actions.Args{}
	for _, p := range takes {
		switch p.Type {
		case actions.TypeAddress:
			args[p.Name] = actions.Address(attacker)
		case actions.TypeAmount:
			args[p.Name] = actions.Amount(usdx(1_500_000))
		case actions.TypeDuration:
			args[p.Name] = actions.Duration(time.Hour)
		case actions.TypeRole:
			args[p.Name] = actions.Role("MINTER_ROLE")
		}
	}
	return args
}

// neverSent are functions that loosen, move value, grant, upgrade or execute:
// whatever an action is given, it must not produce one of them.
var neverSent = []string{
	"unpause()", "unBlacklist(address)", "loosenWithdrawalLimit(uint256,uint256)", "unfreeze(address)",
	"transfer(address,uint256)", "transferFrom(address,address,uint256)", "approve(address,uint256)",
	"increaseAllowance(address,uint256)", "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
	"grantRole(bytes32,address)", "addTrustedIssuer(address,uint256[])", "renounceRole(bytes32,address)",
	"transferOwnership(address)", "renounceOwnership()", "acceptOwnership()",
	"upgradeTo(address)", "upgradeToAndCall(address,bytes)", "execute(address,uint256,bytes)",
	"destroyBlackFunds(address)", "wipeFrozenAddress(address)", "multicall(bytes[])",
	"execTransactionFromModule(address,uint256,bytes,uint8)", "selfdestruct()",
}

func TestEveryActionSendsExactlyTheFunctionThatItNames(t *testing.T) {
	for _, a := range actions.All() {
		info := a.Info()
		t.Run(info.Verb, func(t *testing.T) {
			p, err := a.Prepare(target(), good(info.Takes))
			require.NoError(t, err)
			call, err := contracts.Decode(p.Data)
			require.NoError(t, err)
			assert.Equal(t, info.Function, call.Signature)
			assert.Equal(t, info.Function, p.Function)
			require.Len(t, p.Args, len(call.Args))
			for i, arg := range call.Args {
				assert.Equal(t, incident.Arg{Name: arg.Name, Type: arg.Type, Value: arg.Value}, p.Args[i])
			}
			for _, never := range neverSent {
				id := contracts.Selector(never)
				assert.NotEqual(t, hex.EncodeToString(id[:]), hex.EncodeToString(p.Data[:4]), never)
			}
		})
	}
}

func TestEveryArgumentArrivesInTheCalldataUnchanged(t *testing.T) {
	for _, a := range actions.All() {
		info := a.Info()
		p, err := a.Prepare(target(), good(info.Takes))
		require.NoError(t, err, info.Verb)
		want := map[actions.Type]string{
			actions.TypeAddress: attacker.Hex(), actions.TypeAmount: "1500000", actions.TypeDuration: "3600",
			actions.TypeRole: contracts.Role("MINTER_ROLE").Hex(),
		}
		require.Len(t, p.Args, len(info.Takes), info.Verb)
		for i, parameter := range info.Takes {
			assert.Equal(t, want[parameter.Type], p.Args[i].Value, "%s %s", info.Verb, parameter.Name)
		}
	}
}

func TestEveryGoalIsAboutTheTargetAndCanBeRead(t *testing.T) {
	for _, a := range actions.All() {
		info := a.Info()
		p, err := a.Prepare(target(), good(info.Takes))
		require.NoError(t, err)
		checks := slices.Concat([]incident.Check{p.Goal}, p.AsGood, p.Tightens)
		for _, check := range checks {
			for c := &check; c != nil; c = c.And {
				assert.Equal(t, vault, c.To, info.Verb)
				assert.Equal(t, uint64(1337), c.ChainID)
				assert.Equal(t, "lab", c.Chain)
				assert.True(t, strings.HasPrefix(c.Text, "lab-vault."), c.Text)
				answer := actions.Answer{Endpoint: "a", Data: make([]byte, 32)}
				_, _, err := actions.Holds(answer, *c)
				assert.NoError(t, err, "%s: %s", info.Verb, c.Text)
			}
		}
	}
}

func TestEveryActionSaysWhatItDoesNotStopAndHowItIsUndone(t *testing.T) {
	for _, a := range actions.All() {
		info := a.Info()
		p, err := a.Prepare(target(), good(info.Takes))
		require.NoError(t, err)
		assert.Contains(t, p.Effect, "Does not stop: "+info.Spares)
		assert.Contains(t, p.Effect, "Stops ")
		assert.Contains(t, p.Undo, info.Undo)
		for _, words := range []string{info.Does, info.Stops, info.Spares, info.Never} {
			assert.NotEmpty(t, words, info.Verb)
		}
		assert.GreaterOrEqual(t, info.Gas, uint64(21_000))
	}
}

func TestUndoingIsAnotherFunctionWithTheOppositeGoal(t *testing.T) {
	for _, a := range actions.All() {
		info := a.Info()
		l, err := a.Loosen(target(), good(info.Restores))
		if info.Beyond {
			assert.ErrorContains(t, err, info.Undo)
			assert.ErrorAs(t, err, new(actions.Refusal))
			continue
		}
		require.NoError(t, err, info.Verb)
		assert.Equal(t, info.Undo, l.Function)
		assert.NotEqual(t, info.Function, l.Function)
		call, err := contracts.Decode(l.Data)
		require.NoError(t, err)
		assert.Equal(t, info.Undo, call.Signature)
		p, err := a.Prepare(target(), good(info.Takes))
		require.NoError(t, err)
		assert.NotEqual(t, p.Goal.Text, l.Goal.Text)
		assert.NotEmpty(t, l.Effect)
	}
}

func TestAnUnknownAMissingAndAWronglyTypedArgumentAreRefused(t *testing.T) {
	for _, a := range actions.All() {
		info := a.Info()
		more := good(info.Takes)
		more["surprise"] = actions.Address(attacker)
		_, err := a.Prepare(target(), more)
		assert.ErrorContains(t, err, "surprise", info.Verb)
		if !info.Beyond {
			_, err = a.Loosen(target(), more)
			assert.ErrorContains(t, err, "surprise", info.Verb)
		}
		for _, p := range info.Takes {
			less := maps.Clone(good(info.Takes))
			delete(less, p.Name)
			_, err := a.Prepare(target(), less)
			assert.ErrorContains(t, err, p.Name+" is missing")
			wrong := maps.Clone(good(info.Takes))
			wrong[p.Name] = actions.Value{}
			_, err = a.Prepare(target(), wrong)
			assert.ErrorContains(t, err, p.Name+" is nothing")
		}
	}
}

func TestATargetThatIsNotFilledInIsRefused(t *testing.T) {
	for name, broken := range map[string]func(*actions.Target){
		"name":    func(x *actions.Target) { x.Name = "" },
		"chain":   func(x *actions.Target) { x.Chain = "" },
		"id":      func(x *actions.Target) { x.ChainID = 0 },
		"address": func(x *actions.Target) { x.Address = common.Address{} },
	} {
		to := target()
		broken(&to)
		for _, a := range actions.All() {
			_, err := a.Prepare(to, good(a.Info().Takes))
			assert.Error(t, err, "%s without %s", a.Info().Verb, name)
			_, err = a.Loosen(to, good(a.Info().Restores))
			assert.Error(t, err, "%s without %s", a.Info().Verb, name)
		}
	}
}

func TestVerbsAreFoundByTheirNameAndFamilyAlone(t *testing.T) {
	assert.Equal(t, []string{"pause", "blocklist", "withdrawal-limit", "revoke-role", "revoke-issuer"}, actions.Verbs())
	for _, a := range actions.All() {
		for _, family := range a.Info().Families {
			found, ok := actions.Lookup(a.Info().Verb, family)
			require.True(t, ok)
			assert.Equal(t, a.Info().Function, found.Info().Function)
		}
	}
	for _, unknown := range [][2]string{{"unpause", "openzeppelin"}, {"pause", ""}, {"", "openzeppelin"}, {"pause", "solana"}} {
		_, ok := actions.Lookup(unknown[0], unknown[1])
		assert.False(t, ok, unknown)
	}
	assert.Contains(t, actions.Families(), "openzeppelin")
}
