// Package consent is what a guardian signs and how the key verifies it: typed
// data built from the transaction itself, never from what somebody says about it.
package consent
