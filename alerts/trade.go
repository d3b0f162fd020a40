package alerts

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// trade is all that is known of one kind of source: its code, how its sender
// wants to be answered, and what its configuration may say.
type trade struct {
	kind
	answers answers
	// transport: nothing of the message is signed, so all that proves its sender
	// is the connection: a token, a password, or a client certificate.
	transport bool
	basic     bool // its secret is user:password
	unkeyed   bool // its proof is a public key or an address: there is no secret
	// window is how far a signed time may be from our clock, unless the source
	// says otherwise.
	window time.Duration
	// takes are the optional keys of a Source that mean something here; needs those
	// that must be there, anyOf those of which one must.
	takes, needs, anyOf []string
	// prepare makes the kind of one source, with what is read once. Nil: the same
	// for all.
	prepare func(Source) (kind, []Fault)
	// sign makes a delivery as the sender does, for trials.
	sign func(Source, Trial) (Signed, error)
}

// bind gives the trade of one source. It is pure.
func (t trade) bind(s Source) (trade, []Fault) {
	if t.prepare == nil {
		return t, nil
	}
	own, found := t.prepare(s)
	t.kind = own
	return t, found
}

// answers are the codes that a kind of sender understands. A wrong one loses
// alerts: some drop what met a 4xx for good, some switch the whole hook off.
// The zero value is a sender that repeats after 429 and 503 and takes any 2xx.
type answers struct {
	taken int  // for what is stored. Zero: 202
	bare  bool // and with an empty body
	again int  // for what should come again later. Zero: 429
	probe bool // it asks with GET first whether the URL is there: 200
	// refuses tells a sender with 400 that a message cannot be understood. Only
	// for ours, whose author reads answers: everybody else would lose the message,
	// so it is kept and marked instead.
	refuses bool
}

func (a answers) retry() int {
	if a.again != 0 {
		return a.again
	}
	return http.StatusTooManyRequests
}

// form checks what no signature covers, for authors who read answers. Nothing
// is decided from it, so it costs nobody else a message.
func (a answers) form(r *http.Request) error {
	if !a.refuses {
		return nil
	}
	if r.URL.RawQuery != "" {
		return refusal{Malformed, http.StatusBadRequest, "the URL has a query string, which no signature covers; leave it out", 0}
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return refusal{Malformed, http.StatusUnsupportedMediaType, "send application/json", 0}
	}
	return nil
}

// write answers a delivery that is stored.
func (a answers) write(w http.ResponseWriter, receipts []receipt) {
	status := http.StatusAccepted
	if a.taken != 0 {
		status = a.taken
	}
	if a.bare {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"alerts": receipts}) // the sender has gone if it fails
}

// prove checks who sent a delivery: by the client certificate where the source
// names one, and by whatever its kind signs with. Only where a source has no
// secret is the certificate enough.
func (t trade) prove(d delivery) error {
	if d.source.Client != "" {
		if !slices.Contains(d.peers, d.source.Client) {
			return refusal{Unauthenticated, http.StatusUnauthorized, "the client certificate is not the one that this source is known by", 0}
		}
		if t.transport && len(d.source.Secrets) == 0 {
			return nil
		}
	}
	return t.verify(d)
}

// malformedPrefix begins the mark of a message that is authentic and cannot be
// understood; why follows.
const malformedPrefix = "malformed: "

// unreadable is why a message cannot be understood of which only a part is
// signed.
type unreadable struct {
	signed []byte
	error
}

// kept is an authentic message that cannot be understood. It opens nothing and
// is not lost. Its id comes from what is signed, so repeats are duplicates.
func kept(d delivery, signed []byte, why error) []message {
	if part, ok := errors.AsType[unreadable](why); ok {
		signed = part.signed
	}
	sum := sha256.Sum256(signed)
	return []message{{
		alert: incident.Alert{Source: d.source.Name, ID: "malformed-" + hex.EncodeToString(sum[:16])},
		inert: malformedPrefix + why.Error(),
	}}
}

// heed warns of what a sender left out: nobody will ever hear of it here.
func (h *Doors) heed(source string, messages []message) {
	if len(messages) > 0 && messages[0].truncated > 0 {
		h.c.Log.Warn("a sender left alerts out of a delivery; raise its limit (max_alerts)", "source", source, "left_out", messages[0].truncated)
		h.c.Count(source, Truncated)
	}
}

// probe answers a sender that asks whether its URL is there.
func (h *Doors) probe(w http.ResponseWriter, r *http.Request) {
	d := h.doors[r.PathValue("source")]
	if d != nil && d.kind.answers.probe {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Allow", http.MethodPost)
	w.WriteHeader(http.StatusMethodNotAllowed)
}
