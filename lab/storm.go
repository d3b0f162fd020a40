package lab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/firebreak-project/firebreak/journal"
)

// Delivery is an alert as the detector would post it now, to the daemon of now.
func (r *Range) Delivery(ctx context.Context, message map[string]any) (*http.Request, error) {
	return r.request(ctx, message)
}

// Record is the daemon's journal, for reading beside it.
func (r *Range) Record() journal.Archive { return r.record }

// PeakMemory is the most memory that the daemon's process has had resident, in
// bytes. It is for a range with a Binary, on Linux.
func (r *Range) PeakMemory() (int64, error) {
	p, ok := r.responder().(*process)
	if !ok {
		return 0, errors.New("only a process of its own has memory of its own")
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read the daemon's memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10, nil
		}
	}
	return 0, errors.New("read the daemon's memory: the kernel does not say")
}
