package app

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificateAge is how long a certificate is used without a look at its file.
const certificateAge = 30 * time.Second

// certificate is a certificate that is renewed in its files while the daemon
// runs. One that cannot be used leaves the old one in force. It is safe for
// concurrent use.
type certificate struct {
	files  TLS
	failed func(error)

	mu      sync.Mutex
	now     *tls.Certificate
	looked  time.Time
	changed time.Time // of the file, as it was read
}

// load reads the files, for the first time.
func (c *certificate) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

func (c *certificate) read() error {
	c.looked = time.Now()
	info, err := os.Stat(c.files.CertFile)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	if c.now != nil && info.ModTime().Equal(c.changed) {
		return nil
	}
	if err := private(c.files.KeyFile); err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		return fmt.Errorf("read certificate %s: %w", c.files.CertFile, err)
	}
	c.now, c.changed = &pair, info.ModTime()
	return nil
}

// get is tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) >= certificateAge {
		if err := c.read(); err != nil {
			c.failed(err)
		}
	}
	return c.now, nil
}
