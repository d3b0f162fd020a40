package sqlite

import (
	"database/sql"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// Pools gives tests the connections as they are configured.
func (j *Journal) Pools() (write, read *sql.DB) { return j.write, j.read }

// Waiting is how many appends the writer has not taken yet.
func (j *Journal) Waiting() int { return len(j.queue) }

// Remembered is how many claims are.
func (j *Journal) Remembered() int { return j.recent.size() }

// RecentOf is how many claims are remembered of n.
func RecentOf(n int) int {
	var r recent
	for i := range n {
		r.add([]incident.ClaimedError{{Claim: incident.Claim{Key: fmt.Sprint(i)}}})
	}
	return r.size()
}

func (r *recent) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.new) + len(r.old)
}
