// Package submittertest is a chain, its endpoints and a key, all of them in
// this process and all of them scriptable, for tests of whatever sends
// transactions. Time comes from package time alone, so that testing/synctest
// can make it virtual.
//
// It is honest: a transaction pool obeys geth's rules and says geth's words. A
// replacement has to raise both fees by a tenth, a gapped nonce is taken in
// silence and waits, the same bytes again are "already known" until they are
// mined and "nonce too low" afterwards, gas times fee cap of everything that
// waits has to be there, gas and fee caps are checked. What the fake leaves out
// is execution: a Contract is a switch, and nothing is charged to anybody.
//
// Everything is safe for concurrent use.
package submittertest
