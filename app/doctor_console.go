package app

import (
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
	leaf, ok := openCertificate(p, check, "console.tls", *c.TLS)
	if !ok {
		return
	}
	host, err := console.CheckOrigin(c.Origin)
	if err == nil {
		err = leaf.VerifyHostname(host)
	}
	if err != nil {
		p.fail(check, "get a certificate for the name in console.origin", "its certificate is for another name: %s", err)
		return
	}
	judgeEnd(p, check, leaf, now, c.Origin)
}
