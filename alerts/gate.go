package alerts

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// caller is who sent a request, as far as the connection tells.
type caller struct {
	at    netip.Addr // the zero address: it could not be told
	names []string   // of its verified client certificate
}

// key is who shares a limit for strangers: one address, or the network that one
// customer gets of IPv6.
func (c caller) key() string {
	if c.at.Is6() {
		if net, err := c.at.Prefix(64); err == nil {
			return net.String()
		}
	}
	return c.at.String()
}

// callerOf reads a request. A header says who called only where the connection
// came from one of our proxies, and then the last address that is none of them:
// everything left of it is the caller's own text.
func callerOf(r *http.Request, proxies []netip.Prefix) caller {
	c := caller{names: certified(r)}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return c
	}
	c.at = peer.Addr().Unmap().WithZone("")
	if !within(proxies, c.at) {
		return c
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if strings.TrimSpace(hop) == "" {
			continue
		}
		at, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			c.at = netip.Addr{} // what the proxy vouches for cannot be read
			return c
		}
		c.at = at.Unmap().WithZone("")
		if !within(proxies, c.at) {
			return c
		}
	}
	return c
}

// certified lists the names in the client certificate, which the TLS library
// has verified; nil without one.
func certified(r *http.Request) []string {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return nil
	}
	leaf := r.TLS.VerifiedChains[0][0]
	names := slices.Concat(leaf.DNSNames, leaf.EmailAddresses)
	for _, u := range leaf.URIs {
		names = append(names, u.String())
	}
	if leaf.Subject.CommonName != "" {
		names = append(names, leaf.Subject.CommonName)
	}
	return names
}

func within(list []netip.Prefix, at netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(at) })
}

// admit asks what can be asked before a byte of the body is read. None of it
// replaces the proof.
func (d *door) admit(c caller) error {
	s := d.source
	switch {
	case s.Pulled:
		return refusal{UnknownSource, http.StatusNotFound, "this source's messages are fetched from its stream, and not posted", 0}
	case len(s.Addresses) > 0 && !within(s.Addresses, c.at):
		return refusal{Foreign, http.StatusForbidden, "this source may not post from this address; the operator lists those that may", 0}
	case s.Client != "" && !slices.Contains(c.names, s.Client):
		return refusal{Unauthenticated, http.StatusUnauthorized, "this source proves itself with a client certificate, and this connection has not the right one", 0}
	}
	return nil
}
