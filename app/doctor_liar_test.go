package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
)

// distort puts both endpoints behind a proxy that changes results: f gets the
// method, the parameters and what the node answered.
func (c *clinic) distort(f func(method, params string, result any) any) {
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(c.t, err)
		var request struct {
			Method string
			Params json.RawMessage
		}
		assert.NoError(c.t, json.Unmarshal(body, &request))
		resp, err := http.Post(c.chain.HTTP, "application/json", bytes.NewReader(body))
		if !assert.NoError(c.t, err) {
			return
		}
		defer resp.Body.Close()
		var answer map[string]any
		assert.NoError(c.t, json.NewDecoder(resp.Body).Decode(&answer))
		if result, ok := answer["result"]; ok {
			answer["result"] = f(request.Method, strings.ToLower(string(request.Params)), result)
		}
		w.Header().Set("Content-Type", "application/json")
		assert.NoError(c.t, json.NewEncoder(w).Encode(answer))
	}))
	c.t.Cleanup(liar.Close)
	c.file("node-a-url", liar.URL+"/a")
	c.edit("firebreak.yaml", c.chain.WS, liar.URL+"/b")
}

func TestADelegatedAccountIsFound(t *testing.T) {
	c := newClinic(t, habit{})
	delegate := strings.Repeat("ab", 20)
	key := strings.ToLower(c.key.Address.Hex())
	c.distort(func(method, params string, result any) any {
		if method == "eth_getCode" && strings.Contains(params, key) {
			return "0xef0100" + delegate
		}
		return result
	})
	f := c.ask()["account guardian@lab"]
	assert.Equal(t, app.Failed, f.Verdict)
	assert.Contains(t, strings.ToLower(f.Found), "is delegated to 0x"+delegate+" (eip-7702)")
	assert.Contains(t, f.Mend, "fresh key")
}

func TestAHeadThatStandsStillIsFound(t *testing.T) {
	for age, want := range map[time.Duration]app.Verdict{time.Minute: app.Warned, 10 * time.Minute: app.Failed} {
		c := newClinic(t, habit{})
		c.distort(func(method, _ string, result any) any {
			if block, ok := result.(map[string]any); ok && method == "eth_getBlockByNumber" {
				block["timestamp"] = hexutil.EncodeUint64(uint64(time.Now().Add(-age).Unix()))
			}
			return result
		})
		f := c.ask()["endpoint lab/node-a"]
		assert.Equal(t, want, f.Verdict, f.Found)
		assert.Contains(t, f.Mend, "ask its operator")
	}
}

func TestWhatWaitsInThePoolIsToldFromWhatIsLost(t *testing.T) {
	c := newClinic(t, habit{})
	key := strings.ToLower(c.key.Address.Hex())
	c.sign(c.at.Vault, c.limit(1, time.Hour)) // at nonce 0, never sent
	c.distort(func(method, params string, result any) any {
		if method == "eth_getTransactionCount" && strings.Contains(params, key) && strings.Contains(params, "pending") {
			return "0x1"
		}
		return result
	})
	f := c.ask()["nonce guardian@lab"]
	assert.Equal(t, app.Failed, f.Verdict)
	assert.Contains(t, f.Found, "waiting to be mined: 1 nonce from 0 on")
	assert.Contains(t, f.Mend, "incident is open")
}

func TestTextOfAnEndpointIsShownWithoutItsURL(t *testing.T) {
	c := newClinic(t, habit{})
	angry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := w.Write([]byte(`{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"key ` + urlToken + ` of https://rpc.example/` + urlToken + ` is over quota"}}`))
		assert.NoError(t, err)
	}))
	defer angry.Close()
	c.file("node-a-url", angry.URL+"/"+urlToken)
	f := c.ask()["endpoint lab/node-a"]
	require.Equal(t, app.Failed, f.Verdict)
	assert.Contains(t, f.Found, "answers error -32001")
}
