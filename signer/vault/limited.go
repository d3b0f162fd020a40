package vault

import (
	"io"
	"net/http"
)

// maxReply bounds what is read from Vault. A key with all its windows takes a
// few kilobytes.
const maxReply = 1 << 20

// limited cuts every reply off at maxReply; what is cut does not decode.
type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxReply), resp.Body}
	return resp, nil
}
