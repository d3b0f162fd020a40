package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// authorities are the certificates that vouch for clients, read again when
// their file changes. A file that cannot be used leaves the old ones in force.
// It is safe for concurrent use.
type authorities struct {
	file   string
	failed func(error)

	mu      sync.Mutex
	now     *x509.CertPool
	looked  time.Time
	changed time.Time
}

// load reads the file, for the first time.
func (a *authorities) load() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.read()
}

func (a *authorities) read() error {
	a.looked = time.Now()
	info, err := os.Stat(a.file)
	if err != nil {
		return fmt.Errorf("read authorities: %w", err)
	}
	if a.now != nil && info.ModTime().Equal(a.changed) {
		return nil
	}
	if info.Size() > maxConfig {
		return fmt.Errorf("read authorities %s: the file is larger than 1 MiB; name the authorities of your senders alone", a.file)
	}
	text, err := os.ReadFile(a.file)
	if err != nil {
		return fmt.Errorf("read authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return fmt.Errorf("read authorities %s: there is no certificate in PEM in it", a.file)
	}
	a.now, a.changed = pool, info.ModTime()
	return nil
}

func (a *authorities) get() *x509.CertPool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Since(a.looked) >= certificateAge {
		if err := a.read(); err != nil {
			a.failed(err)
		}
	}
	return a.now
}

// doorTLS wraps a listener in the certificate that the configuration names, if
// it names one. A client certificate may be shown, and must then be good: who
// must show which one is for each source to say.
//
// There are no session tickets: a resumed session would know an authority that
// was taken out since. HTTP/2 is not offered, because one connection of it
// carries many requests and the bound on connections would be none.
func doorTLS(files *DoorTLS, l net.Listener, failed func(error)) (net.Listener, error) {
	if files == nil {
		return l, nil
	}
	own := &certificate{files: TLS{CertFile: files.CertFile, KeyFile: files.KeyFile}, failed: failed}
	if err := own.load(); err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: own.get, SessionTicketsDisabled: true, NextProtos: []string{"http/1.1"}}
	if files.ClientCAFile == "" {
		return tls.NewListener(l, config), nil
	}
	believed := &authorities{file: files.ClientCAFile, failed: failed}
	if err := believed.load(); err != nil {
		return nil, err
	}
	config.ClientAuth = tls.VerifyClientCertIfGiven
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now := config.Clone()
		now.GetConfigForClient = nil
		now.ClientCAs = believed.get()
		return now, nil
	}
	return tls.NewListener(l, config), nil
}
