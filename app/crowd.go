package app

import (
	"net"
	"net/netip"
	"sync"
)

// How many connections a listener has at once, and how many of them one address
// (of IPv6: one network of 64 bits) may have. One costs about 40 KiB with TLS.
const (
	mostConnections = 1024
	mostOfOne       = 128
)

// crowd is a listener with so many connections and no more. What is too many is
// closed at once, so that who opens connections and says nothing keeps nobody
// else from being accepted.
type crowd struct {
	net.Listener
	total, one int
	// trusted have no bound of their own: a proxy calls for everybody.
	trusted func(netip.Addr) bool
	refused func()

	mu   sync.Mutex
	open int
	by   map[netip.Prefix]int
}

func newCrowd(l net.Listener, trusted func(netip.Addr) bool, refused func()) *crowd {
	return &crowd{Listener: l, total: mostConnections, one: mostOfOne, trusted: trusted, refused: refused, by: map[netip.Prefix]int{}}
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, bounded := c.from(conn)
		if c.enter(from, bounded) {
			return &guest{Conn: conn, leave: sync.OnceFunc(func() { c.leave(from) })}, nil
		}
		c.refused()
		conn.Close() // nothing was said yet that could be lost
	}
}

// from is who shares a bound with whoever called, if anybody bounds it.
func (c *crowd) from(conn net.Conn) (network netip.Prefix, bounded bool) {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}, false
	}
	a := at.Addr().Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	network, _ = a.Prefix(bits) // bits fit the address
	return network, !a.IsLoopback() && !c.trusted(a)
}

func (c *crowd) enter(from netip.Prefix, bounded bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open >= c.total || bounded && c.by[from] >= c.one {
		return false
	}
	c.open++
	c.by[from]++
	return true
}

func (c *crowd) leave(from netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	if c.by[from]--; c.by[from] <= 0 {
		delete(c.by, from)
	}
}

// guest is a connection that is counted until it is closed.
type guest struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}
