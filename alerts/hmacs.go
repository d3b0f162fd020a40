package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HMAC says how a sender signs: HMAC-SHA256 with the source's secret over the
// raw body, and a timestamp where there is one.
type HMAC struct {
	// Header holds the proof.
	Header string
	// Encoding is hex (lower case) or base64 (standard, padded).
	Encoding string
	// Prefix stands in front of the proof, such as sha256=.
	Prefix string
	// TimestampHeader holds the signed time; "" where nothing is dated.
	TimestampHeader string
	// Timestamp is where the time is signed: none, before or after the body.
	Timestamp string
	// Separator stands between time and body.
	Separator string
	// Unit is s or ms since 1970.
	Unit string
	// several: the header may hold a list, one proof for each active secret.
	several bool
	// when reads the time in place of Unit.
	when func(text string) (time.Time, bool)
}

// maxProofs bounds the list of proofs in one header.
const maxProofs = 4

// sum is the proof of a body under one secret.
func (m HMAC) sum(secret, timestamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	if m.Timestamp == "before" {
		h.Write([]byte(timestamp + m.Separator))
	}
	h.Write(body)
	if m.Timestamp == "after" {
		h.Write([]byte(m.Separator + timestamp))
	}
	return h.Sum(nil)
}

func (m HMAC) text(sum []byte) string {
	if m.Encoding == "base64" {
		return m.Prefix + base64.StdEncoding.EncodeToString(sum)
	}
	return m.Prefix + hex.EncodeToString(sum)
}

// dated tells whether a time is signed.
func (m HMAC) dated() bool { return m.Timestamp == "before" || m.Timestamp == "after" }

// verify compares with every secret, always all of them, so that time says
// nothing about which one fits. The texts are compared, so that a proof has one
// spelling.
func (m HMAC) verify(d delivery) error {
	wrong := refusal{Unauthenticated, http.StatusUnauthorized, "the proof in " + m.Header + " does not fit the body as it came; check the secret", 0}
	timestamp, ok := "", true
	if m.dated() {
		timestamp, ok = single(d.header, m.TimestampHeader)
	}
	header, there := single(d.header, m.Header)
	if !ok || !there {
		wrong.detail = "send " + m.names() + ", each once"
		return wrong
	}
	entries := []string{header}
	if m.several {
		entries = strings.Split(header, ",")
	}
	if len(entries) > maxProofs {
		return wrong
	}
	fits := false
	for _, secret := range d.source.Secrets {
		want := []byte(m.text(m.sum(secret, timestamp, d.body)))
		for _, entry := range entries {
			if m.several {
				entry = strings.TrimSpace(entry)
			}
			fits = hmac.Equal([]byte(entry), want) || fits
		}
	}
	if !fits {
		return wrong
	}
	// Where a body ends and a time begins is not signed. Bytes that moved from one
	// to the other leave neither of them whole.
	if _, dated := m.at(d.header); m.dated() && !dated && checkJSON(d.body) != nil {
		return wrong
	}
	return nil
}

func (m HMAC) names() string {
	if m.dated() {
		return m.TimestampHeader + " and " + m.Header
	}
	return m.Header
}

// at is the signed time.
func (m HMAC) at(header http.Header) (time.Time, bool) {
	text := header.Get(m.TimestampHeader)
	if m.when != nil {
		return m.when(text)
	}
	unit := time.Second
	if m.Unit == "ms" {
		unit = time.Millisecond
	}
	return unixTime(text, unit)
}

// unixTime reads a time since 1970, from 2000 to 2242. Another number is of
// another unit, or has been cut.
func unixTime(text string, unit time.Duration) (time.Time, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	scale := int64(time.Second / unit)
	if err != nil || strconv.FormatInt(n, 10) != text || n/scale < 946684800 || n/scale >= 1<<33 {
		return time.Time{}, false
	}
	return time.Unix(n/scale, n%scale*int64(unit)).UTC(), true
}

// sign makes the headers of a delivery, as the sender does.
func (m HMAC) sign(secret, timestamp string, body []byte) http.Header {
	h := http.Header{}
	if m.dated() {
		h.Set(m.TimestampHeader, timestamp)
	}
	h.Set(m.Header, m.text(m.sum(secret, timestamp, body)))
	return h
}

// stamp is a time as this sender writes it.
func (m HMAC) stamp(now time.Time) string {
	if m.Unit == "ms" {
		return strconv.FormatInt(now.UnixMilli(), 10)
	}
	return strconv.FormatInt(now.Unix(), 10)
}

// single is a header's value when it came once and is not empty.
func single(header http.Header, name string) (string, bool) {
	values := header.Values(name)
	return header.Get(name), len(values) == 1 && values[0] != ""
}
