package sqlite

import (
	"sync"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// claims reserves and frees the keys of one fact.
func (b *batch) claims(r *request, f sealed) error {
	if claimer, ok := f.body.(incident.Claimer); ok {
		for _, c := range claimer.Claims(f.Stream, f.Run) {
			if err := b.claim(r, c, f); err != nil {
				return err
			}
		}
	}
	if releaser, ok := f.body.(incident.Releaser); ok {
		for _, c := range releaser.Releases(f.Stream, f.Run) {
			if c.Owner == "" {
				continue // nobody's claim is for ever, and may be remembered so
			}
			if _, err := b.do.release.ExecContext(b.ctx, c.Key, c.Owner); err != nil {
				return err
			}
		}
	}
	return nil
}

// claim reserves a key, or finds that its owner has it already.
func (b *batch) claim(r *request, c incident.Claim, f sealed) error {
	result, err := b.do.claim.ExecContext(b.ctx, c.Key, c.Owner, f.Stream, f.Seq)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		if c.Owner == "" {
			r.claims = append(r.claims, incident.ClaimedError{Claim: c, Stream: f.Stream, Seq: f.Seq})
		}
		return err
	}
	taken := &incident.ClaimedError{Claim: c}
	err = b.do.claimed.QueryRowContext(b.ctx, c.Key).Scan(&taken.Owner, &taken.Stream, &taken.Seq)
	switch {
	case err != nil:
		return err
	case taken.Owner == c.Owner && c.Owner != "":
		return nil
	}
	return taken
}

// What is remembered of claims: so many keys of each of two generations, and
// none that is longer.
const (
	maxRecent    = 16 << 10
	maxRecentKey = 512
)

// recent remembers claims that nobody holds, which are taken for ever, once
// they are on disk: a sender that repeats itself in a storm costs no
// transaction. What it has forgotten is found on disk. Safe for concurrent use.
type recent struct {
	mu       sync.Mutex
	new, old map[string]incident.ClaimedError
}

// taken answers an append that could only come too late: one that does not
// depend on where its streams are, and claims what was taken for ever.
func (r *recent) taken(entries []incident.Entry) *incident.ClaimedError {
	for _, e := range entries {
		if e.After != journal.Anywhere {
			return nil
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range entries {
		for _, d := range e.Drafts {
			claimer, ok := d.Body.(incident.Claimer)
			if !ok {
				continue
			}
			for _, c := range claimer.Claims(e.Stream, d.Run) {
				taken, ok := r.new[c.Key]
				if !ok {
					taken, ok = r.old[c.Key]
				}
				if ok {
					return &incident.ClaimedError{Claim: c, Stream: taken.Stream, Seq: taken.Seq}
				}
			}
		}
	}
	return nil
}

// add remembers claims. They must be on disk.
func (r *recent) add(claims []incident.ClaimedError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range claims {
		if len(c.Claim.Key) > maxRecentKey {
			continue
		}
		if len(r.new) >= maxRecent || r.new == nil {
			r.old, r.new = r.new, map[string]incident.ClaimedError{}
		}
		r.new[c.Claim.Key] = c
	}
}
