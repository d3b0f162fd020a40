// Package consent is what a guardian signs and how the key verifies it: typed
// data built from the transaction itself, never from what somebody says about it.
//
// Five messages exist. The key takes Approval (one transaction), PolicyChange and
// KeyState; the daemon takes Decision and Login, which the key never accepts.
// Each has one EIP-712 digest, and a guardian signs that digest with a wallet,
// an ed25519 key or a passkey. The package is pure: no storage, no clock, no
// network.
package consent
