package slacktest

import (
	"strconv"
	"strings"
	"time"
)

// date reads <!date^seconds^format^link|fallback> and writes it in the
// reader's zone, as Slack's clients do. What cannot be read shows the
// fallback.
func (p *mrkdwn) date(target, fallback string) span {
	parts := strings.SplitN(target, "^", 4)
	if len(parts) < 3 {
		return span{Kind: "text", Text: fallback}
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<36 {
		return span{Kind: "text", Text: fallback}
	}
	t := time.Unix(seconds, 0).In(p.loc)
	text := dateText(unescape(parts[2]), t, p.now.In(p.loc))
	out := span{Kind: "date", Text: text, URL: t.UTC().Format(time.RFC3339)}
	if len(parts) == 4 && safeLink(unescape(parts[3])) {
		return span{Kind: "link", Text: text, URL: unescape(parts[3])}
	}
	return out
}

func dateText(format string, t, now time.Time) string {
	pretty := func(otherwise string) string {
		// Noon does not move between days at a change of clocks.
		noon := func(x time.Time) time.Time {
			return time.Date(x.Year(), x.Month(), x.Day(), 12, 0, 0, 0, time.UTC)
		}
		switch int(noon(t).Sub(noon(now)).Hours() / 24) {
		case 0:
			return "today"
		case -1:
			return "yesterday"
		case 1:
			return "tomorrow"
		}
		return otherwise
	}
	long := t.Format("January ") + ordinal(t.Day()) + t.Format(", 2006")
	full := t.Format("Monday, ") + long
	short := t.Format("Jan 2, 2006")
	return strings.NewReplacer(
		"{date_num}", t.Format("2006-01-02"),
		"{date_short_pretty}", pretty(short),
		"{date_long_pretty}", pretty(full),
		"{date_pretty}", pretty(long),
		"{date_short}", short,
		"{date_long}", full,
		"{date}", long,
		"{time_secs}", t.Format("15:04:05 MST"),
		"{time}", t.Format("15:04 MST"),
		"{ago}", ago(now.Sub(t)),
	).Replace(format)
}

func ordinal(n int) string {
	suffix := "th"
	if n/10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

func ago(d time.Duration) string {
	if d < 0 {
		return "in " + (-d).Round(time.Second).String()
	}
	return d.Round(time.Second).String() + " ago"
}
