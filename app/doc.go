// Package app wires the chapters into one daemon: configuration in, a running
// responder out.
//
// It is the only package that knows all others, and it decides nothing: each
// adapter here is a few lines between an interface and the chapter behind it.
// New builds everything and undoes it again when a part fails; Start lets it
// run; Stop ends it in the opposite order.
package app
