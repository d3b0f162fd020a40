package alerts

import (
	"cmp"
	"embed"
	"fmt"
	"strings"
)

//go:embed guides/*.txt
var guides embed.FS

// Guide says, for people, what to paste at the sender of a source so that it
// posts to a URL. It holds no secret, only where one goes.
func Guide(s Source, url string) (string, error) {
	text, err := guides.ReadFile("guides/" + s.Kind + ".txt")
	if err != nil {
		return "", fmt.Errorf("guide: kind %q is none of %s", s.Kind, list(Kinds()))
	}
	grafana := grafanaHMAC(s)
	proof := "The secret as it is, in " + cmp.Or(s.TokenHeader, "Authorization: Bearer") + "."
	if m := s.HMAC; m != nil {
		what := "the body as sent"
		switch m.Timestamp {
		case "before":
			what = fmt.Sprintf("the time in %s (%s), %q, and the body as sent", m.TimestampHeader, m.Unit, m.Separator)
		case "after":
			what = fmt.Sprintf("the body as sent, %q, and the time in %s (%s)", m.Separator, m.TimestampHeader, m.Unit)
		}
		proof = fmt.Sprintf("%s: %s%s of HMAC-SHA256, keyed with the secret, over %s", m.Header, m.Prefix, m.Encoding, what)
	}
	return strings.NewReplacer("{url}", url, "{name}", s.Name, "{proof}", proof, "{header}", grafana.Header,
		"{timestamp_header}", cmp.Or(grafana.TimestampHeader, "leave it empty, or better set one and name it in hmac.timestamp_header")).Replace(string(text)), nil
}
