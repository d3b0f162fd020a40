// Package approvals says who may vote on a plan and when the votes suffice:
// people on a roster, in the plan's teams, each counted once.
//
// It is pure: no clock, no network, no store. Rules answers from the roster
// and from the incident's facts alone, so every replica, every restart and
// every auditor comes to the same answer. Collecting votes is the work of
// adapters (see approvals/slack), writing them down that of the engine.
package approvals
