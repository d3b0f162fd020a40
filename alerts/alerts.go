// Package alerts is the front door: it authenticates what alerting systems
// post, makes it durable, and only then says that it has it.
//
// The proof is checked on the bytes as they came, before anything is parsed.
// Parsing is strict: what two readers could understand differently is refused.
// What is authentic but no order to act (a test, a resolution) is stored and
// acknowledged like the rest, and marked inert. Amounts and addresses come
// from typed fields alone. Each kind of source is one file here.
package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// Inbox makes an alert durable. After a nil error the alert cannot be lost,
// and only then is its sender told so. A delivery that is there already is a
// duplicate, with the number it has. Nobody retries inside: the sender does.
type Inbox interface {
	Receive(ctx context.Context, r incident.Received) (seq uint64, duplicate bool, err error)
}

// Names resolves what messages say to names of the inventory. What it does not
// know stays unknown. All functions must be there and may be called
// concurrently.
type Names struct {
	ChainByID  func(id uint64) (name string, ok bool)
	KnownChain func(name string) bool
	// ContractAt finds one of our contracts by its address.
	ContractAt func(chain string, address common.Address) (name string, ok bool)
	// Contract gives the address of one of our contracts.
	Contract func(name string) (chain string, address common.Address, ok bool)
	Decimals func(token string) (uint8, bool)
}

// Outcome is what became of a request; a small closed set, for counting.
type Outcome string

// The outcomes.
const (
	Accepted        Outcome = "accepted"
	Duplicate       Outcome = "duplicate"
	Inert           Outcome = "inert"
	Unauthenticated Outcome = "unauthenticated"
	Stale           Outcome = "stale" // stored, outside its window
	Malformed       Outcome = "malformed"
	TooLarge        Outcome = "too_large"
	RateLimited     Outcome = "rate_limited"
	Unavailable     Outcome = "unavailable"
	UnknownSource   Outcome = "unknown_source"
	// Unreadable is authentic and stored, and cannot be understood: its sender has
	// changed, or is not set up as it should be.
	Unreadable Outcome = "unreadable"
	// Truncated is counted besides: the sender left alerts out of a delivery.
	Truncated Outcome = "truncated"
	Foreign   Outcome = "foreign_address" // not from where this source may post
	Busy      Outcome = "busy"            // its share of slots or memory is used up
	OverQuota Outcome = "over_quota"      // its day's bytes are used up
)

// Config is what a Handler needs. Inbox, Names and at least one source are
// required.
type Config struct {
	Inbox   Inbox
	Names   Names
	Sources []Source
	// Present gives the names of now, for an inventory that may be replaced. It
	// is asked once per delivery, so that all of one is read by the same names.
	// Nil: Names.
	Present func() Names
	// MaxBody bounds a request's body in bytes. Zero: 256 KiB.
	MaxBody int64
	// MaxConcurrent bounds requests that are handled at once. Zero: 256. One
	// source has a quarter of them at most, and each has four whatever the others
	// do. Who has not proved itself yet needs none.
	MaxConcurrent int
	// MaxBytes bounds the bodies in memory whose proof held. Zero: 64 MiB. One
	// source has a quarter of them at most, and each has one body's worth whatever
	// the others do. Half of it again is for strangers, whose proof is still to
	// come; of that one address has a sixteenth.
	MaxBytes int64
	// Proxies are whose X-Forwarded-For is believed. None: nobody's.
	Proxies []netip.Prefix
	// Refused is told of every request that was turned away for what it is, and
	// not for when it came. It must not hold up the answer. Nil: nobody.
	Refused func(Refusal)
	// Timeout bounds one request once its body is read. Zero: 4 s, because
	// senders give up after 5.
	Timeout time.Duration
	Now     func() time.Time
	Log     *slog.Logger
	// Count is told of every request, once per alert for those that got that
	// far. An unknown source is counted without its name, which is a
	// stranger's text.
	Count func(source string, outcome Outcome)
}

// Refusal is a request that was turned away. Its words are ours and no
// stranger's.
type Refusal struct {
	Source  string // as configured; empty where there is none of that name
	Outcome Outcome
	From    string // address, or the place in a stream
	Detail  string
	Body    string // SHA-256 of what came, hex; empty where nothing was read
}

// message is one alert of a delivery.
type message struct {
	alert incident.Alert
	inert string
	part  []byte // its own bytes of the body, when others came with it
	// truncated is how many others its sender left out of the delivery.
	truncated int
}

// delivery is one request as it came.
type delivery struct {
	source Source
	header http.Header
	body   []byte // byte for byte
	now    time.Time
	names  Names    // of now; decode's alone
	late   bool     // it waited too long in a stream to be an order
	peers  []string // the names in the client certificate, which was verified
}

// kind is what differs between sources. verify checks the proof on the raw
// body; decode is called only after it succeeded. Both may be called
// concurrently.
type kind interface {
	verify(d delivery) error
	decode(d delivery) ([]message, error)
	// evidence picks the headers that are kept: never a secret or signature.
	evidence() []string
}

// kinds are the sources there are.
var kinds = map[string]trade{
	"alertmanager": alertmanagerTrade(),
	"custom":       customTrade(),
	"datadog":      datadogTrade(),
	"forta":        fortaTrade(),
	"generic":      genericTrade(),
	"grafana":      grafanaTrade(),
	"hypernative":  hypernativeTrade(),
	"ozmonitor":    ozmonitorTrade(),
	"pagerduty":    pagerdutyTrade(),
	"safe":         safeTrade(),
	"tenderly":     tenderlyTrade(),
}

// Kinds lists the kinds of sources, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

func (c *Config) check() error {
	if c.Inbox == nil || len(c.Sources) == 0 {
		return errors.New("alerts: an inbox and at least one source are required")
	}
	n := c.Names
	if n.ChainByID == nil || n.KnownChain == nil || n.ContractAt == nil || n.Contract == nil || n.Decimals == nil {
		return errors.New("alerts: the inventory's names are required")
	}
	seen := map[string]bool{}
	owner := map[string]string{}
	for _, s := range c.Sources {
		if s.Name == "" || seen[s.Name] {
			return fmt.Errorf("alerts: source name %q is missing or used twice", s.Name)
		}
		seen[s.Name] = true
		if found := s.Faults(); len(found) > 0 {
			return fmt.Errorf("alerts: source %s: %s", s.Name, found[0])
		}
		for _, proof := range s.proofs() {
			if other, taken := owner[proof]; taken && other != s.Name {
				return fmt.Errorf("alerts: sources %s and %s share a secret, a key or a sender, so one of them could confirm what it said itself; give each its own, or make them one with rules", other, s.Name)
			}
			owner[proof] = s.Name
		}
		for _, secret := range s.Secrets {
			if err := s.checkSecret(secret); err != nil {
				return err
			}
		}
	}
	c.fill()
	return nil
}

func (c *Config) fill() {
	if c.MaxBody <= 0 {
		c.MaxBody = 256 << 10
	}
	if c.MaxConcurrent <= 0 {
		c.MaxConcurrent = 256
	}
	if c.Timeout <= 0 {
		c.Timeout = 4 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Present == nil {
		c.Present = func() Names { return c.Names }
	}
	if c.Count == nil {
		c.Count = func(string, Outcome) {}
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = 64 << 20
	}
	if c.Refused == nil {
		c.Refused = func(Refusal) {}
	}
}
