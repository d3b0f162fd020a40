// Package faults_test lets everything around the responder go wrong: endpoints
// that lie, lag, hang and lose replies, a fee market and a chain that turn
// against it, a key that is away, a process that is stopped at any write. What
// runs is the engine, the submitter and the verifier as the daemon wires them,
// on a journal that survives; see README.md for what each test shows.
package faults_test
