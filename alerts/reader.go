package alerts

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// reader turns text of a message into typed values. It keeps the first error,
// so a decoder reads all fields and asks once.
type reader struct {
	names Names
	err   error
}

func (r *reader) fail(field, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%q %s", field, fmt.Sprintf(format, args...))
	}
}

var idRule = regexp.MustCompile(`^[\x21-\x7e]{1,128}$`)

func (r *reader) id(s string) string { return r.text("id", s) }

// text is a name that only machines compare.
func (r *reader) text(field, s string) string {
	if !idRule.MatchString(s) {
		r.fail(field, "must be 1 to 128 printable ASCII characters without spaces")
	}
	return s
}

// rule maps the sender's own name to the inventory's.
func (r *reader) rule(s Source, name string) string {
	r.text("rule", name)
	if mapped, ok := s.Rules[name]; ok {
		return mapped
	}
	return name
}

func (r *reader) severity(s string) incident.Severity {
	if s == "" {
		return ""
	}
	for _, known := range incident.Severities() {
		if string(known) == s {
			return known
		}
	}
	r.fail("severity", "is one of critical, high, medium, low")
	return ""
}

// chain resolves a name or an id. One that the inventory does not have stays
// unknown: it is not about us, and matches nothing that names a chain.
func (r *reader) chain(name string, id uint64) string {
	switch {
	case name != "" && id != 0:
		r.fail("chain", "and chain_id are two ways to say one thing; send one")
	case name != "" && r.names.KnownChain(name):
		return name
	case id != 0:
		if name, ok := r.names.ChainByID(id); ok {
			return name
		}
	}
	return ""
}

// contract resolves a name or an address, and fills the chain where the
// message left it out and the inventory knows it.
func (r *reader) contract(a *incident.Alert, text string) {
	if text == "" {
		return
	}
	if strings.HasPrefix(text, "0x") {
		address := r.address("contract", text)
		a.Address = &address
		if a.Chain != "" {
			if name, ok := r.names.ContractAt(a.Chain, address); ok {
				a.Contract = name
			}
		}
		return
	}
	chain, address, ok := r.names.Contract(text)
	if !ok {
		return
	}
	if a.Chain != "" && a.Chain != chain {
		r.fail("contract", "is on another chain than the alert says")
		return
	}
	a.Chain, a.Contract, a.Address = chain, text, &address
}

// address takes 20 bytes of hex. Mixed case is a checksum (EIP-55) and must be
// right: a wrong one is a typing mistake.
func (r *reader) address(field, s string) common.Address {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok || len(digits) != 40 || !common.IsHexAddress(s) {
		r.fail(field, "must be an address: 0x and 40 hex digits")
		return common.Address{}
	}
	a := common.HexToAddress(s)
	if digits != strings.ToLower(digits) && digits != strings.ToUpper(digits) && a.Hex() != s {
		r.fail(field, "has an address whose checksum (EIP-55) is wrong")
	}
	return a
}

func (r *reader) addresses(field string, list []string) []common.Address {
	if len(list) > 256 {
		r.fail(field, "names more than 256 accounts")
		return nil
	}
	var all []common.Address
	for i, s := range list {
		all = append(all, r.address(field+"/"+strconv.Itoa(i), s))
	}
	return all
}

func (r *reader) hash(field, s string) *common.Hash {
	if s == "" {
		return nil
	}
	var h common.Hash
	if err := h.UnmarshalText([]byte(s)); err != nil {
		r.fail(field, "must be a transaction hash: 0x and 64 hex digits")
		return nil
	}
	return &h
}

func (r *reader) confidence(c *float64) *float64 {
	if c != nil && !(*c >= 0 && *c <= 1) || c != nil && math.IsNaN(*c) {
		r.fail("confidence", "lies between 0 and 1")
	}
	return c
}

var amountRule = regexp.MustCompile(`^(0|[1-9][0-9]{0,59})(?:\.([0-9]{1,36}))?$`)

// amount reads whole tokens with decimals exactly. A token that the inventory
// does not know leaves the loss unknown.
func (r *reader) amount(field, text, token string) *incident.Amount {
	parts := amountRule.FindStringSubmatch(text)
	if parts == nil {
		r.fail(field, "has an amount that is no plain decimal number, such as 250000.5")
		return nil
	}
	decimals, ok := r.names.Decimals(token)
	if !ok {
		return nil
	}
	if len(parts[2]) > int(decimals) {
		r.fail(field, "has more decimals than the token, which has %d", decimals)
		return nil
	}
	digits := strings.TrimLeft(parts[1]+parts[2]+strings.Repeat("0", int(decimals)-len(parts[2])), "0")
	if digits == "" {
		digits = "0"
	}
	units, err := incident.ParseQuantity(digits)
	if err != nil {
		r.fail(field, "has an amount beyond 256 bits")
		return nil
	}
	return &incident.Amount{Units: units, Token: token, Decimals: decimals}
}

func (r *reader) instant(field, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	t = t.UTC() // an offset can carry it into a year that JSON cannot say
	if err != nil || t.Year() < 2009 || t.Year() > 9999 {
		r.fail(field, "must be a time such as 2026-11-22T03:00:00Z")
		return time.Time{}
	}
	return t
}

func (r *reader) labels(labels map[string]string) map[string]string {
	if len(labels) > 64 {
		r.fail("labels", "has more than 64 entries")
		return nil
	}
	for k, v := range labels {
		if len(k) > 128 || len(v) > 1024 {
			r.fail("labels", "has a key above 128 or a value above 1024 bytes")
		}
	}
	return labels
}

// prose is for people. Control characters are taken out; how it is shown is
// the showing side's matter.
func (r *reader) prose(field, s string) string {
	if utf8.RuneCountInString(s) > 2000 {
		r.fail(field, "is longer than 2000 characters")
		return ""
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' {
			return -1
		}
		return c
	}, s)
}

func (r *reader) link(s string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || len(s) > 2000 || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		r.fail("link", "must be an http or https URL of at most 2000 characters")
		return ""
	}
	return s
}
