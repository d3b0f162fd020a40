package app

import (
	"net"
	"syscall"
)

// peerOf asks the kernel who connected.
func peerOf(conn net.Conn) (p peer) {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return p
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return p
	}
	err = raw.Control(func(fd uintptr) {
		if u, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil {
			p = peer{uid: int(u.Uid), known: true}
		}
	})
	if err != nil {
		return peer{}
	}
	return p
}
