package alerts_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

var update = flag.Bool("update", false, "write testdata/*/*.golden anew")

// became is what is kept of a payload, but for the raw bytes.
type became struct {
	Status  int                    `json:"status"`
	Alert   *incident.Alert        `json:"alert,omitempty"`
	Inert   string                 `json:"inert,omitempty"`
	Headers map[string]string      `json:"headers,omitempty"`
	Raw     string                 `json:"raw,omitempty"`
	Counts  map[alerts.Outcome]int `json:"counts,omitempty"`
}

func TestEveryPayloadThatAVendorDocumentsBecomesItsNormalForm(t *testing.T) {
	for kind, s := range sources(t) {
		names := payloads(t, kind)
		require.NotEmpty(t, names, kind)
		for _, name := range names {
			t.Run(kind+"/"+name, func(t *testing.T) {
				f := frontOf(t, s)
				body := payload(t, kind, name)
				w := f.send(signedBy(t, s, body, now))
				var out bytes.Buffer
				enc := json.NewEncoder(&out)
				enc.SetIndent("", "  ")
				enc.SetEscapeHTML(false)
				require.NoError(t, enc.Encode(became{Status: w.Code, Counts: f.counts}))
				for _, r := range f.inbox.all {
					b := became{Status: w.Code, Alert: &r.Alert, Inert: r.Inert, Headers: r.Headers}
					if len(r.Raw) < len(body) {
						b.Raw = string(r.Raw) // its own part
					}
					require.NoError(t, enc.Encode(b))
				}
				path := filepath.Join("testdata", kind, name+".golden")
				if *update {
					require.NoError(t, os.WriteFile(path, out.Bytes(), 0o644))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err, "run go test ./alerts -update, and read what it writes")
				assert.Equal(t, string(want), out.String())
			})
		}
	}
}
