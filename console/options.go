package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// Requests reads the journal. All methods may be called concurrently.
type Requests interface {
	// State returns an incident as it is now.
	State(ctx context.Context, id incident.ID) (incident.State, error)
	// Open returns the incidents that ask for votes now, newest first.
	Open() []incident.State
	// Ended returns the last incidents that asked and do not any more, newest
	// first, a page full of them.
	Ended(ctx context.Context) ([]incident.State, error)
}

// Ballots makes what a person signs and takes it back signed. All methods may
// be called concurrently. An *approvals.VoterError is a sentence for the voter;
// any other error says that nothing is known to have happened.
type Ballots interface {
	// Paper is everything that the person has to sign.
	Paper(ctx context.Context, q Query) (ballot.Paper, error)
	// Cast verifies the signatures and records the vote. It returns when the
	// vote is durable, with the state after it. The same paper may be cast
	// again: it counts once.
	Cast(ctx context.Context, c Cast) (incident.State, error)
	// Keys are the documents of the keys that the plan signs with, by name, so
	// that others can compute every paper by themselves.
	Keys(ctx context.Context, s incident.State) (map[string]ballot.Key, error)
}

// Guardians are who may sign in, and with what: the guardian documents of the
// keys in Vault. All methods may be called concurrently.
type Guardians interface {
	// Find returns the keys of a person, none for a stranger. An error says that
	// the documents could not be read.
	Find(ctx context.Context, person string) ([]consent.Key, error)
	// Login is what a person signs to sign in. It is the same for the same l,
	// and as quick and as long for strangers.
	Login(ctx context.Context, l Login) (ballot.Sheet, error)
	// Verify says whether s is a guardian's signature over digest. A
	// consent.Fault says that it is not, any other error that nobody knows.
	Verify(ctx context.Context, digest common.Hash, s consent.Signature) error
}

// Query asks for a paper. Reason is a denial's.
type Query struct {
	Incident incident.ID
	Person   string
	Decision incident.Decision
	Reason   string
}

// Cast is a signed paper: the query, what named the paper, and one signature
// per sheet, in order.
type Cast struct {
	Query
	ID         common.Hash
	Issued     time.Time
	Signatures []consent.Signature
}

// Login is one attempt to sign in at one site.
type Login struct {
	Person, Origin string
	Nonce          common.Hash
	Until          time.Time
}

// Options are the console's parts. All without a default are required.
type Options struct {
	// Origin is what browsers call the site: https, a host name with a dot in
	// it, a port only where it is not 443.
	Origin string
	// RPID is the domain that passkeys belong to: the host of Origin, which is
	// the default, or a domain above it.
	RPID      string
	Requests  Requests
	Ballots   Ballots
	Guardians Guardians
	// Decoys is a secret of at least 32 bytes from which the credentials that
	// strangers seem to have are made. The same after a restart, or a change of
	// them would tell who is a stranger.
	Decoys  []byte
	Version string // shown in the footer
	// Refused hears of every refusal. It must not block.
	Refused func(Refusal)
	Log     *slog.Logger
	Now     func() time.Time // default time.Now
}

func (o *Options) check() error {
	host, err := CheckOrigin(o.Origin)
	if err != nil {
		return fmt.Errorf("console: origin %w", err)
	}
	if o.RPID == "" {
		o.RPID = host
	}
	if err := CheckRPID(o.Origin, o.RPID); err != nil {
		return fmt.Errorf("console: rp_id %w", err)
	}
	if o.Requests == nil || o.Ballots == nil || o.Guardians == nil {
		return errors.New("console: it needs Requests, Ballots and Guardians")
	}
	if len(o.Decoys) < 32 {
		return errors.New("console: Decoys needs at least 32 bytes")
	}
	if o.Refused == nil {
		o.Refused = func(Refusal) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

// labels is what the guardian document takes for the domain of a passkey: a dot,
// and a last label that begins with a letter.
var labels = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckOrigin says what is wrong with an origin, or returns its host name.
func CheckOrigin(origin string) (host string, err error) {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("%q is no https://host: browsers have passkeys on https alone", origin)
	}
	if "https://"+u.Host != origin || u.Port() == "443" || strings.HasSuffix(u.Host, ":") {
		return "", fmt.Errorf("%q must be https://host or https://host:port and nothing more, as browsers write it", origin)
	}
	if len(u.Hostname()) > 253 || !labels.MatchString(u.Hostname()) {
		return "", fmt.Errorf("%q needs a lower-case host name with a dot in it: a passkey belongs to a domain", origin)
	}
	return u.Hostname(), nil
}

// CheckRPID says what is wrong with the domain that passkeys of an origin are
// to belong to.
func CheckRPID(origin, rpID string) error {
	host, err := CheckOrigin(origin)
	if err != nil {
		return err
	}
	if !labels.MatchString(rpID) || host != rpID && !strings.HasSuffix(host, "."+rpID) {
		return fmt.Errorf("%q must be %s or a domain above it", rpID, host)
	}
	return nil
}

// RequestURL is where a request is read and voted on. It carries no secret.
func RequestURL(origin string, id incident.ID) string { return origin + "/r/" + string(id) }

// ErrUnknown is what Requests.State says of an incident that does not exist.
var ErrUnknown = errors.New("there is no such request")
