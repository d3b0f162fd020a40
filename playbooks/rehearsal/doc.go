// Package rehearsal plays what a playbook would do, in virtual time.
//
// What decides is the daemon's own: the set of playbooks matches and plans, the
// spine says what is owed and folds the facts, the engine's routes and the
// rules of votes decide, and a chain that a script speaks for answers. What is
// missing is the outside: there is no goroutine, no clock, no socket and no key.
// Prices and signatures are stand-ins that no chain would take.
package rehearsal
