package alerts_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/alerts"
)

func TestASourceWithAListPostsFromItAlone(t *testing.T) {
	list := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8:1::/48")}
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8")}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		status    int
	}{
		"from the list":                         {"192.0.2.9:1", nil, http.StatusAccepted},
		"from the list, over IPv6":              {"[2001:db8:1::7]:1", nil, http.StatusAccepted},
		"from the list, IPv4 in IPv6":           {"[::ffff:192.0.2.9]:1", nil, http.StatusAccepted},
		"from elsewhere":                        {"198.51.100.1:1", nil, http.StatusForbidden},
		"from elsewhere, with a header":         {"198.51.100.1:1", []string{"192.0.2.9"}, http.StatusForbidden},
		"through a proxy":                       {"10.0.0.1:1", []string{"192.0.2.9"}, http.StatusAccepted},
		"through two":                           {"10.0.0.1:1", []string{"192.0.2.9, 10.1.1.1"}, http.StatusAccepted},
		"through two, in two headers":           {"10.0.0.1:1", []string{"192.0.2.9", "10.1.1.1"}, http.StatusAccepted},
		"through a proxy, with a header before": {"10.0.0.1:1", []string{"192.0.2.9, 198.51.100.1"}, http.StatusForbidden},
		"through a proxy that says nothing":     {"10.0.0.1:1", nil, http.StatusForbidden},
		"through one that says nonsense":        {"10.0.0.1:1", []string{"192.0.2.9, unknown"}, http.StatusForbidden},
		"an address that is none":               {"@", []string{"192.0.2.9"}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			var told []alerts.Refusal
			f := newFront(t, func(c *alerts.Config) {
				c.Sources[0].Addresses, c.Proxies = list, proxies
				c.Refused = func(r alerts.Refusal) { told = append(told, r) }
			})
			r := signed(full, now)
			r.RemoteAddr = c.peer
			r.Header["X-Forwarded-For"] = c.forwarded
			assert.Equal(t, c.status, f.send(r).Code)
			if c.status == http.StatusForbidden {
				assert.Equal(t, 1, f.counts[alerts.Foreign])
				assert.Empty(t, f.inbox.all)
				assert.Equal(t, "detector", told[0].Source)
				assert.Equal(t, alerts.Foreign, told[0].Outcome)
			}
		})
	}
}

func TestASourceThatNamesACertificateTakesNoOther(t *testing.T) {
	leaf := func(c x509.Certificate) *tls.ConnectionState {
		return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{&c}, VerifiedChains: [][]*x509.Certificate{{&c}}}
	}
	workload, _ := url.Parse("spiffe://example.org/detector")
	right := leaf(x509.Certificate{DNSNames: []string{"detector.example.org"}})
	for name, c := range map[string]struct {
		tls    *tls.ConnectionState
		client string
		status int
	}{
		"by its DNS name":              {right, "detector.example.org", http.StatusAccepted},
		"by its workload":              {leaf(x509.Certificate{URIs: []*url.URL{workload}}), workload.String(), http.StatusAccepted},
		"by its mail address":          {leaf(x509.Certificate{EmailAddresses: []string{"d@example.org"}}), "d@example.org", http.StatusAccepted},
		"by its common name":           {leaf(x509.Certificate{Subject: pkix.Name{CommonName: "detector"}}), "detector", http.StatusAccepted},
		"another name":                 {leaf(x509.Certificate{DNSNames: []string{"other.example.org"}}), "detector.example.org", http.StatusUnauthorized},
		"a name that begins alike":     {leaf(x509.Certificate{DNSNames: []string{"detector.example.org.evil"}}), "detector.example.org", http.StatusUnauthorized},
		"no TLS":                       {nil, "detector.example.org", http.StatusUnauthorized},
		"TLS without a certificate":    {&tls.ConnectionState{}, "detector.example.org", http.StatusUnauthorized},
		"one that nobody verified":     {&tls.ConnectionState{PeerCertificates: right.PeerCertificates}, "detector.example.org", http.StatusUnauthorized},
		"none where none is asked for": {nil, "", http.StatusAccepted},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, func(cfg *alerts.Config) { cfg.Sources[0].Client = c.client })
			r := signed(full, now)
			r.TLS = c.tls
			assert.Equal(t, c.status, f.send(r).Code)
		})
	}
}

func TestACertificateReplacesNoSignature(t *testing.T) {
	f := newFront(t, func(c *alerts.Config) { c.Sources[0].Client = "detector" })
	leaf := &x509.Certificate{Subject: pkix.Name{CommonName: "detector"}}
	r := signed(full, now)
	r.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{leaf}}}
	r.Header.Del(alerts.SignatureHeader)
	assert.Equal(t, http.StatusUnauthorized, f.send(r).Code)
}

// FuzzCaller: whatever the headers say, who called is who connected, unless a
// proxy connected, and never a proxy where somebody else stands in the header.
func FuzzCaller(f *testing.F) {
	f.Add("192.0.2.9:1", "198.51.100.7")
	f.Add("10.0.0.1:1", "192.0.2.9, 10.1.1.1")
	f.Add("10.0.0.1:1", "192.0.2.9,,  ,10.1.1.1,unknown")
	f.Add("[::ffff:10.0.0.1]:1", "::1%eth0")
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, peer, forwarded string) {
		front := newFront(t, func(c *alerts.Config) {
			c.Proxies = proxies
			c.Sources[0].Addresses = []netip.Prefix{netip.MustParsePrefix("192.0.2.9/32")}
		})
		r := signed(full, now)
		r.RemoteAddr = peer
		r.Header["X-Forwarded-For"] = []string{forwarded}
		taken := front.send(r).Code == http.StatusAccepted
		at, err := netip.ParseAddrPort(peer)
		switch {
		case err != nil:
			assert.False(t, taken)
		case !proxies[0].Contains(at.Addr().Unmap()):
			assert.Equal(t, at.Addr().Unmap().WithZone("") == netip.MustParseAddr("192.0.2.9"), taken, "the header is nobody's word")
		case taken:
			assert.Contains(t, forwarded, "192.0.2.9")
		}
	})
}
