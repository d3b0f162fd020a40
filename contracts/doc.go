// Package contracts speaks to the contracts: it packs typed values into
// calldata, unpacks what contracts answer and says in words what calldata and
// reverts mean.
//
// Nothing here is a template and nothing is lenient. A call is built from
// typed values only, and bytes that another encoder would not have produced
// are refused: a guardian must never be shown one thing and sign another.
//
// The ABIs are snapshots of what the sources under src compile to, embedded, so
// that building Go needs no Solidity compiler; script/build.sh --check proves
// that they are current. The package does no input or output and every function
// is safe for concurrent use.
package contracts
