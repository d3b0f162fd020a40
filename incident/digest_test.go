package incident_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

// full has a value other than zero in every field.
func full() incident.Plan {
	check := incident.Check{ID: "c", Chain: "lab", ChainID: 1, To: common.Address{1}, Data: []byte{1}, Type: "bool",
		Op: incident.Equals, Want: incident.NewQuantity(1), Text: "t"}
	and := check
	check.And = &and
	return incident.Plan{
		Incident: "I", Run: 1, Revision: 1, Playbook: incident.PlaybookRef{Name: "p", Digest: incident.Digest{1}},
		Roster: incident.Digest{1}, Mode: incident.ModeLive, Exercise: true, Title: "t", Reason: "r", Requester: "q",
		Summary: "s", Runbook: "b", Notes: []string{"n"}, AlertID: "a", PlannedAt: t0, Blocks: map[string]uint64{"lab": 1},
		Calls: []incident.Call{{Step: "s", Verb: "v", Target: "t", Chain: "c", ChainID: 1, To: common.Address{1},
			Value: incident.NewQuantity(1), Data: []byte{1}, Function: "f", Args: []incident.Arg{{Name: "n", Type: "t", Value: "v"}},
			Gas: 1, MaxCost: incident.NewQuantity(1), Goal: check, After: []string{"a"}, Effect: "e", Undo: "u", Warning: "w", Simulation: &incident.CallSimulation{
				Endpoint: "e", Block: 1, Stateful: true, Gas: 1, Revert: "r", Events: []string{"e"},
				Changes: []incident.SimulatedChange{{Text: "t", Before: "b", After: "a"}}}}},
		Verify: []incident.Verification{{Of: "s", Check: &check, Within: 1}},
		Quorum: incident.Quorum{Need: 1, Teams: []string{"t"}, Distinct: "person", Assurance: incident.AssuranceSlack,
			Within: 1, Channel: "c", OnTimeout: "o", Escalate: []string{"e"}},
		Signer: "s", MaxFee: incident.NewQuantity(1), Submit: 1, Recover: []string{"r"}, Notify: []incident.Notice{{Channel: "c", Text: "t"}},
		Pre: &incident.PreAuthority{Until: t0, Per: 1}, Evidence: []incident.Evidence{{ID: "i", Asked: "a", Value: "v", Block: 1, Doubt: "d", Optional: true}},
	}
}

func TestEveryFieldOfAPlanIsInItsDigest(t *testing.T) {
	plan := full()
	before := plan.Digest()
	var paths []string
	everyLeaf(reflect.ValueOf(&plan).Elem(), "Plan", func(path string, _ func()) { paths = append(paths, path) })
	assert.Greater(t, len(paths), 60)
	for i, want := range paths {
		plan, n := full(), 0
		everyLeaf(reflect.ValueOf(&plan).Elem(), "Plan", func(_ string, change func()) {
			if n == i {
				change()
			}
			n++
		})
		assert.NotEqual(t, before, plan.Digest(), "%s is not in the digest", want)
	}
}

// everyLeaf visits each value below v and offers to change it.
func everyLeaf(v reflect.Value, path string, visit func(path string, change func())) {
	switch v.Interface().(type) {
	case time.Time:
		visit(path, func() { v.Set(reflect.ValueOf(v.Interface().(time.Time).Add(1))) })
		return
	case incident.Quantity:
		visit(path, func() { v.Set(reflect.ValueOf(incident.NewQuantity(2))) })
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			everyLeaf(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			everyLeaf(v.Elem(), path, visit)
		}
	case reflect.Slice:
		visit(path+" (length)", func() { v.Set(reflect.Zero(v.Type())) })
		for i := range v.Len() {
			everyLeaf(v.Index(i), path+"[]", visit)
		}
	case reflect.Array:
		visit(path, func() { v.Index(v.Len() - 1).SetUint(7) })
	case reflect.Map:
		visit(path, func() { v.Set(reflect.Zero(v.Type())) })
	case reflect.String:
		visit(path, func() { v.SetString(v.String() + "x") })
	case reflect.Bool:
		visit(path, func() { v.SetBool(!v.Bool()) })
	case reflect.Int, reflect.Int64:
		visit(path, func() { v.SetInt(v.Int() + 1) })
	case reflect.Uint64, reflect.Uint8:
		visit(path, func() { v.SetUint(v.Uint() + 1) })
	default:
		panic(path + " has a kind that this test does not know: " + v.Kind().String())
	}
}

func TestMovingTextBetweenFieldsChangesTheDigest(t *testing.T) {
	a, b := full(), full()
	a.Title, a.Reason = "ab", "c"
	b.Title, b.Reason = "a", "bc"
	assert.NotEqual(t, a.Digest(), b.Digest())
}

func TestAMissingDigestEqualsNothing(t *testing.T) {
	assert.False(t, incident.Digest{}.Equal(incident.Digest{}))
}

func TestADigestIsSpokenInFourWords(t *testing.T) {
	plan := full()
	assert.Regexp(t, `^[a-z]+-[a-z]+-[a-z]+-[a-z]+$`, plan.Digest().Words())
}
