// Package signer is the seam in front of the responder's key: it asks for one
// exact transaction, which can be refused, and never for a signature over bytes.
//
// Everything behind the seam (the Vault secrets engine in signer/plugin, the
// client in signer/vault) speaks in these types, so that a caller cannot tell
// an in-process key from one in Vault, and cannot ask either of them for
// anything but a type 2, zero-value contract call.
package signer

import "context"

// Signer is the whole of what a caller may ask of a key. It is safe for
// concurrent use.
//
// The contract that every implementation keeps, and signertest proves:
//
//   - Idempotent by transaction digest. The same Request signed twice gives
//     the same bytes (RFC 6979), the same Seq, and is counted once. Asking
//     again after ErrUnavailable is therefore always safe, and it is the only
//     way to learn whether the first call landed.
//   - Durable before visible. The counters that allowed a signature are in
//     storage before the signature leaves, so a crash loses at most one count
//     and never a limit.
//   - A *Refusal is final: the key has decided. Neither the implementation nor
//     the caller retries it; the request has to change.
//   - An error that matches ErrUnavailable means that the outcome is unknown or
//     the key cannot be reached: ask again with the SAME request, or hand the
//     prepared transaction to a person. Implementations retry it themselves
//     inside the caller's deadline.
//   - Any other error is a fault in what came back (a reply that is not the
//     transaction asked for): it is never broadcast and needs a person.
type Signer interface {
	// Sign returns the signed transaction of r, checked by Request.Accept.
	Sign(ctx context.Context, r Request) (Signed, error)

	// Check says what Sign would do now, signing and counting nothing. A
	// refusal is a Verdict and not an error.
	Check(ctx context.Context, r Request) (Verdict, error)

	// Key returns what the key says about itself.
	Key(ctx context.Context, name string) (KeyInfo, error)
}
