package app

import (
	"crypto/tls"
	"time"

	"github.com/firebreak-project/firebreak/console"
)

// expiresSoon is how long before its end a certificate should have been renewed.
const expiresSoon = 14 * 24 * time.Hour

// judgeConsole says whether browsers will show the approval page. It looks at
// files alone: whether a guardian can reach the page is for guardians to try.
func (d *doctor) judgeConsole(p *page, now time.Time) {
	const check = "approval page"
	c := d.c.Console
	if c == nil {
		p.warn(check, "add console to the configuration; docs/CONSOLE.md sets it up in ten minutes",
			"there is none: while Slack is down nobody can vote")
		return
	}
	if c.TLS == nil {
		p.ok(check, "%s, behind a proxy on this machine that has the certificate", c.Origin)
		return
	}
	if err := private(c.TLS.KeyFile); err != nil {
		p.fail(check, "write the certificate's key for the daemon's user alone", "%s", err)
		return
	}
	pair, err := tls.LoadX509KeyPair(c.TLS.CertFile, c.TLS.KeyFile)
	if err != nil {
		p.fail(check, "mend the files that console.tls names", "its certificate cannot be used: %s", err)
		return
	}
	host, err := console.CheckOrigin(c.Origin)
	if err == nil {
		err = pair.Leaf.VerifyHostname(host)
	}
	ends := pair.Leaf.NotAfter
	const renew = "renew the certificate; the daemon reads it again by itself"
	switch {
	case err != nil:
		p.fail(check, "get a certificate for the name in console.origin", "its certificate is for another name: %s", err)
	case !now.Before(ends) || now.Before(pair.Leaf.NotBefore):
		p.fail(check, renew, "its certificate holds from %s to %s, and not now", pair.Leaf.NotBefore.UTC().Format(time.DateOnly), ends.UTC().Format(time.DateOnly))
	case ends.Sub(now) < expiresSoon:
		p.warn(check, renew, "its certificate ends on %s", ends.UTC().Format(time.DateOnly))
	default:
		p.ok(check, "%s, with a certificate until %s", c.Origin, ends.UTC().Format(time.DateOnly))
	}
}
