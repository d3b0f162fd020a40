package desk

import (
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/playbooks"
)

// Export says what an export cannot take from a playbook.
type Export struct {
	Created, Modified time.Time
	Author            string // a name; its identity is made of it
	Host              string // the DNS name of Firebreak's API
}

// object is a JSON object of CACAO.
type object map[string]any

// cacaoTime is a time with exactly three decimals, as CACAO demands.
const cacaoTime = "2006-01-02T15:04:05.000Z"

// extensionSchema describes the chain facts of a step.
const extensionSchema = "https://example.org/firebreak/evm-containment-1.0.0.schema.json"

// activity is the word of CACAO's vocabulary that every verb is one of.
const activity = "restrict-access"

// CACAO tells a playbook of the set as an OASIS CACAO 2.0 security playbook, for
// sharing and for auditors. It says what would be done and who agrees; matching,
// grouping and the counting of votes are only words in it, and Firebreak never
// reads it back. The same playbook and times give the same bytes, ids included.
//
// The agent of every step is Firebreak's API and no key: another orchestrator
// can ask, and approval, signing and proof stay with Firebreak.
func CACAO(set *playbooks.Set, p *playbooks.Playbook, e Export) any {
	d := set.Describe(p)
	c := exporting{d: d, outline: set.Outline(p, common.Address{19: 1}), e: e,
		steps: object{}, agents: object{}, targets: object{}, seed: d.Digest.String()}
	first := c.workflow()
	identity := "identity--" + uuid("author "+e.Author)
	return object{
		"type": "playbook", "spec_version": "cacao-2.0", "id": c.id("playbook", "whole"), "name": d.Name,
		"description":    d.Summary + " " + trigger(d),
		"playbook_types": []string{"mitigation"}, "playbook_activities": []string{activity},
		"created_by": identity, "created": e.Created.UTC().Format(cacaoTime), "modified": e.Modified.UTC().Format(cacaoTime),
		"labels":         []string{"firebreak", string(d.Mode)},
		"workflow_start": first, "workflow_exception": c.id("end", "end"), "workflow": c.steps,
		"playbook_variables": object{
			"__incident__":  object{"type": "string", "external": true, "description": "The incident's id."},
			"__tx_digest__": object{"type": "sha256-hash", "external": true, "description": "The digest of the plan that people approve."},
		},
		"agent_definitions": c.agents, "target_definitions": c.targets,
		"extension_definitions": object{c.extension(): object{
			"type": "extension-definition", "name": "evm-containment", "created_by": identity,
			"schema": extensionSchema, "version": "1.0.0",
			"description": "What Firebreak would send to the chain, and what must hold afterwards.",
		}},
	}
}

// exporting is one export.
type exporting struct {
	d                      playbooks.Description
	outline                playbooks.Outline
	e                      Export
	steps, agents, targets object
	seed                   string // the playbook's digest: another text has other ids
}

func (c *exporting) id(kind, what string) string {
	return kind + "--" + uuid(c.seed+" "+kind+" "+what)
}

func (c *exporting) extension() string { return c.id("extension-definition", "evm-containment") }

// workflow writes the steps, one after the other, and returns the first.
func (c *exporting) workflow() string {
	end := c.id("end", "end")
	c.steps[end] = object{"type": "end"}
	next := end
	for n := len(c.d.Prepare) - 1; n >= 0; n-- {
		next = c.action(n, next)
	}
	if c.d.Pre == nil {
		next = c.approval(next)
	}
	start := c.id("start", "start")
	c.steps[start] = object{"type": "start", "on_completion": next}
	return start
}

// approval is the quorum as a step for people.
func (c *exporting) approval(next string) string {
	a := c.d.Approve
	group := c.id("group", "approvers")
	c.agents[group] = object{"type": "group", "name": "approvers: " + strings.Join(a.From, " + ")}
	id := c.id("action", "approval")
	words := fmt.Sprintf("%d people of %s approve exactly the digest __tx_digest__:value", a.Quorum, strings.Join(a.From, ", "))
	if a.Distinct == "team" {
		words = fmt.Sprintf("%d people, each of another team of %s, approve exactly the digest __tx_digest__:value", a.Quorum, strings.Join(a.From, ", "))
	}
	c.steps[id] = object{
		"type": "action", "name": "quorum approval", "description": "Silence rejects after " + a.Within.String() + ".",
		"commands": []object{{"type": "manual", "command": words}},
		"agent":    group, "timeout": time.Duration(a.Within).Milliseconds(),
		"on_success": next, "on_failure": c.id("end", "end"),
	}
	return id
}

// action is one item of prepare.
func (c *exporting) action(n int, next string) string {
	item, looked := c.d.Prepare[n], c.outline.Items[n]
	api := c.id("http-api", "engine")
	c.agents[api] = object{"type": "http-api", "name": "Firebreak", "address": object{"dname": []string{c.e.Host}}}
	target := c.id("net-address", item.Contract)
	c.targets[target] = object{"type": "net-address", "name": item.Contract,
		"address": object{"url": []string{fmt.Sprintf("https://%s/contracts/%s", c.e.Host, item.Contract)}}}
	id := c.id("action", "item "+item.ID)
	step := object{
		"type": "action", "name": item.Verb + " " + item.Contract,
		"commands": []object{{
			"type": "http-api", "playbook_activity": activity,
			"command": "POST /v1/incidents/__incident__:value/actions/" + item.ID + " HTTP/1.1",
			"headers": object{"Content-Type": []string{"application/json"}},
			"content": `{"digest":"__tx_digest__:value"}`,
		}},
		"agent": api, "targets": []string{target}, "step_extensions": object{c.extension(): c.chainFacts(item, looked)},
		"on_success": next, "on_failure": c.id("end", "end"),
	}
	if words := itemWords(item); words != "" {
		step["description"] = words
	}
	c.steps[id] = step
	return id
}

// chainFacts is what CACAO has no words for.
func (c *exporting) chainFacts(item playbooks.Item, looked playbooks.OutlineItem) object {
	facts := object{
		"chain": fmt.Sprintf("eip155:%d", looked.Target.ChainID), "contract": looked.Target.Address.Hex(),
		"verb": item.Verb, "max_calls": item.Calls(),
	}
	// What an alert will name stands for nobody yet, so its bytes are left out.
	if looked.Probe != nil {
		facts["function"] = looked.Probe.Function
		if looked.Stand == "" {
			facts["calldata"] = fmt.Sprintf("0x%x", looked.Probe.Data)
		}
	}
	var verify, undo []string
	for _, v := range c.d.Verify {
		if v.Of == item.ID && v.That != "" {
			verify = append(verify, v.That)
		}
	}
	if len(verify) == 0 && looked.Probe != nil && looked.Stand == "" {
		verify = append(verify, looked.Probe.Goal.Text)
	}
	for _, r := range c.d.Recover {
		if r.Undo == item.ID {
			undo = append(undo, fmt.Sprintf("%s: %d of %s", r.ID, r.Quorum, strings.Join(r.From, ", ")))
		}
	}
	if len(verify) > 0 {
		facts["verify"] = strings.Join(verify, " && ")
	}
	if len(undo) > 0 {
		facts["undo"] = strings.Join(undo, "; ")
	}
	return facts
}
