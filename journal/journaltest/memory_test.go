package journaltest_test

import (
	"testing"

	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/journaltest"
)

func TestTheMemoryJournalKeepsTheContract(t *testing.T) {
	journaltest.Run(t, func(*testing.T) journaltest.Harness {
		m := new(journaltest.Memory)
		return journaltest.Harness{
			Open:  func(*testing.T) journal.Archive { return m },
			Close: func(*testing.T, journal.Archive) {},
		}
	})
}
