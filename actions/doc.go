// Package actions says what can be done: each verb prepares one transaction
// that contains, knows how to tell "already so" and "it held", says what it
// does not stop, and how it is undone.
//
// A verb never sees text: it gets typed values and gives calldata, what that
// calldata says when it is read back, and the check that proves it. The same
// method (Holds) answers before sending and after, so that the two can never
// disagree. Loosening is another type (Loosening) than containment (Prepared):
// a plan of the one cannot hold the other by mistake.
//
// The package is pure but for ReadAll, which asks a Reader.
package actions
