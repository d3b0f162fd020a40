package policy

// Excess says in words which calls p allows and least does not, whatever their
// ceilings and limits, and which it allows without guardians where least counts
// some. Rules that need guardians are left out: they
// are there for what no playbook does. So are numbers that have any bound: from
// a number alone nobody can tell whether more of it contains more.
func Excess(p, least *Policy, names Namer) []string {
	c := &comparison{names: names.orHex()}
	for _, target := range p.Targets() {
		has, wants := p.Rules[target], least.Rules[target]
		call := c.call(target, has)
		switch {
		case has.Approvals.Need > 0:
		case wants == nil:
			c.looser("%s", call)
		case wants.Approvals.Need > 0:
			c.looser("%s without guardians, where %d sign every vote", call, wants.Approvals.Need)
		default:
			for i := range has.Args {
				isBounded := has.Function.Args[i].kind == kindUint && has.Args[i].Operator != Any
				if !isBounded && !has.Args[i].within(wants.Args[i]) {
					c.looser("%s with argument %d %s, where %s is enough", call, i, has.Args[i].words(has.Function.Args[i]), wants.Args[i].words(wants.Function.Args[i]))
				}
			}
		}
	}
	return c.lines
}
