package app

import (
	"cmp"
	"fmt"
	"net"
	"os/user"
	"strconv"

	"github.com/firebreak-project/firebreak/incident"
)

// peer is who is on the other side of the control socket, as the kernel says.
type peer struct {
	uid   int
	known bool // false where the system does not tell
}

// words name the peer for the record. What they call themselves is told apart
// from what is known.
func (p peer) words(as string) string {
	who := "local operator"
	if p.known {
		who = fmt.Sprintf("uid %d", p.uid)
		if u, err := user.LookupId(strconv.Itoa(p.uid)); err == nil {
			who = fmt.Sprintf("%s (uid %d)", u.Username, p.uid)
		}
	}
	if name := incident.OneLine(as, maxName); name != "" {
		who += ", who says to be " + name
	}
	return cmp.Or(incident.OneLine(who, 2*maxName), "local operator")
}

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
	if err := raw.Control(func(fd uintptr) { p.uid, p.known = uidOf(int(fd)) }); err != nil {
		return peer{}
	}
	return p
}
