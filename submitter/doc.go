// Package submitter brings signed transactions onto the chain and keeps at it
// until a block settles each of them.
//
// What is needed to send (nonce, fees, balance) is kept warm before anything
// happens, so that no chain read stands between a decision and its first byte
// on a socket. One lane per (chain, account) hands out nonces; each carries one
// intent and is never given to another once anything was signed at it. The same
// bytes go to every endpoint at once, are offered again for ever, and are
// outbid at the same nonce inside the approved cost. What an endpoint says is
// read by one table; whatever is not in it means "may be live".
//
// The submitter writes nothing: it returns facts, and the engine makes them
// durable before the next method is called. What it keeps in memory can be
// rebuilt from those facts (Restore) and from the chain.
package submitter
