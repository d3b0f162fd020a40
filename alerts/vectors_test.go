package alerts_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

// The known answers were computed by openssl, without a line of ours:
// testdata/vectors/vectors.sh. The first six are those of the specification.

func vector(t testing.TB, name string) []byte {
	text, err := os.ReadFile(filepath.Join("testdata/vectors", name))
	require.NoError(t, err)
	return text
}

// answersOf reads lines of a name and a value.
func answersOf(text []byte) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		all[name] = value
	}
	return all
}

const (
	httpDate = "Sat, 01 Aug 2026 10:00:00 GMT"
	seconds  = "1785578400"
	millis   = "1785578400000"
)

// scheme is a source and the headers that its known answer goes into.
type scheme struct {
	source alerts.Source
	body   string
	proof  string            // the header of the answer
	with   map[string]string // and those beside it
}

func schemes(t testing.TB) map[string]scheme {
	of := sources(t)
	two := of["pagerduty"]
	two.Secrets = []string{"old-secret-of-nobody-here", secret}
	undated := of["grafana"]
	undated.HMAC = nil
	relayer := alerts.Source{Name: "custom", Kind: "custom", Secrets: []string{secret}, Map: map[string]string{"id": "body.id", "rule": "body.event"},
		HMAC: &alerts.HMAC{Header: "X-Signature", Encoding: "base64", Timestamp: "none"}}
	return map[string]scheme{
		"tenderly":      {of["tenderly"], "tenderly", "X-Tenderly-Signature", map[string]string{"Date": httpDate}},
		"ozmonitor":     {of["ozmonitor"], "ozmonitor", "X-Signature", map[string]string{"X-Timestamp": millis}},
		"ozrelayer":     {relayer, "ozrelayer", "X-Signature", nil},
		"grafana":       {undated, "grafana", "X-Grafana-Alerting-Signature", nil},
		"grafana-dated": {of["grafana"], "grafana", "X-Grafana-Alerting-Signature", map[string]string{"X-Grafana-Alerting-Timestamp": seconds}},
		"pagerduty":     {two, "pagerduty", "X-PagerDuty-Signature", nil},
		"generic":       {of["generic"], "generic", alerts.SignatureHeader, map[string]string{alerts.TimestampHeader: seconds}},
		"risk-sentinel": {of["custom"], "risk-sentinel", "X-Risk-Sentinel-Signature", map[string]string{"X-Risk-Sentinel-Timestamp": millis}},
	}
}

func TestTheKnownAnswersAreAcceptedAndNothingNearThem(t *testing.T) {
	answers := answersOf(vector(t, "vectors.txt"))
	for name, c := range schemes(t) {
		require.NotEmpty(t, answers[name], name)
		body := vector(t, c.body+".json")
		h := http.Header{"Content-Type": {"application/json"}}
		h.Set(c.proof, answers[name])
		for k, v := range c.with {
			h.Set(k, v)
		}
		f := frontOf(t, c.source)
		w := f.send(request(c.source.Name, alerts.Signed{Header: h, Body: body}))
		assert.Equal(t, takenBy(c.source.Kind), w.Code, "%s: %s", name, w.Body)
		assert.NotEmpty(t, f.inbox.all, name)

		other := h.Clone()
		other.Set(c.proof, strings.ToUpper(answers[name]))
		assert.Equal(t, http.StatusUnauthorized, f.send(request(c.source.Name, alerts.Signed{Header: other, Body: body})).Code, name)
	}
}

func TestWeSignAsTheKnownAnswersAreSigned(t *testing.T) {
	answers := answersOf(vector(t, "vectors.txt"))
	for name, c := range schemes(t) {
		c.source.Secrets = []string{secret}
		signed, err := alerts.Sign(c.source, alerts.Trial{Body: vector(t, c.body+".json"), Now: now})
		require.NoError(t, err, name)
		first, _, _ := strings.Cut(answers[name], ",")
		assert.Equal(t, first, signed.Header.Get(c.proof), name)
		for k, v := range c.with {
			assert.Equal(t, v, signed.Header.Get(k), name)
		}
	}
}

func TestASignatureThatOpensslMadeIsAcceptedAsHypernatives(t *testing.T) {
	s := sources(t)["hypernative"]
	signature := string(vector(t, "hypernative.signature"))
	send := func(signature string) int {
		body, err := json.Marshal(map[string]string{"id": "anything", "data": string(vector(t, "hypernative.data")), "digitalSignature": signature})
		require.NoError(t, err)
		return frontOf(t, s).send(request(s.Name, alerts.Signed{Header: http.Header{}, Body: body})).Code
	}
	assert.Equal(t, http.StatusAccepted, send(signature))
	assert.Equal(t, http.StatusUnauthorized, send(""))
	assert.Equal(t, http.StatusUnauthorized, send("\n"+signature), "one spelling")
	if fresh := openssl(t)["hypernative-fresh"]; fresh != "" {
		assert.NotEqual(t, signature, fresh)
		assert.Equal(t, http.StatusAccepted, send(fresh))
	}
}

// The token was signed with go-ethereum; openssl verifies its r and s over the
// digest, which has no second computation here: openssl 3.0 knows no keccak.
func TestATokenThatOpensslVerifiesIsAcceptedAsANodes(t *testing.T) {
	token := string(vector(t, "forta.token"))
	input := token[:strings.LastIndex(token, ".")]
	assert.Equal(t, string(vector(t, "forta.digest")), hex.EncodeToString(crypto.Keccak256([]byte(input))))
	s := sources(t)["forta"]
	send := func(token string) int {
		h := http.Header{"Authorization": {"Bearer " + token}}
		return frontOf(t, s).send(request(s.Name, alerts.Signed{Header: h, Body: []byte(`{"alerts":[]}`)})).Code
	}
	assert.Equal(t, http.StatusOK, send(token))
	claims := base64.RawURLEncoding.EncodeToString
	for name, other := range map[string]string{
		"no algorithm":      claims([]byte(`{"alg":"none","typ":"JWT"}`)) + input[strings.Index(input, "."):] + ".",
		"another algorithm": claims([]byte(`{"alg":"HS256","typ":"JWT"}`)) + token[strings.Index(token, "."):],
		"no signature":      input + ".",
		"two parts":         input,
		"four parts":        token + ".AA",
		"a newline in it":   input + ".\n" + token[strings.LastIndex(token, ".")+1:],
	} {
		assert.Equal(t, http.StatusUnauthorized, send(other), name)
	}
}

// openssl runs the script where there is openssl; elsewhere the committed
// answers stand by themselves.
func openssl(t *testing.T) map[string]string {
	for _, tool := range []string{"bash", "openssl", "xxd"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil
		}
	}
	out, err := exec.CommandContext(t.Context(), "bash", "testdata/vectors/vectors.sh").Output()
	require.NoError(t, err)
	return answersOf(out)
}

func TestTheCommittedAnswersAreWhatOpensslComputes(t *testing.T) {
	committed := answersOf(vector(t, "vectors.txt"))
	assert.Len(t, committed, 10)
	assert.Equal(t, "Verified OK", committed["hypernative"])
	computed := openssl(t)
	if computed == nil {
		return
	}
	delete(computed, "hypernative-fresh")
	assert.Equal(t, committed, computed)
}
