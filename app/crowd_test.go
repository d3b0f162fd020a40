package app

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hall is a listener without a network: whoever dials says where from.
type hall struct {
	come chan net.Conn
	shut chan struct{}
}

func newHall() *hall { return &hall{come: make(chan net.Conn), shut: make(chan struct{})} }

func (h *hall) Accept() (net.Conn, error) {
	select {
	case c := <-h.come:
		return c, nil
	case <-h.shut:
		return nil, net.ErrClosed
	}
}

func (h *hall) Close() error {
	close(h.shut)
	return nil
}

func (h *hall) Addr() net.Addr { return &net.TCPAddr{} }

// dial connects from an address.
func (h *hall) dial(from string) net.Conn {
	ours, theirs := net.Pipe()
	h.come <- addressed{theirs, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}
	return ours
}

type addressed struct {
	net.Conn
	from net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.from }

// closed tells whether the other side has hung up.
func closed(c net.Conn) bool {
	_, err := c.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

func TestAListenerHasSoManyConnectionsAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		refused := 0
		c := newCrowd(h, func(at netip.Addr) bool { return at == netip.MustParseAddr("10.0.0.1") }, func() { refused++ })
		c.total, c.one = 6, 2
		accepted := make(chan net.Conn, 16)
		go func() {
			for {
				conn, err := c.Accept()
				if err != nil {
					return
				}
				accepted <- conn
			}
		}()
		in := func(from string) net.Conn {
			h.dial(from)
			synctest.Wait()
			select {
			case conn := <-accepted:
				return conn
			default:
				return nil
			}
		}
		first := in("192.0.2.1:1")
		require.NotNil(t, first)
		require.NotNil(t, in("192.0.2.1:2"))
		assert.Nil(t, in("192.0.2.1:3"), "an address has two")
		assert.NotNil(t, in("192.0.2.2:1"), "another has its own")
		assert.NotNil(t, in("[2001:db8::1]:1"))
		assert.NotNil(t, in("[2001:db8::2]:1"))
		assert.Nil(t, in("[2001:db8::3]:1"), "a network of IPv6 counts as one")
		require.NoError(t, first.Close())
		first.Close()
		for range 2 {
			assert.NotNil(t, in("10.0.0.1:1"))
		}
		assert.Nil(t, in("10.0.0.1:9"), "in all there are six, also for a proxy")
		assert.Equal(t, 6, c.open, "what is closed twice is counted once")
		assert.Equal(t, 3, refused)
		h.Close()
	})
}

func TestAProxyIsBoundedByTheWholeAlone(t *testing.T) {
	c := newCrowd(nil, func(at netip.Addr) bool { return at == netip.MustParseAddr("10.0.0.1") }, nil)
	c.one = 1
	for _, from := range []string{"10.0.0.1:1", "127.0.0.1:1", "[::1]:1"} {
		_, bounded := c.from(addressed{from: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))})
		assert.False(t, bounded, from)
	}
	_, bounded := c.from(addressed{from: net.TCPAddrFromAddrPort(netip.MustParseAddrPort("[::ffff:192.0.2.1]:1"))})
	assert.True(t, bounded)
}

// TestWhoSendsSlowlyIsCutOff: by the server's own limits, in virtual time.
func TestWhoSendsSlowlyIsCutOff(t *testing.T) {
	for name, c := range map[string]struct {
		say   func(net.Conn) // until the other side hangs up
		after time.Duration
	}{
		"says nothing":            {func(c net.Conn) { closed(c) }, 3 * time.Second},
		"a header, byte by byte":  {func(c net.Conn) { drip(c, "POST / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("y", 1000)) }, 3 * time.Second},
		"a body, byte by byte":    {func(c net.Conn) { begin(c); drip(c, strings.Repeat("y", 1000)) }, 10 * time.Second},
		"a header and no body":    {func(c net.Conn) { begin(c); io.Copy(io.Discard, c) }, 10 * time.Second},
		"nothing after an answer": {func(c net.Conn) { whole(c); io.Copy(io.Discard, c) }, 60 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHall()
				var handled atomic.Int32
				s := newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, err := io.ReadAll(r.Body); err == nil {
						handled.Add(1)
					}
				}))
				go s.Serve(h)
				conn := h.dial("192.0.2.1:1")
				start := time.Now()
				c.say(conn)
				took := time.Since(start)
				assert.Equal(t, c.after, took.Truncate(time.Second))
				assert.Equal(t, name == "nothing after an answer", handled.Load() == 1)
				require.NoError(t, s.Close())
			})
		})
	}
}

// TestWhoBeginsTLSAndDoesNotEndItIsCutOff, as soon as who sends no header.
func TestWhoBeginsTLSAndDoesNotEndItIsCutOff(t *testing.T) {
	dir := t.TempDir()
	files := DoorTLS{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	synctest.Test(t, func(t *testing.T) {
		certify(t, TLS{CertFile: files.CertFile, KeyFile: files.KeyFile}, 1, time.Now())
		h := newHall()
		l, err := doorTLS(&files, h, func(err error) { t.Error(err) })
		require.NoError(t, err)
		s := newServer(http.NotFoundHandler())
		go s.Serve(l)
		conn, start := h.dial("192.0.2.1:1"), time.Now()
		_, err = conn.Write([]byte{22, 3, 1, 2, 0}) // the beginning of a hello
		require.NoError(t, err)
		io.Copy(io.Discard, conn)
		assert.Equal(t, 3*time.Second, time.Since(start))
		require.NoError(t, s.Close())
	})
}

func begin(c net.Conn) {
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
}

func whole(c net.Conn) {
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err == nil {
		answer.Body.Close()
	}
}

// drip writes a byte each tenth of a second, and reads what is answered.
func drip(c net.Conn, text string) {
	go io.Copy(io.Discard, c)
	for i := range text {
		if _, err := c.Write([]byte{text[i]}); err != nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
