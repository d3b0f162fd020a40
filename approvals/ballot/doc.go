// Package ballot is what a person signs to vote, and how signed votes are read:
// for the approval page and for the command line, where Slack is down or doubted.
//
// Describe tells what is asked. Write makes the paper of one person's decision: a
// sheet for each call whose rule in the key's policy counts guardians, or one for
// the decision itself. Read takes the signatures over all sheets and makes the
// vote, in which the key in Vault finds what it asks for. Whoever signs can
// write the paper again from the plan and from the key's own documents, and need
// not believe whoever sent it.
//
// The package is pure: no storage, no clock, no network.
package ballot
