package incident

// PreSlots lets tests see what a plan would claim.
func PreSlots(p *Plan) []string { return p.preSlots() }
