package playbooks

// Tokens lists the names of all tokens, sorted.
func (inv *Inventory) Tokens() []string { return inv.tokenNames() }
