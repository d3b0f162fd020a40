package alerts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// ozmonitor is OpenZeppelin Monitor. In its raw mode a message holds the monitor
// and the transaction with typed arguments; in its template mode prose alone,
// which is taken only where the source's configuration names a rule.
type ozmonitor struct{}

// ozHMAC signs the body and, right behind it, the time in milliseconds. Both
// stay the same when it repeats.
var ozHMAC = HMAC{Header: "X-Signature", Encoding: "hex", TimestampHeader: "X-Timestamp", Timestamp: "after", Unit: "ms"}

func ozmonitorTrade() trade {
	return trade{
		kind: ozmonitor{},
		// Its first message is minutes behind the block and its repeats carry the
		// first one's time.
		window:  10 * time.Minute,
		takes:   []string{"chains", "loss", "rule", "rules", "severity", "suspects", "window"},
		prepare: prepareOZ,
		sign: func(s Source, t Trial) (Signed, error) {
			return Signed{ozHMAC.sign(s.Secrets[0], ozHMAC.stamp(t.Now), t.Body), t.Body}, nil
		},
	}
}

func prepareOZ(s Source) (kind, []Fault) {
	if s.Loss != nil && (s.Loss.Arg == "" || s.Loss.Token == "") {
		return nil, []Fault{{"loss", "is an argument's name in arg, and the token that it counts in token"}}
	}
	return ozmonitor{}, s.suspectFaults(txFrom, anyArg)
}

func (ozmonitor) evidence() []string { return []string{"X-Timestamp", "Content-Type"} }

func (ozmonitor) verify(d delivery) error { return ozHMAC.verify(d) }

// ozMessage is either mode's body.
type ozMessage struct {
	EVM   *ozMatch `json:"EVM"`
	Title string   `json:"title"`
	Body  string   `json:"body"`
}

type ozMatch struct {
	Monitor struct {
		Name      string     `json:"name"`
		Addresses []logEntry `json:"addresses"`
	} `json:"monitor"`
	Transaction struct {
		Hash string `json:"hash"`
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"transaction"`
	Logs    []logEntry `json:"logs"`
	Network string     `json:"network_slug"`
	Args    *struct {
		Functions []ozCall `json:"functions"`
		Events    []ozCall `json:"events"`
	} `json:"matched_on_args"`
}

type ozCall struct {
	Signature string  `json:"signature"`
	Args      []ozArg `json:"args"`
}

type ozArg struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Kind  string `json:"kind"`
}

func (ozmonitor) decode(d delivery) ([]message, error) {
	var o ozMessage
	if err := decodeKnown(d.body, &o); err != nil {
		return nil, err
	}
	at, ok := ozHMAC.at(d.header)
	if !ok {
		return nil, errors.New("the X-Timestamp header is no time in milliseconds")
	}
	r := reader{names: d.names}
	var messages []message
	switch {
	case o.EVM != nil:
		messages = o.EVM.messages(d, &r)
	case o.Title == "" && o.Body == "":
		return nil, errors.New("it is neither of EVM nor in template mode")
	case d.source.Rule == "":
		return nil, errors.New(`its body is in template mode, prose alone; set "payload_mode": "raw" in the trigger, or rule for this source`)
	default:
		messages = o.prose(d, &r)
	}
	if r.err != nil {
		return nil, r.err
	}
	for i := range messages {
		messages[i].alert.Sent = at
	}
	return happened(d, at, messages...), nil
}

// prose is a message of template mode. Its only id is what was signed.
func (o ozMessage) prose(d delivery, r *reader) []message {
	sum := sha256.Sum256(append([]byte(d.header.Get(ozHMAC.TimestampHeader)+"."), d.body...))
	return []message{{alert: incident.Alert{
		Source: d.source.Name, ID: hex.EncodeToString(sum[:]), Rule: d.source.Rule, Severity: d.source.Severity,
		Summary: r.excerpt(strings.TrimSpace(o.Title + "\n" + o.Body)),
	}}}
}

func (e *ozMatch) messages(d delivery, r *reader) []message {
	a := incident.Alert{
		Source: d.source.Name, Rule: r.ruleOf(d.source, e.Monitor.Name), Severity: d.source.Severity,
		Chain: r.vendorChain(d.source, e.Network), Tx: r.hash("transaction.hash", e.Transaction.Hash),
		Labels: r.fitting(map[string]string{"monitor": e.Monitor.Name, "network": e.Network}), Summary: r.excerpt(e.Monitor.Name),
	}
	if e.Monitor.Name == "" || a.Tx == nil {
		r.fail("monitor.name", "and transaction.hash identify a message, and one of them is missing")
		return nil
	}
	a.ID = idOf(strings.ToLower(e.Transaction.Hash), e.Monitor.Name, e.Network)
	e.accuse(d.source, r, &a)
	e.count(d.source, r, &a)
	return spread(d, message{alert: a}, e.places(r, a.Chain))
}

// places are what the transaction touched, of the addresses that the monitor
// watches where it says them.
func (e *ozMatch) places(r *reader, chain string) (watched []place) {
	all := r.placesOf(chain, e.Transaction.To, e.Logs)
	if len(e.Monitor.Addresses) == 0 {
		return all
	}
	of := map[common.Address]bool{}
	for _, a := range e.Monitor.Addresses {
		of[r.address("monitor.addresses.address", a.Address)] = true
	}
	for _, p := range all {
		if of[p.address] {
			watched = append(watched, p)
		}
	}
	return watched
}

// args are the typed arguments of what matched.
func (e *ozMatch) args() (all []ozArg) {
	if e.Args == nil {
		return nil
	}
	for _, list := range [][]ozCall{e.Args.Functions, e.Args.Events} {
		for _, call := range list {
			all = append(all, call.Args...)
		}
	}
	return all
}

func (e *ozMatch) accuse(s Source, r *reader, a *incident.Alert) {
	for _, word := range s.Suspects {
		if word == txFrom && e.Transaction.From != "" {
			r.accuse(a, a.Chain, r.address("transaction.from", e.Transaction.From))
		}
		for _, arg := range e.args() {
			if anyArg+arg.Name == word && arg.Kind == "address" {
				r.accuse(a, a.Chain, r.address("args."+arg.Name, arg.Value))
			}
		}
	}
}

// count reads the loss from the one argument that the configuration names.
// Where several match there is no telling which, and it stays unknown.
func (e *ozMatch) count(s Source, r *reader, a *incident.Alert) {
	if s.Loss == nil {
		return
	}
	var found []ozArg
	for _, arg := range e.args() {
		if arg.Name == s.Loss.Arg && strings.HasPrefix(arg.Kind, "uint") {
			found = append(found, arg)
		}
	}
	decimals, known := r.names.Decimals(s.Loss.Token)
	if len(found) != 1 || !known {
		return
	}
	units, err := incident.ParseQuantity(found[0].Value)
	if err != nil {
		r.fail("args."+found[0].Name, "is no amount in base units")
		return
	}
	a.Loss = &incident.Amount{Units: units, Token: s.Loss.Token, Decimals: decimals}
}
