package app

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// DoorTLS is the certificate chain of listen and its key, PEM, and the
// authorities whose client certificates are believed, for the sources that name
// a client. All are read again when they change. Nobody has to show a client
// certificate, but one that is shown must be good.
type DoorTLS struct {
	CertFile     string `yaml:"cert_file"`
	KeyFile      string `yaml:"key_file"`
	ClientCAFile string `yaml:"client_ca_file"`
}

// mostConcurrent is what all sources have together.
const mostConcurrent = 256

func (k *checker) doorTLS(c Config) {
	if c.TLS != nil && (c.TLS.CertFile == "" || c.TLS.KeyFile == "") {
		k.say("tls", "name both cert_file and key_file")
	}
}

// entry checks how one source comes in.
func (k *checker) entry(path string, c Config, s Source) {
	k.networks(path+".addresses", s.Addresses)
	if s.Concurrent < 0 || s.Concurrent > mostConcurrent {
		k.say(path+".concurrent", "must be between 1 and %d, or left out", mostConcurrent)
	}
	if _, err := parseSize(s.Quota); err != nil {
		k.say(path+".quota", "%s", err)
	}
	if s.Client != "" && (c.TLS == nil || c.TLS.ClientCAFile == "") {
		k.say(path+".client", "a client certificate is believed where an authority vouches for it: name it in tls.client_ca_file")
	}
	if s.NATS == nil {
		return
	}
	if s.Client != "" || len(s.Addresses) > 0 {
		k.say(path, "client and addresses are for a source that posts; with nats nothing is posted")
	}
	k.nats(path+".nats", *s.NATS)
}

func (k *checker) networks(path string, list []string) {
	for i, text := range list {
		if _, err := parseNetwork(text); err != nil {
			k.say(fmt.Sprintf("%s.%d", path, i), "%s", err)
		}
	}
}

// parseNetwork takes a network or one address.
func parseNetwork(text string) (netip.Prefix, error) {
	if at, err := netip.ParseAddr(text); err == nil && at.Zone() == "" {
		return netip.PrefixFrom(at.Unmap(), at.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return p, fmt.Errorf("%q is no address or network, such as 192.0.2.7 or 192.0.2.0/24", text)
	case p != p.Masked():
		return p, fmt.Errorf("%q has bits behind its length; is %s meant?", text, p.Masked())
	case p.Bits() == 0:
		return p, fmt.Errorf("%q is everybody; leave the list out", text)
	}
	return p, nil
}

// networks is a list that was checked.
func networks(list []string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range list {
		if p, err := parseNetwork(text); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// parseSize takes bytes, KiB, MiB or GiB; empty is 1 GiB.
func parseSize(text string) (int64, error) {
	text = cmp.Or(text, "1GiB")
	digits, shift := text, 0
	for unit, bits := range map[string]int{"KiB": 10, "MiB": 20, "GiB": 30} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			digits, shift = strings.TrimSpace(number), bits
		}
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if size := int64(n) << shift; err == nil && size >= 1<<20 && size <= 1<<44 {
		return size, nil
	}
	return 0, fmt.Errorf("%q is no size between 1MiB and 16384GiB, such as 200MiB", text)
}
