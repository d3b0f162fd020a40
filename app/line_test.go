package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnAnswerWithoutEndIsCutOff(t *testing.T) {
	sent := 0
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":"`)
		for chunk := make([]byte, 1<<20); ; sent++ {
			for i := range chunk {
				chunk[i] = 'a'
			}
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	l := newLine(endless.URL)
	var result string
	require.Error(t, l.CallContext(t.Context(), &result, "eth_getLogs"))
	require.NoError(t, l.close())
	endless.Close()
	assert.Less(t, sent, 64, "MiB")
	assert.Empty(t, result)
}
