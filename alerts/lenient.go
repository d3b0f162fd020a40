package alerts

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// What vendors write for people is not ours to refuse: a summary that is too
// long must not keep an attack from being stopped. What does not fit is cut or
// left out; what decides something is read as strictly as everywhere.

// ruleOf is the rule of a message that names it in one of these ways: what the
// source's configuration maps goes first, then the rule it gives to every
// message, then a name that is one as it stands. Else it is unknown.
func (r *reader) ruleOf(s Source, names ...string) string {
	for _, name := range names {
		if mapped, ok := s.Rules[name]; ok {
			return mapped
		}
	}
	if s.Rule != "" {
		return s.Rule
	}
	for _, name := range names {
		if idRule.MatchString(name) {
			return name
		}
	}
	return ""
}

// severityOf takes a vendor's word by its table, else what the source's
// configuration says. A word that is not in the table is unknown.
func severityOf(s Source, table map[string]incident.Severity, word string) incident.Severity {
	if known, ok := table[word]; ok {
		return known
	}
	return s.Severity
}

// excerpt is prose of at most 2000 characters.
func (r *reader) excerpt(s string) string {
	const most = 2000
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return strings.TrimSpace(r.prose("summary", s))
}

// reference is a link, or nothing where it is none.
func (r *reader) reference(s string) string {
	own := reader{}
	if link := own.link(s); own.err == nil {
		return link
	}
	return ""
}

// legible reads one address of a vendor's list. What is none, or is of another
// kind of chain, is left out: it must not keep the others from being read.
func legible(text string) (common.Address, bool) {
	own := reader{}
	address := own.address("address", text)
	return address, own.err == nil
}

// fitting leaves out labels that are empty or too long, and those after the
// 64th by name. None is cut: somebody may compare with it.
func (r *reader) fitting(labels map[string]string) map[string]string {
	kept := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		value := labels[key]
		if value != "" && key != "" && len(key) <= 128 && len(value) <= 1024 && len(kept) < 64 {
			kept[key] = value
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// timeForms are the ways in which a signed time may be written where its vendor
// documents none.
var timeForms = []string{time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC, time.RFC3339Nano,
	"2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999"}

// tolerantTime reads a time in any of the ways above, or in seconds or
// milliseconds since 1970.
func tolerantTime(text string) (time.Time, bool) {
	for _, form := range timeForms {
		t, err := time.Parse(form, text)
		if err != nil || t.Year() < 2009 || t.Year() > 9999 {
			continue
		}
		// A zone that is only a name is guessed to be UTC, which is right for these.
		if zone, offset := t.Zone(); offset == 0 && zone != "" && zone != "UTC" && zone != "GMT" {
			return time.Time{}, false
		}
		return t.UTC(), true
	}
	if t, ok := unixTime(text, time.Second); ok {
		return t, true
	}
	return unixTime(text, time.Millisecond)
}
