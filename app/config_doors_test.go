package app

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const doored = good + `  posts:
    kind: generic
    secret_files: [b]
    client: detector.example.org
    addresses: [192.0.2.7, "2001:db8::/32"]
    concurrent: 16
    quota: 200MiB
  waits:
    kind: generic
    secret_files: [c]
    nats: {url: "tls://a.internal:4222,tls://b.internal:4222", stream: ALERTS, creds_file: nats.creds, ca_file: ca.crt}
tls: {cert_file: tls.crt, key_file: tls.key, client_ca_file: clients.crt}
proxies: [10.0.0.0/8]
`

func TestTheDoorsAreReadWithDefaultsAndPathsFromTheFolder(t *testing.T) {
	c, err := parseConfig("/etc/firebreak/firebreak.yaml", []byte(doored))
	require.NoError(t, err)
	assert.Equal(t, &DoorTLS{CertFile: "/etc/firebreak/tls.crt", KeyFile: "/etc/firebreak/tls.key", ClientCAFile: "/etc/firebreak/clients.crt"}, c.TLS)
	n := c.Sources["waits"].NATS
	assert.Equal(t, "firebreak-waits", n.Consumer)
	assert.Equal(t, "/etc/firebreak/nats.creds", n.CredsFile)
	assert.Equal(t, "/etc/firebreak/ca.crt", n.CAFile)
	assert.Len(t, networks(c.Sources["posts"].Addresses), 2)
}

func TestADoorThatWouldNotHoldIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ from, to, where, what string }{
		"half a certificate":             {"key_file: tls.key, ", "", ":", "both cert_file and key_file"},
		"an unknown key":                 {"client_ca_file", "client_cas", ":", "client_ca_file"},
		"a client nobody vouches for":    {", client_ca_file: clients.crt", "", "sources.posts.client:", "tls.client_ca_file"},
		"an address that is none":        {"192.0.2.7", "detector.example.org", "sources.posts.addresses.0:", "no address"},
		"a network with bits behind it":  {"192.0.2.7", "192.0.2.7/24", "sources.posts.addresses.0:", "192.0.2.0/24"},
		"a list of everybody":            {"192.0.2.7", "0.0.0.0/0", "sources.posts.addresses.0:", "everybody"},
		"a proxy that is everybody":      {"10.0.0.0/8", "0.0.0.0/0", "proxies.0:", "everybody"},
		"too many at once":               {"concurrent: 16", "concurrent: 1000", "sources.posts.concurrent:", "256"},
		"fewer than none at once":        {"concurrent: 16", "concurrent: -1", "sources.posts.concurrent:", "256"},
		"a quota of nothing":             {"200MiB", "0MiB", "sources.posts.quota:", "200MiB"},
		"a quota in words":               {"200MiB", "plenty", "sources.posts.quota:", "no size"},
		"a quota beyond any disk":        {"200MiB", "99999999GiB", "sources.posts.quota:", "no size"},
		"a stream without TLS":           {"tls://a.internal", "nats://a.internal", "sources.waits.nats.url:", "without TLS"},
		"a password in the address":      {"tls://a.internal", "tls://ana:hunter2@a.internal", "sources.waits.nats.url:", "password_file"},
		"a web address":                  {"tls://a.internal", "https://a.internal", "sources.waits.nats.url:", "no address"},
		"no stream":                      {"stream: ALERTS, ", "", "sources.waits.nats.stream:", "required"},
		"two ways to log in":             {"creds_file: nats.creds", "creds_file: a, nkey_file: b", "sources.waits.nats:", "name one"},
		"a user without a password":      {"creds_file: nats.creds", "user: firebreak", "sources.waits.nats:", "go together"},
		"an address list for a stream":   {"nats: {", "addresses: [192.0.2.1]\n    nats: {", "sources.waits:", "nothing is posted"},
		"a consumer that is no name":     {"stream: ALERTS", "stream: ALERTS, consumer: a.b", "sources.waits.nats.consumer:", "letters"},
		"half of a client's certificate": {"ca_file: ca.crt", "cert_file: a.crt", "sources.waits.nats:", "go together"},
	} {
		t.Run(name, func(t *testing.T) {
			text := replaceOnce(t, doored, c.from, c.to)
			_, err := parseConfig("firebreak.yaml", []byte(text))
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.where)
			assert.Contains(t, err.Error(), c.what)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestASizeIsWhatItSays(t *testing.T) {
	for text, want := range map[string]int64{"": 1 << 30, "1048576": 1 << 20, "2048KiB": 2 << 20, "200MiB": 200 << 20, "16384GiB": 1 << 44} {
		size, err := parseSize(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, size, text)
	}
	for _, text := range []string{"1", "-1GiB", "1.5GiB", "1GB", "16385GiB", "GiB", "4294967295GiB"} {
		_, err := parseSize(text)
		assert.Error(t, err, text)
	}
}

func TestNATSOnThisMachineNeedsNoTLS(t *testing.T) {
	for url, ok := range map[string]bool{"nats://127.0.0.1:4222": true, "nats://localhost": true, "nats://[::1]:4222": true, "nats://10.0.0.1:4222": false, "": false} {
		assert.Equal(t, ok, natsURL(url) == "", url)
	}
}

func replaceOnce(t *testing.T, text, from, to string) string {
	t.Helper()
	require.Contains(t, text, from)
	return strings.Replace(text, from, to, 1)
}
