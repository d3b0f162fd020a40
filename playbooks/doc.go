// Package playbooks decides what an alert means: it loads declarative
// playbooks strictly, matches alerts against them and freezes the plan that
// people approve.
//
// A playbook says when it applies, what is to be prepared, who must agree, how
// it is seen to have worked and what the way back is. It names things of the
// inventory and holds neither addresses nor text that could reach a
// transaction: arguments are typed values all the way. Expressions are CEL in
// a fully typed environment. Anything unknown, empty, ambiguous or misspelt is
// refused when the file is loaded, at its line and column, all problems at
// once: an operator finds the mistake at the desk and not in an incident.
//
// A Set is immutable and safe for concurrent use. To reload, load another one
// and use that; incidents that run keep the text of the playbook that they
// began with.
package playbooks
