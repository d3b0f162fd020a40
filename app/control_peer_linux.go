package app

import "syscall"

// uidOf asks the kernel who is at the other end of a unix socket.
func uidOf(fd int) (uid int, known bool) {
	u, err := syscall.GetsockoptUcred(fd, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	if err != nil {
		return 0, false
	}
	return int(u.Uid), true
}
