// Package incident is the spine of Firebreak: what happened, as facts that
// are never changed, and what is owed next, as a pure function of them.
//
// An incident is the fold of its facts (Fold). Facts are past tense and
// appended; effects are imperative and safe to repeat (Next). A restarted
// daemon folds the same facts, so it owes exactly what the crashed one owed:
// recovery has no code of its own. Two machines say which fact may follow
// which: the run machine (RunTransitions) and the step machine
// (StepTransitions). Both are tables of data, and docs/incident.mmd is drawn
// from them.
//
// The package does no I/O, reads no clock and imports nothing of ours.
package incident
