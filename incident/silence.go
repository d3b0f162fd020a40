package incident

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Silences is the stream of what people silenced.
const Silences Stream = "silences"

// The kinds of facts about silences.
const (
	KindSilenceAdded   Kind = "silence-added"
	KindSilenceExpired Kind = "silence-expired"
)

// What bounds silences: a forgotten one must not become a hole, and everybody
// has to be able to read the list.
const (
	MaxSilence  = 7 * 24 * time.Hour // the longest that any configuration allows
	MinSilence  = time.Minute
	MaxSilences = 256 // at once
)

// SilenceMatch says which alerts a silence is about. Every value that is given
// must be equal to the alert's; one that the alert does not carry is equal to
// nothing. The zero value matches nothing.
type SilenceMatch struct {
	Playbook string            `json:"playbook,omitempty"` // that would open an incident
	Source   string            `json:"source,omitempty"`
	Rule     string            `json:"rule,omitempty"`
	Chain    string            `json:"chain,omitempty"`
	Contract string            `json:"contract,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
}

// Check refuses what would silence more than anybody can mean.
func (m SilenceMatch) Check() error {
	if m.Playbook == "" && m.Source == "" && m.Rule == "" && m.Contract == "" {
		return errors.New("a silence names at least a rule, a contract, a source or a playbook: a chain or a label alone would silence too much")
	}
	if len(m.Labels) > 16 {
		return errors.New("a silence names at most 16 labels")
	}
	for name, value := range m.Labels {
		if name == "" || value == "" {
			return errors.New("a label of a silence has a name and a value: an empty one would match what has none")
		}
	}
	return nil
}

// matches tells whether it is about an alert and the playbook that it matched.
func (m SilenceMatch) matches(a Alert, playbook string) bool {
	if m.Check() != nil {
		return false
	}
	for _, pair := range [][2]string{{m.Playbook, playbook}, {m.Source, a.Source}, {m.Rule, a.Rule}, {m.Chain, a.Chain}, {m.Contract, a.Contract}} {
		if pair[0] != "" && pair[0] != pair[1] {
			return false
		}
	}
	for name, value := range m.Labels {
		if a.Labels[name] != value {
			return false
		}
	}
	return true
}

// String is the match as a person writes it.
func (m SilenceMatch) String() string {
	var parts []string
	for _, pair := range [][2]string{{"playbook", m.Playbook}, {"source", m.Source}, {"rule", m.Rule}, {"chain", m.Chain}, {"contract", m.Contract}} {
		if pair[1] != "" {
			parts = append(parts, pair[0]+"="+pair[1])
		}
	}
	var labels []string
	for name, value := range m.Labels {
		labels = append(labels, "label:"+name+"="+value)
	}
	slices.Sort(labels)
	return strings.Join(append(parts, labels...), " ")
}

// SilenceAdded says that a person keeps certain alerts from opening incidents,
// until a time. It stops no incident that runs, takes no vote away, and hides
// no alert: what it held back is in the journal with its name.
type SilenceAdded struct {
	Match SilenceMatch `json:"match"`
	Until time.Time    `json:"until"`
	By    string       `json:"by"`
	Why   string       `json:"why"`
}

// SilenceExpired says that a person ended a silence before its time.
type SilenceExpired struct {
	Silence uint64 `json:"silence"` // the number of the fact that added it
	By      string `json:"by"`
	Why     string `json:"why"`
}

func (SilenceAdded) Kind() Kind   { return KindSilenceAdded }
func (SilenceExpired) Kind() Kind { return KindSilenceExpired }

// Silence is one silence as the facts tell it.
type Silence struct {
	Number uint64 `json:"number"` // of the fact that added it
	SilenceAdded
	Since   time.Time       `json:"since"`
	Expired *SilenceExpired `json:"expired,omitempty"` // ended before its time
	EndedAt time.Time       `json:"ended_at,omitzero"` // then
}

// Active tells whether it holds alerts back at a time.
func (s Silence) Active(now time.Time) bool {
	return !now.Before(s.Since) && now.Before(s.Until) && (s.Expired == nil || now.Before(s.EndedAt))
}

// Words says in one line why an alert opened nothing.
func (s Silence) Words() string {
	return fmt.Sprintf("silence %d by %s until %s: %s", s.Number, s.By, s.Until.UTC().Format("2006-01-02 15:04 UTC"), s.Why)
}

// SilenceList is what a stream of silences tells, oldest first. It is a value:
// With returns a new one.
type SilenceList []Silence

// With is the list after one more fact of the stream.
func (l SilenceList) With(f Fact) (SilenceList, error) {
	body, err := f.Body()
	if err != nil {
		return l, err
	}
	switch b := body.(type) {
	case SilenceAdded:
		return append(slices.Clip(l), Silence{Number: f.Seq, SilenceAdded: b, Since: f.Seen}), nil
	case SilenceExpired:
		i := slices.IndexFunc(l, func(s Silence) bool { return s.Number == b.Silence })
		if i < 0 || l[i].Expired != nil {
			return l, fmt.Errorf("fact %d ends silence %d, which does not run", f.Seq, b.Silence)
		}
		next := slices.Clone(l)
		next[i].Expired, next[i].EndedAt = &b, f.Seen
		return next, nil
	}
	return l, fmt.Errorf("a fact of kind %s is none of silences", f.Kind)
}

// Active lists those that hold alerts back at a time.
func (l SilenceList) Active(now time.Time) SilenceList {
	var active SilenceList
	for _, s := range l {
		if s.Active(now) {
			active = append(active, s)
		}
	}
	return active
}

// Covers finds the silence that keeps an alert from opening an incident of a
// playbook. Nothing silences what a person asked for.
func (l SilenceList) Covers(a Alert, o Opened, now time.Time) (Silence, bool) {
	if o.Unsilenceable || a.By != "" || a.Replayed != "" {
		return Silence{}, false
	}
	i := slices.IndexFunc(l, func(s Silence) bool { return s.Active(now) && s.Match.matches(a, o.Playbook.Name) })
	if i < 0 {
		return Silence{}, false
	}
	return l[i], true
}
