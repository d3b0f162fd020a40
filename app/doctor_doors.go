package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/alerts/pull"
)

// judgeDoors says whether alerts can come in, by the certificate of listen and its
// authorities. It looks at files alone and connects to nobody.
func (d *doctor) judgeDoors(p *page, now time.Time) {
	const check = "alert doors"
	host, _, err := net.SplitHostPort(d.c.Listen)
	switch {
	case d.c.TLS != nil:
		d.judgeCertificate(p, check, now)
	case err == nil && !loopback(host) && len(d.c.Proxies) == 0:
		p.warn(check, "name a certificate in tls, or the proxy that has one in proxies; docs/DOORS.md says how",
			"%s has no TLS and no proxy is named: tokens would be read on the way", d.c.Listen)
	case err == nil:
		p.ok(check, "%s, without TLS of its own", d.c.Listen)
	}
}

// askStreams looks at the streams that alerts are fetched from, and changes
// nothing there.
func (d *doctor) askStreams(ctx context.Context, p *page) {
	ctx, cancel := context.WithTimeout(ctx, stageTime)
	defer cancel()
	for _, name := range slices.Sorted(maps.Keys(d.c.Sources)) {
		n := d.c.Sources[name].NATS
		if n == nil {
			continue
		}
		check := "source " + name
		warnings, err := pull.Look(ctx, n.pull(name))
		if err != nil {
			p.fail(check, "mend it at the server, or what nats says of it; docs/DOORS.md lists what is needed", "its alerts cannot be fetched: %s", err)
			continue
		}
		for _, w := range warnings {
			p.warn(check, "change the stream or its consumer; docs/DOORS.md says why", "%s", w)
		}
		if len(warnings) == 0 {
			p.ok(check, "stream %s at %s", n.Stream, n.URL)
		}
	}
}

func (d *doctor) judgeCertificate(p *page, check string, now time.Time) {
	leaf, ok := openCertificate(p, check, "tls", TLS{CertFile: d.c.TLS.CertFile, KeyFile: d.c.TLS.KeyFile})
	if !ok {
		return
	}
	if file := d.c.TLS.ClientCAFile; file != "" {
		if err := (&authorities{file: file}).load(); err != nil {
			p.fail(check, "write the authorities of your senders into the file, PEM", "%s", err)
			return
		}
	}
	names := leaf.DNSNames
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	judgeEnd(p, check, leaf, now, d.c.Listen+", as "+strings.Join(names, ", "))
}

// openCertificate reads a certificate as the daemon will, and says where it
// could not.
func openCertificate(p *page, check, key string, files TLS) (*x509.Certificate, bool) {
	if err := private(files.KeyFile); err != nil {
		p.fail(check, "write the certificate's key for the daemon's user alone", "%s", err)
		return nil, false
	}
	pair, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	if err != nil {
		p.fail(check, "mend the files that "+key+" names", "its certificate cannot be used: %s", err)
		return nil, false
	}
	return pair.Leaf, true
}

// judgeEnd says whether a certificate holds now, and for a while.
func judgeEnd(p *page, check string, leaf *x509.Certificate, now time.Time, what string) {
	const renew = "renew the certificate; the daemon reads it again by itself"
	from, until := leaf.NotBefore.UTC().Format(time.DateOnly), leaf.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case !now.Before(leaf.NotAfter) || now.Before(leaf.NotBefore):
		p.fail(check, renew, "its certificate holds from %s to %s, and not now", from, until)
	case leaf.NotAfter.Sub(now) < expiresSoon:
		p.warn(check, renew, "its certificate ends on %s", until)
	default:
		p.ok(check, "%s, with a certificate until %s", what, until)
	}
}
