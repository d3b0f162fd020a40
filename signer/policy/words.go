package policy

import (
	"fmt"
	"strings"
	"time"
)

// terms says how often a rule can be used, with what arguments, and who has to
// agree.
func (ru *Rule) terms() string {
	parts := []string{rates(ru.Limits)}
	for i, con := range ru.Args {
		parts = append(parts, fmt.Sprintf("argument %d %s", i, con.words(ru.Function.Args[i])))
	}
	return strings.Join(append(parts, ru.Approvals.words()), ", ")
}

// rates says "up to 10/h" or "up to 2/h for each contract".
func rates(limits []Limit) string {
	var parts []string
	for _, l := range limits {
		part := fmt.Sprintf("up to %d/%s", l.Max, per(l.Window))
		if l.PerTo {
			part += " for each contract"
		}
		parts = append(parts, part)
	}
	if parts == nil {
		return "as often as the key's own limits allow"
	}
	return strings.Join(parts, " and ")
}

// per writes a window: "h" for an hour, "24h" for a day.
func per(window time.Duration) string {
	switch window {
	case time.Second:
		return "s"
	case time.Minute:
		return "min"
	case time.Hour:
		return "h"
	}
	return short(window)
}

// short writes a duration without its empty parts: 48h and not 48h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (a Approvals) words() string {
	if a.Most() == 0 {
		return "without guardians"
	}
	parts := []string{fmt.Sprintf("with %d guardians", a.Need)}
	for _, r := range a.Raised {
		parts = append(parts, fmt.Sprintf("%d after %d in %s", r.Need, r.Count, short(r.Window)))
	}
	if a.MinEIP712 > 0 {
		parts = append(parts, fmt.Sprintf("%d of them by wallet", a.MinEIP712))
	}
	if a.MaxAge > 0 {
		parts = append(parts, fmt.Sprintf("within %s", short(a.MaxAge)))
	}
	if a.Delay > 0 {
		parts = append(parts, fmt.Sprintf("after a delay of %s", short(a.Delay)))
	}
	return strings.Join(parts, ", ")
}

// words writes a constraint over an argument of a type.
func (c Constraint) words(arg Argument) string {
	var values []string
	for _, w := range c.Values {
		values = append(values, arg.Show(w))
	}
	switch c.Operator {
	case Any:
		return "anything"
	case Eq:
		return "exactly " + list(values)
	case In:
		return "one of " + list(values)
	case Lt:
		return "below " + list(values)
	case Lte:
		return "at most " + list(values)
	case NotInSet:
		return "none of " + list(values)
	}
	return "nothing"
}

func (c Ceilings) words() string {
	return fmt.Sprintf("%d gas, %s wei max fee, %s wei tip, %s wei a transaction and %s wei a day", c.Gas, c.MaxFee, c.MaxTip, c.PerTx, c.PerDay)
}

func (c Change) words() string {
	return fmt.Sprintf("%d guardians, %s before a loosening and %s before a tightening", c.Need, short(c.LoosenDelay), short(c.TightenDelay))
}
