package alerts_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/alerts"
)

// broken is the end of a connection that breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestABodyThatWasCutOffIsNotTakenAndAskedForAgain: what came is whole and its
// proof would hold, but it may have gone on. Several senders drop for good what
// met a 400, and one switches the whole hook off after three.
func TestABodyThatWasCutOffIsNotTakenAndAskedForAgain(t *testing.T) {
	for kind, s := range sources(t) {
		f := frontOf(t, s)
		r := signedBy(t, s, payload(t, kind, orders[kind]), now)
		r.Body, r.ContentLength = io.NopCloser(io.MultiReader(r.Body, broken{})), -1
		w := f.send(r)
		assert.Contains(t, []int{http.StatusTooManyRequests, http.StatusServiceUnavailable}, w.Code, kind)
		assert.Equal(t, "1", w.Header().Get("Retry-After"), kind)
		assert.Empty(t, f.inbox.all, kind)
		assert.Equal(t, 1, f.counts[alerts.Unavailable], kind)
	}
}
