package desk

import (
	"slices"

	"github.com/firebreak-project/firebreak/playbooks"
)

// TestsSchema is the form of NAME.test.yaml, with the names of an inventory.
// Items of the playbook are checked by the loader alone.
func TestsSchema(inv *playbooks.Inventory) Schema {
	b := builder{names: namesOf(inv), inv: inv}
	root := keys("Stories of a playbook, and what must come of them.", Schema{
		"tests":    said(Schema{"enum": []any{1, "1"}}, "Version of the format."),
		"base":     b.alert("What alerts have where a case leaves it out."),
		"evidence": said(Schema{"type": "object"}, "What reads answer where a case leaves it out."),
		"cases":    said(listOf(b.testCase(), 256), "The stories."),
	}, "tests", "cases")
	root["$schema"], root["title"] = dialect, "Tests of a playbook of Firebreak"
	return root
}

func (b builder) testCase() Schema {
	return keys("One story. Times count from its first alert.", Schema{
		"name":      said(text(""), "What it shows, in a sentence."),
		"mode":      said(Schema{"enum": []string{"dry-run", "live"}}, "As if the playbook were in this mode."),
		"today":     said(text(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`), "The day on which it happens, quoted."),
		"alerts":    said(listOf(b.alert("An alert over the base; {} is the base."), 64), "The alerts, as they come."),
		"evidence":  said(Schema{"type": "object"}, "What reads answer, by the id of the evidence."),
		"chain":     said(Schema{"type": "object", "additionalProperties": b.course()}, "How transactions go, by item or step."),
		"approvals": said(listOf(b.answer(), 64), "Who answers, in order."),
		"at":        said(text(durationPattern), "When we look; left out, when nothing is owed any more."),
		"expect":    b.expect(),
	}, "name", "alerts", "expect")
}

// orNothing lets "none" take a value of the base away.
func orNothing(s Schema) Schema { return Schema{"anyOf": []Schema{s, {"const": "none"}}} }

func (b builder) alert(words string) Schema {
	named := func(of string) Schema {
		return Schema{"enum": append(slices.Clone(b.names[of].names), "none")}
	}
	return keys(words, Schema{
		"rule":       said(named("rule"), "The detector's rule."),
		"severity":   said(Schema{"enum": []string{"critical", "high", "medium", "low", "none"}}, "How grave it is."),
		"chain":      said(Schema{"enum": append(b.inv.Chains(), "none")}, "The chain."),
		"contract":   said(named("contract"), "The contract."),
		"confidence": said(orNothing(Schema{"type": "number", "minimum": 0, "maximum": 1}), "How sure the detector is."),
		"loss":       said(orNothing(text(b.amount(b.names["token"].names))), "Lost or at risk."),
		"suspects": said(Schema{"anyOf": []Schema{whole(1, 256), {"const": "none"}, listOf(text(""), 256)}},
			"So many made-up accounts, or names of the inventory."),
		"labels":   said(Schema{"type": "object", "additionalProperties": Schema{"type": []string{"string", "number", "boolean"}}}, "Labels by name."),
		"source":   said(text(""), "Who sent it."),
		"sources":  said(whole(2, 16), "So many different sources say the same."),
		"exercise": said(Schema{"type": "boolean"}, "A drill."),
		"at":       said(text(durationPattern), "When it comes."),
	})
}

func (builder) course() Schema {
	return keys("How a transaction goes.", Schema{
		"receipt": said(Schema{"enum": []string{playbooks.ReceiptOK, playbooks.ReceiptReverts, playbooks.ReceiptNever}}, "What a block says of it."),
		"goal":    said(Schema{"type": "boolean"}, "Whether the chain then is as wanted."),
		"already": said(Schema{"type": "boolean"}, "The chain is as wanted before anything is sent."),
	})
}

func (b builder) answer() Schema {
	return Schema{"anyOf": []Schema{b.name("people"), keys("An answer.", Schema{
		"person": said(b.name("people"), "Who answers."),
		"at":     said(text(durationPattern), "When."),
		"says":   said(Schema{"enum": []string{"approve", "deny"}}, "approve where it is left out."),
	}, "person")}}
}

func (b builder) expect() Schema {
	several := func(of string) Schema {
		return Schema{"anyOf": []Schema{b.name(of), distinct(listOf(b.name(of), 256))}}
	}
	s := keys("What must have come of it. What is not named may be anything.", Schema{
		"match":          said(Schema{"enum": []any{true, false, "true", "false", "unknown"}}, "Whether the first alert matches."),
		"because":        said(text(""), "Why not: a variable or a part of the condition, on.rules, on.severity."),
		"incidents":      said(whole(0, 64), "How many incidents."),
		"runs":           said(whole(0, 64), "How many of them came to a plan."),
		"prepares":       said(listOf(text(`^[a-z][a-z0-9-]{0,31}(×[1-9][0-9]?)?$`), 40), "Items that are in the plan: block, or block×3 for three calls."),
		"outcome":        said(Schema{"enum": playbooks.Outcomes()}, "What became of the newest incident."),
		"paged":          said(several("people"), "Who was paged."),
		"refused":        said(several("people"), "Whose answers did not count."),
		"pre_authorised": said(Schema{"type": "boolean"}, "Whether it went out before anybody was asked."),
		"calls":          said(Schema{"type": "object", "minProperties": 1, "additionalProperties": calledSchema()}, "Calls of the plan, by step."),
		"notes":          said(listOf(text(""), 64), "Parts of what the plan notes."),
		"exact":          said(Schema{"type": "boolean"}, "What is not named must not have happened."),
	})
	s["minProperties"] = 1 // what expects nothing cannot fail
	return s
}

func calledSchema() Schema {
	return keys("What a call is.", Schema{
		"function": said(text(""), "Its signature: pause()"),
		"to":       said(text(""), "The contract that is called, by name."),
		"args":     said(Schema{"type": "object"}, "Its arguments by name."),
	})
}
