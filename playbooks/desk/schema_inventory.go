package desk

import "github.com/firebreak-project/firebreak/actions"

// Forms of the inventory. A name begins like one and is never a number.
const (
	addressPattern = `^0x[0-9a-fA-F]{40}$`
	hashPattern    = `^0x[0-9a-fA-F]{64}$`
	tokenPattern   = `^[A-Za-z][A-Za-z0-9.]{0,15}$`
	channelPattern = `^#[a-z0-9_-]{1,80}$`
	slackPattern   = `^[A-Z][A-Z0-9]{1,31}$`
	viewPattern    = `^[A-Za-z_$][A-Za-z0-9_$]*\([a-z0-9,]*\) returns \([a-z0-9]+\)$`
)

// InventorySchema is the form of inventory.yaml. What names of one part mean in
// another only the loader knows: they are being written while it is used.
func InventorySchema() Schema {
	address := said(text(addressPattern), "Quoted: unquoted, some readers take it for a number. Mixed case is its checksum.")
	root := keys("Everything about the environment that playbooks only name.", Schema{
		"inventory": said(Schema{"enum": []any{1, "1"}}, "Version of the format."),
		"tokens":    said(by(tokenPattern, Schema{"anyOf": []Schema{whole(0, 36), placed(address)}}), "Units of amounts, with the decimals that they have on chain."),
		"chains":    said(by(namePattern, chainSchema()), "EVM chains, by names of your choice."),
		"contracts": said(by(namePattern, contractSchema(address)), "Contracts that may be acted on, and by which verbs."),
		"rules":     said(distinct(listOf(text(namePattern), 4096)), "What your detectors call their rules."),
		"people":    said(by(namePattern, personSchema(address)), "Who may be asked."),
		"teams":     said(by(namePattern, distinct(listOf(text(namePattern), 1024))), "People by team."),
		"signers":   said(by(namePattern, signerSchema(address)), "Keys by name; they live in Vault."),
		"protected": said(by(namePattern, address), "Accounts that must never be contained, with a name each."),
		"channels":  said(by(channelPattern, said(text(slackPattern), "The channel's Slack id: names can be changed, ids cannot.")), "Slack channels by name, with their ids."),
		"sources":   said(by(namePattern, sourceSchema()), "Alert sources and the rules that each sends."),
	}, "inventory", "tokens", "chains", "contracts", "rules", "teams", "signers", "channels")
	root["$schema"], root["title"] = dialect, "The inventory of Firebreak"
	return root
}

func placed(address Schema) Schema {
	s := keys("A token with its contract, which may never be blocklisted.", Schema{
		"decimals": said(whole(0, 36), "As the token's decimals() answers."),
		"chain":    said(text(namePattern), "The chain that it is on."), "address": address,
	}, "decimals")
	s["dependencies"] = Schema{"chain": []string{"address"}, "address": []string{"chain"}}
	return s
}

func chainSchema() Schema {
	return keys("A chain.", Schema{
		"id":         said(whole(1, 1<<53), "The EIP-155 chain id."),
		"block_time": said(text(durationPattern), "The usual time between blocks."),
		"currency":   said(text(tokenPattern), "The token that fees are paid in, with 18 decimals. ETH where it is left out."),
	}, "id")
}

func contractSchema(address Schema) Schema {
	return keys("A contract.", Schema{
		"chain": said(text(namePattern), "The chain that it is on."), "address": address,
		"can":    said(distinct(listOf(Schema{"enum": actions.Verbs()}, 256)), "What may be done to it; nothing else is."),
		"family": said(Schema{"enum": actions.Families()}, "By whose rules it works."),
		"token":  said(text(tokenPattern), "In whose units its limits count."),
		"gas": said(Schema{"type": "object", "propertyNames": Schema{"enum": actions.Verbs()}, "additionalProperties": whole(21_000, 1<<24)},
			"Gas limit by verb, where the verb's own does not suffice."),
		"abi":            said(listOf(text(viewPattern), 256), "Views that evidence and verify may read: totalAssets() returns (uint256)"),
		"code_hash":      said(text(hashPattern), "Of the code at the address; firebreak playbook check --online compares."),
		"implementation": implementationSchema(address),
	}, "chain", "address", "can")
}

func implementationSchema(address Schema) Schema {
	return keys("What is behind a proxy.", Schema{
		"address": address, "code_hash": said(text(hashPattern), "Of the implementation's code."),
	}, "address")
}

func personSchema(address Schema) Schema {
	return keys("A person.", Schema{
		"slack":   said(text(slackPattern), "The member id, such as U012ABCDEF: anybody can take a display name."),
		"wallets": said(listOf(address, 16), "Accounts that the person signs with."),
	})
}

func signerSchema(address Schema) Schema {
	return keys("A key.", Schema{
		"chains":   said(distinct(listOf(text(namePattern), 256)), "The chains that it signs for."),
		"address":  address,
		"exercise": said(Schema{"type": "boolean"}, "For drills: it signs in them and nowhere else."),
	}, "chains")
}

func sourceSchema() Schema {
	return keys("An alert source.", Schema{"rules": said(distinct(listOf(text(namePattern), 256)), "The rules that it sends.")}, "rules")
}

// keys is a mapping that has these keys and no others.
func keys(words string, properties Schema, required ...string) Schema {
	s := Schema{"type": "object", "description": words, "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// by is a mapping whose keys the author chooses, in a form.
func by(pattern string, values Schema) Schema {
	return Schema{"type": "object", "minProperties": 1, "additionalProperties": false, "patternProperties": Schema{pattern: values}}
}

func whole(least, most int64) Schema {
	return Schema{"type": "integer", "minimum": least, "maximum": most}
}

// said adds words, and leaves what was given as it is.
func said(s Schema, words string) Schema {
	out := Schema{"description": words}
	for k, v := range s {
		if k != "description" {
			out[k] = v
		}
	}
	return out
}
