package alerts_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/alerts"
)

// Rules of TestEveryKind about secrets.

func keepsItsSecrets(t *testing.T, s alerts.Source, body []byte) {
	var log bytes.Buffer
	f := frontOf(t, s, func(c *alerts.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	good := signedBy(t, s, body, now)
	bad := signedBy(t, s, body, now)
	name := proofs(bad.Header)
	if len(name) > 0 {
		bad.Header.Set(name[0], bad.Header.Get(name[0])+"x")
	}
	broken := []byte(`{"other":"a"}`)
	answers := f.send(bad).Body.String() + f.send(good).Body.String() + f.send(signedBy(t, s, broken, now)).Body.String()
	shown := answers + log.String()
	for _, r := range f.inbox.all {
		shown += fmt.Sprint(r.Headers)
	}
	hidden := append([]string{scannerKey}, s.Secrets...)
	for _, name := range proofs(good.Header) {
		if !strings.Contains(name, "Timestamp") && name != "Date" {
			hidden = append(hidden, good.Header.Get(name))
		}
	}
	for _, h := range hidden {
		assert.NotContains(t, shown, strings.TrimPrefix(h, "Bearer "))
	}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", s, s, s), secret)
}

func isRefusedWithoutASecret(t *testing.T, s alerts.Source, _ []byte) {
	switch s.Kind {
	case "hypernative":
		assert.Empty(t, alerts.Source{Name: s.Name, Kind: s.Kind}.Faults(), "the vendor's key is the default")
		s.Secrets = []string{secret}
		assert.NotEmpty(t, s.Faults(), "a secret that nothing is checked with would look like one")
		return
	case "forta":
		s.Scanners = nil
		assert.NotEmpty(t, s.Faults(), "any key makes a token; the node must be known")
		return
	}
	s.Secrets = nil
	assert.NotEmpty(t, s.Faults())
	s.Client = "sender.example.org"
	assert.Equal(t, transports[s.Kind], len(s.Faults()) == 0, "a certificate stands for a token, and for no signature")
}
