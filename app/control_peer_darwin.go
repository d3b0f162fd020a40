package app

import "golang.org/x/sys/unix"

// uidOf asks the kernel who is at the other end of a unix socket.
func uidOf(fd int) (uid int, known bool) {
	u, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, false
	}
	return int(u.Uid), true
}
