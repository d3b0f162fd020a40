package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// liar changes one answer of a console.
type liar struct {
	behind
	path string
	lie  func(answer map[string]any)
}

// RoundTrip implements http.RoundTripper.
func (l liar) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.behind.RoundTrip(r)
	if err != nil || r.URL.Path != l.path {
		return answer, err
	}
	defer func() { _ = answer.Body.Close() }()
	decoder := json.NewDecoder(answer.Body)
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	l.lie(fields)
	raw, err := json.Marshal(fields)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return answer, err
}

// deaf loses the first answer to a vote, which may have landed.
type deaf struct {
	behind
	path  string
	lands bool
	lost  bool
}

// RoundTrip implements http.RoundTripper.
func (d *deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != d.path || d.lost {
		return d.behind.RoundTrip(r)
	}
	d.lost = true
	if d.lands {
		answer, err := d.behind.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_ = answer.Body.Close()
	}
	return nil, io.ErrUnexpectedEOF
}

// elsewhere is another site, which asks the real one in the person's name.
type elsewhere struct{ behind }

// RoundTrip implements http.RoundTripper.
func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	inner.URL.Host = "approve.firebreak.test"
	return e.behind.RoundTrip(inner)
}

func callOf(document map[string]any) map[string]any {
	return document["plan"].(map[string]any)["calls"].([]any)[0].(map[string]any)
}

func sheetOf(paper map[string]any) map[string]any {
	return paper["sheets"].([]any)[0].(map[string]any)
}

func make64(digit byte) []byte { return bytes.Repeat([]byte{digit}, 64) }
