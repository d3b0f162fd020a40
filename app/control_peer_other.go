//go:build !linux && !darwin

package app

import "net"

// peerOf cannot be told here: the socket's permissions alone keep others out.
func peerOf(net.Conn) peer { return peer{} }
