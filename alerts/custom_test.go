package alerts_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

// mapped is a custom source with a token and these expressions beside id and
// rule.
func mapped(expressions map[string]string) alerts.Source {
	all := map[string]string{"id": "'a1'", "rule": "'r'"}
	for k, v := range expressions {
		all[k] = v
	}
	return alerts.Source{Name: "custom", Kind: "custom", Secrets: []string{secret}, Map: all}
}

func TestAMappingGivesEveryFieldOfTheNormalForm(t *testing.T) {
	s := mapped(map[string]string{"severity": "{'1': 'critical', '2': 'high'}[string(body.p)]", "chain_id": "body.chain", "contract": "body.a[0]",
		"tx": "body.tx", "suspects": "body.a.filter(x, x != body.a[0])", "loss.amount": "body.units", "loss.token": "body.token", "confidence": "body.c",
		"occurred": "string(timestamp(body.at))", "summary": "body.title + ': ' + body.text", "link": "'https://sender.example.org/' + body.n",
		"signal": "body.n", "test": "body.kind == 'ping'", "resolved": "body.kind == 'over'"})
	body := `{"p":2,"chain":1,"a":["0x1111111111111111111111111111111111111111","0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"],"tx":"0x` + strings.Repeat("aa", 32) +
		`","units":250000,"token":"USDX","c":0.25,"at":1785578390,"title":"drain","text":"of a vault","n":"17","kind":"KIND"}`
	a := sendAs(t, s, body).inbox.all[0]
	assert.Empty(t, a.Inert)
	assert.Equal(t, "vault", a.Alert.Contract)
	assert.Equal(t, "250000 USDX", a.Alert.Loss.String())
	assert.EqualValues(t, "high", a.Alert.Severity)
	assert.Len(t, a.Alert.Suspects, 1)
	assert.InDelta(t, 0.25, *a.Alert.Confidence, 0)
	assert.Equal(t, "2026-08-01T09:59:50Z", a.Alert.Occurred.Format("2006-01-02T15:04:05Z07:00"))
	assert.Equal(t, "drain: of a vault", a.Alert.Summary)
	assert.Equal(t, "17", a.Alert.Signal)
	assert.Equal(t, "https://sender.example.org/17", a.Alert.Link)
	assert.Equal(t, "test", sendAs(t, s, strings.Replace(body, "KIND", "ping", 1)).inbox.all[0].Inert)
	assert.Equal(t, "resolved", sendAs(t, s, strings.Replace(body, "KIND", "over", 1)).inbox.all[0].Inert)
}

func TestWhatAMappedMessageLacksStaysUnknown(t *testing.T) {
	s := mapped(map[string]string{"severity": "body.severity", "chain_id": "body.chain.id", "contract": "body.targets[3]", "suspects": "body.who",
		"loss.amount": "body.lost", "loss.token": "'USDX'", "confidence": "body.c", "test": "body.test", "summary": "body.none"})
	a := sendAs(t, s, `{"targets":[],"none":null}`).inbox.all[0]
	assert.Empty(t, a.Inert)
	assert.Equal(t, "a1", a.Alert.ID)
	assert.Empty(t, a.Alert.Severity)
	assert.Empty(t, a.Alert.Chain)
	assert.Nil(t, a.Alert.Address)
	assert.Nil(t, a.Alert.Loss)
	assert.Nil(t, a.Alert.Confidence)
}

func TestWhatAMappingCannotMakeAFieldOfIsKeptAndOpensNothing(t *testing.T) {
	for name, c := range map[string]struct{ field, expression, body, why string }{
		"a number for text":        {"contract", "body.x", `{"x":17}`, `"contract" must give a text`},
		"text for true":            {"test", "body.x", `{"x":"true"}`, `"test" must give true or false`},
		"a fraction for an amount": {"loss.amount", "body.x", `{"x":250000.5}`, "not exact"},
		"a negative amount":        {"loss.amount", "body.x", `{"x":-5}`, `"loss.amount" must give`},
		"a huge number":            {"loss.amount", "body.x", `{"x":123456789012345678901234567890}`, "not exact"},
		"a chain of a fraction":    {"chain_id", "body.x", `{"x":1.5}`, `"chain_id" must give`},
		"a list of numbers":        {"suspects", "body.x", `{"x":[1,2]}`, `"suspects" must give`},
		"a list of lists":          {"suspects", "body.x", `{"x":[["0x1"]]}`, `"suspects" must give`},
		"an address that is none":  {"contract", "body.x", `{"x":"0x12"}`, "40 hex digits"},
		"a severity of its own":    {"severity", "body.x", `{"x":"SEV1"}`, "critical, high"},
		"an object":                {"summary", "body", `{"x":1}`, `"summary" must give`},
		"an expression that fails": {"summary", "body.x + 'y'", `{"x":1}`, "fails on this message"},
		"a division by nothing":    {"chain_id", "1 / body.x", `{"x":0}`, "fails on this message"},
	} {
		t.Run(name, func(t *testing.T) {
			expressions := map[string]string{c.field: c.expression}
			if c.field == "loss.amount" {
				expressions["loss.token"] = "'USDX'"
			}
			s := mapped(expressions)
			a := sendAs(t, s, c.body).inbox.all[0]
			assert.True(t, strings.HasPrefix(a.Inert, "malformed: "), a.Inert)
			assert.Contains(t, a.Inert, c.why)
			assert.Equal(t, c.body, string(a.Raw))
		})
	}
}

func TestAnExpressionThatCostsTooMuchIsStopped(t *testing.T) {
	nested := mapped(map[string]string{"summary": "body.x.all(a, body.x.all(b, a != b)) ? 'y' : 'n'"})
	require.NotEmpty(t, nested.Faults(), "a loop in a loop is refused when the configuration is read")
	s := mapped(map[string]string{"test": "body.x.exists(a, body.s.matches('(.*)(.*)(.*)' + string(a) + '$'))"})
	body := `{"x":[` + strings.Repeat("1,", 5000) + `1],"s":"` + strings.Repeat("x", 5000) + `"}`
	a := sendAs(t, s, body).inbox.all[0]
	assert.Contains(t, a.Inert, "malformed: ")
	assert.Contains(t, a.Inert, "cost limit")
}

func TestWholeNumbersOfAMappedMessageStayExact(t *testing.T) {
	s := mapped(map[string]string{"loss.amount": "body.x", "loss.token": "'USDX'"})
	assert.Equal(t, "9007199254740993 USDX", sendAs(t, s, `{"x":9007199254740993}`).inbox.all[0].Alert.Loss.String())
	assert.Equal(t, "123456789012345678901234567890.5 USDX", sendAs(t, s, `{"x":"123456789012345678901234567890.5"}`).inbox.all[0].Alert.Loss.String())
}

func TestACustomSenderProvesItselfAsItsConfigurationSays(t *testing.T) {
	body := []byte(`{}`)
	token := mapped(nil)
	token.TokenHeader = "X-Phalcon-Token"
	basic := mapped(nil)
	basic.Secrets = []string{safePair}
	after := mapped(nil)
	after.HMAC = &alerts.HMAC{Header: "X-Sig", Encoding: "base64", Prefix: "v0:", TimestampHeader: "X-At", Timestamp: "after", Separator: "|", Unit: "s"}
	for name, s := range map[string]alerts.Source{"bearer": mapped(nil), "a header": token, "hmac": after} {
		f := frontOf(t, s)
		r := signedBy(t, s, body, now)
		for _, header := range proofs(r.Header) {
			wrong := r.Clone(t.Context())
			wrong.Body = signedBy(t, s, body, now).Body
			wrong.Header.Set(header, "wrong")
			assert.Equal(t, http.StatusUnauthorized, f.send(wrong).Code, name)
		}
		assert.Equal(t, http.StatusAccepted, f.send(r).Code, name)
		assert.Len(t, f.inbox.all, 1)
	}
	r := signedBy(t, basic, body, now)
	r.Header = http.Header{"Authorization": {"Basic ZmlyZWJyZWFrOmEtcGFzc3dvcmQtb2YtdGhpcy10ZXN0"}}
	assert.Equal(t, http.StatusAccepted, frontOf(t, basic).send(r).Code, "user and password in place of a token")
}
