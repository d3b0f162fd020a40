package alerts

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// custom is any sender of JSON: configuration says how it signs and what its
// messages mean.
type custom struct {
	hmac    *HMAC
	token   string // the header that shows the secret; "" is Authorization
	mapping mapping
}

func customTrade() trade {
	return trade{
		kind: custom{}, transport: true,
		window: 5 * time.Minute,
		takes:  []string{"exercises", "hmac", "map", "rule", "rules", "token_header", "window"}, needs: []string{"map"},
		prepare: prepareCustom,
		sign: func(s Source, t Trial) (Signed, error) {
			if s.HMAC != nil {
				return Signed{s.HMAC.sign(s.Secrets[0], s.HMAC.stamp(t.Now), t.Body), t.Body}, nil
			}
			h := http.Header{}
			if s.TokenHeader != "" {
				h.Set(s.TokenHeader, s.Secrets[0])
			} else {
				h.Set("Authorization", "Bearer "+s.Secrets[0])
			}
			return Signed{h, t.Body}, nil
		},
	}
}

func prepareCustom(s Source) (kind, []Fault) {
	own := custom{hmac: s.HMAC, token: s.TokenHeader}
	if s.HMAC != nil {
		if s.TokenHeader != "" {
			return nil, []Fault{{"token_header", "is for a sender that does not sign; leave it or hmac out"}}
		}
		if s.Client != "" && len(s.Secrets) == 0 {
			return nil, []Fault{{"hmac", "needs a secret; name it in secret_files"}}
		}
		if found := s.HMAC.faults(); found != nil {
			return nil, found
		}
	} else if s.Window != 0 {
		return nil, []Fault{{"window", "means nothing where nothing is dated; it needs hmac with a timestamp"}}
	}
	if s.TokenHeader != "" && !headerRule.MatchString(s.TokenHeader) {
		return nil, []Fault{{"token_header", "is no name of a header"}}
	}
	if s.Rule == "" && s.Map["rule"] == "" {
		return nil, []Fault{{"map", "maps no rule; add one, or set rule for every message of this source"}}
	}
	var found []Fault
	own.mapping, found = newMapping(s.Map)
	return own, found
}

func (c custom) evidence() []string {
	if c.hmac != nil && c.hmac.dated() {
		return []string{c.hmac.TimestampHeader, "Content-Type"}
	}
	return []string{"Content-Type"}
}

func (c custom) verify(d delivery) error {
	switch {
	case c.hmac != nil:
		return c.hmac.verify(d)
	case c.token != "" && byHeader(d, c.token), c.token == "" && byAuthorization(d, "Bearer", "Basic"):
		return nil
	}
	return noToken("the token does not fit; show it in " + cmp.Or(c.token, "Authorization"))
}

func (c custom) decode(d delivery) ([]message, error) {
	at, dated := time.Time{}, false
	if c.hmac != nil && c.hmac.dated() {
		if at, dated = c.hmac.at(d.header); !dated {
			return nil, errors.New("the time in " + c.hmac.TimestampHeader + " is not as hmac.unit says")
		}
	}
	g, err := c.mapping.read(d)
	if err != nil {
		return nil, err
	}
	m, err := g.read(d)
	if err != nil {
		return nil, err
	}
	if !dated {
		return []message{m}, nil
	}
	return sent(d, at, m), nil
}

var headerRule = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// headerFaults checks the names of headers. Those that other things are done
// with cannot hold a proof.
func (m HMAC) headerFaults() []Fault {
	for key, name := range map[string]string{"hmac.header": m.Header, "hmac.timestamp_header": m.TimestampHeader} {
		if name != "" && !headerRule.MatchString(name) {
			return []Fault{{key, "is no name of a header"}}
		}
	}
	if m.Header != "" && http.CanonicalHeaderKey(m.Header) == http.CanonicalHeaderKey(m.TimestampHeader) {
		return []Fault{{"hmac.timestamp_header", "is the header of the proof; they are two"}}
	}
	return nil
}

// faults checks how a custom sender signs; everything is said, nothing assumed.
func (m HMAC) faults() []Fault {
	allowed := map[string][]string{"hmac.encoding": {"hex", "base64"}, "hmac.timestamp": {"none", "before", "after"}}
	given := map[string]string{"hmac.encoding": m.Encoding, "hmac.timestamp": m.Timestamp}
	for _, key := range slices.Sorted(maps.Keys(allowed)) {
		if !slices.Contains(allowed[key], given[key]) {
			return []Fault{{key, "is one of " + list(allowed[key])}}
		}
	}
	switch {
	case m.Header == "":
		return []Fault{{"hmac.header", "is required: where the proof is"}}
	case m.dated() && m.TimestampHeader == "":
		return []Fault{{"hmac.timestamp_header", "is required where the timestamp is signed"}}
	case m.dated() && m.Unit != "s" && m.Unit != "ms":
		return []Fault{{"hmac.unit", "is s or ms"}}
	case !m.dated() && (m.TimestampHeader != "" || m.Separator != "" || m.Unit != ""):
		return []Fault{{"hmac.timestamp", "is none, so timestamp_header, separator and unit mean nothing: a time that is not signed is anybody's"}}
	case len(m.Prefix) > 32 || len(m.Separator) > 8:
		return []Fault{{"hmac.prefix", "is longer than 32 bytes, or the separator than 8"}}
	}
	return m.headerFaults()
}
