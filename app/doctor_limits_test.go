package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/app"
)

const nodesOfClinic = "rpc: [{name: node-a, url_file: node-a-url}"

// answering is a server that answers everything with one text.
func (c *clinic) answering(status int, text string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, err := w.Write([]byte(text))
		assert.NoError(c.t, err)
	}))
	c.t.Cleanup(server.Close)
	return server.URL
}

// also names one more endpoint.
func (c *clinic) also(rest string) { c.edit("firebreak.yaml", nodesOfClinic, nodesOfClinic+", "+rest) }

func (c *clinic) set(key string) {
	c.edit("firebreak.yaml", "    timeout: 2s\n", "    timeout: 2s\n    "+key+"\n")
}

const notFound = `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method eth_chainId does not exist/is not available"}}`

// wrongAtTheEdges are limits of chains, and endpoints that only take.
func wrongAtTheEdges() map[string]broken {
	const seq = "endpoint lab/seq"
	return map[string]broken{
		"a sequencer is gone": {
			breakIt: func(c *clinic) { c.also(`{name: seq, kind: sequencer, url: "http://127.0.0.1:1/"}`) },
			check:   seq, verdict: app.Failed, says: "cannot be reached", mend: "the other endpoints are given the same bytes",
		},
		"a sequencer is of another chain": {
			breakIt: func(c *clinic) {
				c.also(`{name: seq, kind: sequencer, url: "` + c.answering(200, `{"jsonrpc":"2.0","id":1,"result":"0x2105"}`) + `"}`)
			},
			check: seq, verdict: app.Failed, says: "it is of chain 8453, and lab is chain 1337", mend: "an endpoint of chain 1337",
		},
		"a relay does not tell its chain": {
			breakIt: func(c *clinic) {
				c.also(`{name: seq, kind: relay, method: eth_sendPrivateTransaction, url: "` + c.answering(200, notFound) + `"}`)
			},
			check: seq, verdict: app.NotTold, says: "a relay that can be reached and answers error -32601",
		},
		"a relay wants a signature": {
			breakIt: func(c *clinic) { c.also(`{name: seq, kind: relay, url: "` + c.answering(403, "no") + `"}`) },
			check:   seq, verdict: app.NotTold, says: "answers HTTP 403",
		},
		"there is one node and a sequencer": {
			breakIt: func(c *clinic) {
				c.edit("firebreak.yaml", nodesOfClinic, `rpc: [{name: seq, kind: sequencer, url: "`+c.answering(200, `{"jsonrpc":"2.0","id":1,"result":"0x539"}`)+`"}`)
			},
			check: "chain lab", verdict: app.Warned, says: "one endpoint", mend: "name a second endpoint",
		},
		"a call takes more gas than a transaction may": {
			breakIt: func(c *clinic) { c.set("max_tx_gas: 30000") },
			check:   "gas lab", verdict: app.Failed, says: "a transaction may ask for 30000: it can never be mined", mend: "chains.lab.max_tx_gas",
		},
		"a call is given more gas than a transaction may": {
			breakIt: func(c *clinic) { c.set("max_tx_gas: 140000") },
			check:   "gas lab", verdict: app.Warned, says: "it gets that, and may run out", mend: "chains.lab.max_tx_gas",
		},
		"a bid is above what nodes take": {
			breakIt: func(c *clinic) { c.set(`node_fee_cap: "400000000000000"`) },
			check:   "fee cap lab", verdict: app.Warned, says: "so the bid is cut", mend: "no_fee_cap",
		},
	}
}

func TestTagsThatEndpointsDoNotServeAreFound(t *testing.T) {
	for name, row := range map[string]struct {
		gone    map[string]bool
		config  string
		verdict app.Verdict
		says    string
	}{
		"both are served":             {nil, "finality: finalized", app.Passed, "a goal is final at finalized; safe is "},
		"the last is not":             {map[string]bool{"finalized": true}, "finality: finalized", app.Failed, "a goal would hold and never be final"},
		"the one on the way is not":   {map[string]bool{"safe": true}, "finality: finalized", app.Warned, "no endpoint knows the tag safe: that level is left out"},
		"depth decides":               {map[string]bool{"safe": true, "finalized": true}, "finality: none", app.Passed, "a goal is final 2 blocks deep"},
		"depth decides, and need not": {nil, "finality: none", app.Passed, "every endpoint knows the tag finalized too"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClinic(t, habit{})
			c.distort(func(method, params string, result any) any {
				for tag := range row.gone {
					if method == "eth_getBlockByNumber" && strings.Contains(params, tag) {
						return nil
					}
				}
				return result
			})
			c.set(row.config)
			f := c.ask()["finality lab"]
			assert.Equal(t, row.verdict, f.Verdict, f.Found)
			assert.Contains(t, f.Found, row.says)
		})
	}
}

func TestTheSettingsInEffectAreShownAndWhichAreOverridden(t *testing.T) {
	c := newClinic(t, habit{})
	c.set(`floor_tip: "7"`)
	f := c.ask()["settings lab"]
	assert.Equal(t, app.Passed, f.Verdict)
	assert.Contains(t, f.Found, "preset any other: block 1s, floor tip 0.000000007 gwei")
	assert.Contains(t, f.Found, "overridden: block_time, floor_tip")
}
