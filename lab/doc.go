// Package lab is a range to practise in: a real chain in this process, a
// protocol with a hole, an attacker who uses it, a fake Slack in a browser, and
// the whole daemon wired as in production against them.
//
// Nothing of it is a mock of Firebreak: the daemon reads a configuration file,
// the key is in the real secrets engine behind Vault's HTTP rules, alerts come
// in over HTTP with a signature, guardians click. What is not real is the
// chain's value, Slack's servers, and Vault's storage; the packages that stand
// in for them say what they do not cover. With Options.Vault a real Vault server
// takes the place of the last. Everything listens on loopback.
package lab
