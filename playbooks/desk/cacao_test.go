package desk_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

// exported is a playbook that ships, as a foreign reader sees it.
func exported(t *testing.T, set *playbooks.Set, p *playbooks.Playbook) map[string]any {
	t.Helper()
	at := time.Date(2026, 11, 22, 7, 0, 0, 120_000_000, time.FixedZone("far", 3600))
	raw, err := json.Marshal(desk.CACAO(set, p, desk.Export{Created: at, Modified: at, Author: "security", Host: "firebreak.internal"}))
	require.NoError(t, err)
	var v map[string]any
	require.NoError(t, json.Unmarshal(raw, &v))
	return v
}

// called finds a playbook by name.
func called(t *testing.T, set *playbooks.Set, name string) *playbooks.Playbook {
	t.Helper()
	all := set.Playbooks()
	i := slices.IndexFunc(all, func(p *playbooks.Playbook) bool { return p.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return all[i]
}

// The keys that CACAO 2.0 has, by object, those that must be there first.
var (
	playbookKeys = []string{"type", "spec_version", "id", "name", "created_by", "created", "modified", "workflow_start", "workflow", "playbook_activities",
		"description", "playbook_types", "labels", "workflow_exception", "playbook_variables", "agent_definitions", "target_definitions", "extension_definitions"}
	stepKeys = map[string][2][]string{
		"start":  {{"type", "on_completion"}, nil},
		"end":    {{"type"}, nil},
		"action": {{"type", "commands", "agent", "on_success", "on_failure"}, {"name", "description", "targets", "timeout", "step_extensions"}},
	}
	commandKeys = map[string][2][]string{
		"manual":   {{"type", "command"}, nil},
		"http-api": {{"type", "command"}, {"playbook_activity", "headers", "content"}},
	}
	definitionKeys = map[string][2][]string{
		"group":                {{"type", "name"}, nil},
		"http-api":             {{"type", "name", "address"}, nil},
		"net-address":          {{"type", "name", "address"}, nil},
		"extension-definition": {{"type", "name", "created_by", "schema", "version"}, {"description"}},
	}
	reference = regexp.MustCompile(`^[a-z-]+--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
)

// holds checks that an object has the keys it must and none that is unknown.
func holds(t *testing.T, v any, required, optional []string) {
	t.Helper()
	keys := slices.Collect(maps.Keys(v.(map[string]any)))
	assert.Subset(t, keys, required)
	assert.Subset(t, append(slices.Clone(required), optional...), keys)
}

// texts visits every text below a value.
func texts(v any, visit func(string)) {
	switch v := v.(type) {
	case string:
		visit(v)
	case []any:
		for _, x := range v {
			texts(x, visit)
		}
	case map[string]any:
		for _, x := range v {
			texts(x, visit)
		}
	}
}

func TestAnExportHasTheKeysOfCACAOAndEveryReferenceIsDefined(t *testing.T) {
	set := shipped(t)
	for _, p := range set.Playbooks() {
		v := exported(t, set, p)
		holds(t, v, playbookKeys[:10], playbookKeys[10:])
		defined := map[string]bool{v["id"].(string): true, v["created_by"].(string): true}
		kinds := map[string]int{}
		for id, step := range at(t, v, "workflow").(map[string]any) {
			defined[id] = true
			kind := at(t, step, "type").(string)
			kinds[kind]++
			require.Contains(t, stepKeys, kind)
			holds(t, step, stepKeys[kind][0], stepKeys[kind][1])
			assert.Regexp(t, "^"+kind+"--", id)
			if kind != "action" {
				continue
			}
			for _, command := range at(t, step, "commands").([]any) {
				keys := commandKeys[at(t, command, "type").(string)]
				holds(t, command, keys[0], keys[1])
			}
		}
		d := set.Describe(p)
		actions := len(d.Prepare) + 1
		if d.Pre != nil {
			actions-- // nobody is asked first
		}
		assert.Equal(t, map[string]int{"start": 1, "end": 1, "action": actions}, kinds, "a quorum and the items")
		for _, list := range []string{"agent_definitions", "target_definitions", "extension_definitions"} {
			for id, definition := range at(t, v, list).(map[string]any) {
				defined[id] = true
				keys := definitionKeys[at(t, definition, "type").(string)]
				holds(t, definition, keys[0], keys[1])
				assert.Regexp(t, "^"+at(t, definition, "type").(string)+"--", id)
			}
		}
		texts(v, func(s string) {
			if reference.MatchString(s) {
				assert.True(t, defined[s], "%s is not defined", s)
			}
		})
		for id := range defined {
			assert.Regexp(t, reference, id)
		}
	}
}

// TestEveryStepLeadsToTheEnd walks as an orchestrator would.
func TestEveryStepLeadsToTheEnd(t *testing.T) {
	set := shipped(t)
	for _, p := range set.Playbooks() {
		v := exported(t, set, p)
		steps := at(t, v, "workflow").(map[string]any)
		id, walked := at(t, v, "workflow_start").(string), 0
		for ; walked <= len(steps); walked++ {
			step := steps[id].(map[string]any)
			if step["type"] == "end" {
				break
			}
			next, ok := step["on_success"].(string)
			if !ok {
				next = step["on_completion"].(string)
			}
			id = next
		}
		assert.Equal(t, len(steps)-1, walked, "all steps, none twice")
	}
}

func TestAnExportIsTheSameEveryTimeAndAnotherTextHasOtherIDs(t *testing.T) {
	set := shipped(t)
	p := called(t, set, "vault-drain")
	assert.Equal(t, exported(t, set, p), exported(t, set, p))
	other, err := playbooks.Parse(set.Inventory(), map[string]string{p.Name + ".yaml": p.Text() + "# changed\n"})
	require.NoError(t, err)
	assert.NotEqual(t, exported(t, set, p)["id"], exported(t, other, other.Playbooks()[0])["id"])
}

func TestAnExportTellsTheChainFactsAndTheQuorumOfAPause(t *testing.T) {
	set := shipped(t)
	v := exported(t, set, called(t, set, "vault-drain"))
	assert.Equal(t, "2026-11-22T06:00:00.120Z", v["created"], "UTC, three decimals")
	var facts map[string]any
	quorum := ""
	for _, step := range at(t, v, "workflow").(map[string]any) {
		if extensions, ok := step.(map[string]any)["step_extensions"].(map[string]any); ok {
			for _, f := range extensions {
				facts = f.(map[string]any)
			}
		} else if at(t, step, "type") == "action" {
			quorum = at(t, step, "commands", 0, "command").(string)
		}
	}
	assert.Equal(t, map[string]any{"chain": "eip155:1337", "contract": "0x1111111111111111111111111111111111111111", "verb": "pause",
		"max_calls": 1.0, "function": "pause()", "calldata": "0x8456cb59", "verify": "lab-vault.paused() == true",
		"undo": "unpause: 3 of protocol, security"}, facts)
	assert.Equal(t, "2 people of protocol, security approve exactly the digest __tx_digest__:value", quorum)
	assert.Contains(t, v["description"], "on rules vault.outflow-spike; severity critical, high; when alert.contract")
}

func TestAnExportNamesNobodyWhomAnAlertHasNotNamedYet(t *testing.T) {
	set := shipped(t)
	texts(exported(t, set, called(t, set, "allowance-phish")), func(s string) {
		assert.NotContains(t, s, "0000000000000001", "the stand-in of an account is not shown as one")
	})
}
