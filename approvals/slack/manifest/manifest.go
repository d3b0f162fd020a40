// Package manifest holds what an administrator gives Slack to create the app:
// its name, its scopes with their reasons, its command and its events, once for
// each transport. A test holds the scopes against the calls that
// approvals/slack makes.
package manifest

import (
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// The paths under which the daemon takes what Slack sends over HTTP.
const (
	InteractionsPath = "/slack/interactions"
	CommandsPath     = "/slack/commands"
	EventsPath       = "/slack/events"
)

// Transports are the two ways in which Slack reaches an app, by the names that
// people type.
var Transports = []string{"http", "socket"}

//go:embed http.yaml
var httpYAML string

//go:embed socket.yaml
var socketYAML string

// example stands in http.yaml for the daemon's own address.
const example = "https://firebreak.example.com"

// maxURL is Slack's limit for the addresses in a manifest, in bytes, less the
// longest path.
const maxURL = 3000 - len(InteractionsPath)

// For is the manifest for one transport, as YAML with comments. Over http it
// needs the address at which Slack reaches the daemon, which must be https;
// over socket there is none, and base must be empty.
func For(transport, base string) (string, error) {
	switch transport {
	case "http":
		address, err := checked(base)
		if err != nil {
			return "", err
		}
		return strings.ReplaceAll(httpYAML, example, address), nil
	case "socket":
		if base != "" {
			return "", errors.New("slack manifest: over socket Slack reaches no address; leave the URL out")
		}
		return socketYAML, nil
	}
	return "", fmt.Errorf("slack manifest: transport %q is unknown; choose one of %s", transport, strings.Join(Transports, ", "))
}

// checked refuses an address that Slack would refuse, and everything that could
// mean something in YAML.
func checked(base string) (string, error) {
	base = strings.TrimRight(base, "/")
	u, err := url.Parse(base)
	switch {
	case base == "":
		return "", errors.New("slack manifest: over http Slack needs the address of the daemon; for example https://firebreak.example.com")
	case err != nil || u.Scheme != "https" || u.Hostname() == "":
		return "", fmt.Errorf("slack manifest: %q is no https address; Slack sends to no other", base)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("slack manifest: the address has more than a host and a path; leave user, query and fragment out")
	case len(base) > maxURL:
		return "", fmt.Errorf("slack manifest: the address is longer than %d bytes", maxURL)
	case slices.ContainsFunc([]byte(base), func(b byte) bool { return !plain(b) }):
		return "", fmt.Errorf("slack manifest: %q holds a character that an address is not written with", base)
	}
	return base, nil
}

// plain are the bytes of an address that mean nothing in YAML.
func plain(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte(":/.-_~%[]", b) >= 0
}
