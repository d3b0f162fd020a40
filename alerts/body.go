package alerts

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// chunk is how much of a body is counted at a time: who sends slowly holds what
// has come, and not what it says will come.
const chunk = 4 << 10

// held is a body in memory, and whose part of which pool it is.
type held struct {
	body []byte
	pool *pool
	who  string
	size int64
}

// free gives the memory back.
func (b *held) free() {
	if b.size > 0 {
		b.pool.give(b.who, b.size)
		b.size = 0
	}
}

// grow counts n bytes more.
func (b *held) grow(n int64) bool {
	if !b.pool.take(b.who, n) {
		return false
	}
	b.size += n
	return true
}

// move makes the body another's: once its proof holds it is no stranger's.
func (b *held) move(to *pool, who string) bool {
	size := b.size
	if b.pool == to {
		return true
	}
	if !to.take(who, size) {
		return false
	}
	b.free()
	b.pool, b.who, b.size = to, who, size
	return true
}

// known tells whether who came this far is no stranger: an address or a
// certificate said so. Strangers are then in nobody's way, however many.
func (d *door) known() bool { return len(d.source.Addresses) > 0 || d.source.Client != "" }

// read takes the body of somebody who has proved nothing yet. What it returns
// must be freed, after an error too.
func (h *Doors) read(d *door, w http.ResponseWriter, r *http.Request, from caller) (*held, error) {
	b := &held{pool: h.strangers, who: from.key()}
	if d.known() {
		b.pool, b.who = h.bytes, d.source.Name
	}
	if err := d.kind.answers.form(r); err != nil {
		return b, err
	}
	limited := http.MaxBytesReader(w, r.Body, h.c.MaxBody)
	for {
		if len(b.body) == int(b.size) {
			if !b.grow(chunk) {
				return b, refusal{Busy, d.kind.answers.retry(), "too many bodies are being read; send it again", time.Second}
			}
			b.body = slices.Grow(b.body, chunk)
		}
		n, err := limited.Read(b.body[len(b.body):min(cap(b.body), int(b.size))])
		b.body = b.body[:len(b.body)+n]
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return b, h.tooLarge()
		}
		if err != nil {
			// Its connection failed, or was too slow. Some senders drop what met a
			// 400 for good.
			return b, refusal{Unavailable, d.kind.answers.retry(), "the body did not come to its end; send it again", time.Second}
		}
	}
}

func (h *Doors) tooLarge() error {
	return refusal{TooLarge, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", h.c.MaxBody), 0}
}
