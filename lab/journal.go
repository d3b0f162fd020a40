package lab

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// openRecord opens the daemon's journal for reading, beside it, as `firebreak
// incident` does.
func (r *Range) openRecord(ctx context.Context) (err error) {
	if r.record, err = sqlite.OpenReadOnly(ctx, filepath.Join(r.dir, "firebreak.db")); err != nil {
		return err
	}
	r.undo = append(r.undo, r.record.Close)
	return nil
}

// head proves the whole journal and returns what stands for it.
func (r *Range) head(ctx context.Context) (incident.Digest, error) {
	report, err := journal.Verify(ctx, r.record)
	if err != nil {
		return report.Head, fmt.Errorf("the journal does not verify: %w", err)
	}
	return report.Head, nil
}
