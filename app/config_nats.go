package app

import (
	"net"
	"net/url"
	"regexp"
	"strings"
)

// NATS is a JetStream stream from which a source's messages are fetched. A
// message has the body that would be posted, and the same headers.
type NATS struct {
	// URL is the server, or several of one cluster with commas between them, such
	// as tls://nats.internal:4222. Without TLS, nats://, on loopback alone.
	// Required.
	URL string `yaml:"url"`
	// Stream is where the messages are. Required.
	Stream string `yaml:"stream"`
	// Consumer is the durable consumer that remembers how far we are. One that is
	// missing is made. Default firebreak-<source>.
	Consumer string `yaml:"consumer"`
	// Subject is which messages of the stream are for this source, where the
	// consumer is made. Default: all.
	Subject string `yaml:"subject"`
	// CredsFile holds a user's JWT and seed; NKeyFile a seed; User and
	// PasswordFile a password. One of the three, or none where a client
	// certificate is enough.
	CredsFile    string `yaml:"creds_file"`
	NKeyFile     string `yaml:"nkey_file"`
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	// CAFile holds the authorities of the server's certificate. Default: the
	// system's. CertFile and KeyFile are a client certificate.
	CAFile   string `yaml:"ca_file"`
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

func (n *NATS) files() []*string {
	if n == nil {
		return nil
	}
	return []*string{&n.CredsFile, &n.NKeyFile, &n.PasswordFile, &n.CAFile, &n.CertFile, &n.KeyFile}
}

func (n *NATS) fill(source string) {
	if n != nil && n.Consumer == "" {
		n.Consumer = "firebreak-" + source
	}
}

// natsName is what the server takes for a stream or a consumer, and a bit less.
var natsName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func (k *checker) nats(path string, n NATS) {
	if n.URL == "" {
		k.say(path+".url", "is required, for example tls://nats.internal:4222")
	}
	for text := range strings.SplitSeq(n.URL, ",") {
		if why := natsURL(strings.TrimSpace(text)); n.URL != "" && why != "" {
			k.say(path+".url", "%s", why)
		}
	}
	if !natsName.MatchString(n.Stream) {
		k.say(path+".stream", "is required: letters, digits, dashes and underscores")
	}
	if !natsName.MatchString(n.Consumer) {
		k.say(path+".consumer", "has letters, digits, dashes and underscores alone")
	}
	if strings.ContainsAny(n.Subject, " \t\r\n") {
		k.say(path+".subject", "%q is no subject", n.Subject)
	}
	ways := 0
	for _, way := range []string{n.CredsFile, n.NKeyFile, n.User} {
		if way != "" {
			ways++
		}
	}
	switch {
	case ways > 1:
		k.say(path, "name one of creds_file, nkey_file, and user with password_file")
	case (n.User == "") != (n.PasswordFile == ""):
		k.say(path, "user and password_file go together")
	case (n.CertFile == "") != (n.KeyFile == ""):
		k.say(path, "cert_file and key_file go together")
	}
}

// natsURL says what is wrong with a server's address, without repeating it: it
// may hold a password.
func natsURL(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls":
		return "is no address such as tls://nats.internal:4222"
	case u.User != nil:
		return "has a user in it; put it into user and password_file, creds_file or nkey_file"
	case u.Scheme == "nats" && !loopback(hostOf(u)):
		return "goes over the network without TLS: write tls://"
	}
	return ""
}

func hostOf(u *url.URL) string {
	if host, _, err := net.SplitHostPort(u.Host); err == nil {
		return host
	}
	return u.Hostname()
}
