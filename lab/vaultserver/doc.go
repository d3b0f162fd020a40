// Package vaultserver runs a real Vault as a production host would: the server
// binary as a process of its own, raft storage on disk, the Firebreak plugin
// registered by its sha256, one node or several. It is for the lab and for
// tests; everything listens on loopback without TLS, and the unseal key and the
// root token are held by whoever started it.
//
// The package starts processes and speaks Vault's HTTP API. It holds no part of
// Vault: `make vault` builds the server.
package vaultserver
