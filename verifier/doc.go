// Package verifier proves on the chain that containment held: it reads the
// checks that people approved, at the block that included the transaction and
// again at safe and finalized, or at depth where a chain has no such tags, each
// time from another endpoint than the one whose word it is about.
//
// A receipt is not success and a missing answer is not failure. One endpoint
// that lags, lies or is away can delay a verdict, and cannot make one where a
// second is configured. The verifier reads only: it sends nothing, signs
// nothing, keeps nothing that a restart would miss.
//
// Its Reader is also what a plan is made from: views of one block together,
// transfers of a window, and calls that are tried without being sent.
package verifier
