package app

import (
	"testing"
	"time"
)

// NewLine is for tests that need a real node, which only the lab has.
var NewLine = newLine

// Close ends the line.
func (l *line) Close() error { return l.close() }

// Guarded names what the submitter watches for people.
func Guarded(a *App) (names []string) {
	for _, g := range a.submitter.Guards() {
		names = append(names, g.Name)
	}
	return names
}

// Certify writes a certificate and its key for a test.
func Certify(t *testing.T, cert, key string) {
	certify(t, TLS{CertFile: cert, KeyFile: key}, 1, time.Now())
}
