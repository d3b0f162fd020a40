package engine

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much garbage may stand beside what is in use, in percent of
// it, before it is collected. In a storm the collector takes a tenth of the
// CPU at Go's own 100, while what is in use is some tens of megabytes.
const gcPercent = 400

// CollectSeldom has this process collect its garbage less often, and so take
// more alerts with the same cores, for more memory. It is for the process that
// is the responder, once, at its start. Who sets GOGC decides otherwise.
func CollectSeldom() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
}
