package alerts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

// sendAs signs a body and sends it to a fresh front.
func sendAs(t *testing.T, s alerts.Source, body string, change ...func(*alerts.Config)) *front {
	t.Helper()
	f := frontOf(t, s, change...)
	w := f.send(signedBy(t, s, []byte(body), now))
	require.Equal(t, takenBy(s.Kind), w.Code, w.Body)
	return f
}

func TestWhereABodyEndsAndATimeBeginsCannotBeMoved(t *testing.T) {
	for _, kind := range []string{"tenderly", "ozmonitor"} {
		s := sources(t)[kind]
		signed, err := alerts.Sign(s, trialOf(t, kind, payload(t, kind, orders[kind]), now))
		require.NoError(t, err)
		dated := map[string]string{"tenderly": "Date", "ozmonitor": "X-Timestamp"}[kind]
		all := string(signed.Body) + signed.Header.Get(dated)
		f := frontOf(t, s)
		for cut := 1; cut < len(all); cut++ {
			if cut == len(signed.Body) {
				continue
			}
			moved := alerts.Signed{Header: signed.Header.Clone(), Body: []byte(all[:cut])}
			moved.Header.Set(dated, all[cut:])
			require.Equal(t, http.StatusUnauthorized, f.send(request(kind, moved)).Code, "%s at %d: the same bytes are signed", kind, cut)
		}
		assert.Empty(t, f.inbox.all)
	}
}

func TestTenderlysDateIsReadInWhateverFormItComes(t *testing.T) {
	s := sources(t)["tenderly"]
	body := payload(t, "tenderly", "alert")
	for text, want := range map[string]string{
		"Sat, 01 Aug 2026 10:00:00 GMT":           "",
		"Sat, 01 Aug 2026 12:00:00 +0200":         "",
		"2026-08-01T10:00:00Z":                    "",
		"2026-08-01T10:00:00.123456789+00:00":     "",
		"2026-08-01 10:00:00.123456 +0000 UTC":    "",
		"1785578400":                              "",
		"1785578400123":                           "",
		"Sat, 01 Aug 2026 09:00:00 GMT":           "late",
		"Sat, 01 Aug 2026 10:00:00 EST":           "malformed: the date header is no time that is known here",
		"in a moment":                             "malformed: the date header is no time that is known here",
		"Sat, 01 Aug 2026 10:00:00 GMT + an hour": "malformed: the date header is no time that is known here",
	} {
		own := alerts.Source{Name: "x", Kind: "custom", Secrets: s.Secrets, HMAC: &alerts.HMAC{Header: "X", Encoding: "hex", Timestamp: "none"}}
		signed, err := alerts.Sign(own, alerts.Trial{Body: append([]byte(string(body)), text...), Now: now})
		require.NoError(t, err)
		f := frontOf(t, s)
		h := http.Header{"Date": {text}, "X-Tenderly-Signature": {signed.Header.Get("X")}}
		require.Equal(t, http.StatusOK, f.send(request("tenderly", alerts.Signed{Header: h, Body: body})).Code, text)
		require.NotEmpty(t, f.inbox.all)
		assert.Equal(t, want, f.inbox.all[0].Inert, text)
	}
}

func TestOfHypernativesEnvelopeOnlyDataDecides(t *testing.T) {
	s := sources(t)["hypernative"]
	signed, err := alerts.Sign(s, trialOf(t, "hypernative", payload(t, "hypernative", "alert"), now))
	require.NoError(t, err)
	f := frontOf(t, s)
	for i, id := range []string{"one", "two", "three"} {
		var e map[string]string
		require.NoError(t, json.Unmarshal(signed.Body, &e))
		e["id"] = id
		body, err := json.MarshalIndent(e, "", strings.Repeat(" ", i))
		require.NoError(t, err)
		h := http.Header{"Fordefi-Transaction-Id": {id}, "X-Hypernative-Signature": {"anything"}}
		assert.Equal(t, http.StatusAccepted, f.send(request(s.Name, alerts.Signed{Header: h, Body: body})).Code)
	}
	assert.Len(t, f.inbox.all, 1, "the outer id is a stranger's, and makes no other message")
}

func TestADayLateRetryOfAnEventIsStoredNoSecondTime(t *testing.T) {
	clock := now
	s := sources(t)["pagerduty"]
	f := frontOf(t, s, func(c *alerts.Config) { c.Now = func() time.Time { return clock } })
	body := payload(t, "pagerduty", "triggered")
	f.send(signedBy(t, s, body, now))
	clock = now.Add(24 * time.Hour)
	assert.Equal(t, http.StatusAccepted, f.send(signedBy(t, s, body, now)).Code)
	assert.Len(t, f.inbox.all, 1)
	assert.Equal(t, 1, f.counts[alerts.Stale], "and is counted as late: it is no sign of life")
}

func TestAMessageAboutSeveralContractsOfOursIsAnAlertForEach(t *testing.T) {
	s := sources(t)["tenderly"]
	body := string(payload(t, "tenderly", "alert"))
	known := vendorNames()
	f := frontOf(t, s, func(c *alerts.Config) { c.Present = func() alerts.Names { return known } })
	known.ContractAt = func(string, common.Address) (string, bool) { return "", false }
	f.send(signedBy(t, s, []byte(body), now))
	require.Len(t, f.inbox.all, 1)
	assert.Empty(t, f.inbox.all[0].Alert.Contract, "it is not about us")
	assert.Equal(t, vault, *f.inbox.all[0].Alert.Address)

	known = vendorNames() // the inventory learns of both, and the sender repeats
	f.send(signedBy(t, s, []byte(body), now))
	f.send(signedBy(t, s, []byte(body), now))
	require.Len(t, f.inbox.all, 3)
	assert.Equal(t, []string{"vault", "token"}, []string{f.inbox.all[1].Alert.Contract, f.inbox.all[2].Alert.Contract})
	assert.NotEqual(t, f.inbox.all[1].Alert.ID, f.inbox.all[2].Alert.ID)
}

func TestNobodyIsAccusedUnlessTheConfigurationSaysWho(t *testing.T) {
	for _, kind := range []string{"tenderly", "hypernative", "ozmonitor", "forta"} {
		s := sources(t)[kind]
		body := payload(t, kind, orders[kind])
		f := frontOf(t, s)
		f.send(signedBy(t, s, body, now))
		assert.Equal(t, []common.Address{common.HexToAddress("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")}, f.inbox.all[0].Alert.Suspects, kind)
		s.Suspects = nil
		f = frontOf(t, s)
		f.send(signedBy(t, s, body, now))
		assert.Empty(t, f.inbox.all[0].Alert.Suspects, kind)
	}
	s := sources(t)["ozmonitor"]
	s.Suspects = []string{"arg.from"}
	f := sendAs(t, s, string(payload(t, "ozmonitor", "raw")))
	assert.Empty(t, f.inbox.all[0].Alert.Suspects, "a contract of ours is no suspect")
}

func TestAnAmountComesFromOneTypedArgumentOrNot(t *testing.T) {
	s := sources(t)["ozmonitor"]
	raw := string(payload(t, "ozmonitor", "raw"))
	value := `{"name":"value","value":"10000000001","indexed":false,"kind":"uint256"}`
	require.Contains(t, raw, value)
	assert.Equal(t, "10000.000001 USDX", sendAs(t, s, raw).inbox.all[0].Alert.Loss.String())
	for name, other := range map[string]string{
		"two of them":        value + "," + value,
		"another name":       strings.Replace(value, `"value",`, `"wad",`, 1),
		"text of that name":  strings.Replace(value, "uint256", "string", 1),
		"signed of the name": strings.Replace(value, "uint256", "int256", 1),
	} {
		assert.Nil(t, sendAs(t, s, strings.Replace(raw, value, other, 1)).inbox.all[0].Alert.Loss, name)
	}
	s.Loss = &alerts.Loss{Arg: "value", Token: "WAT"}
	assert.Nil(t, sendAs(t, s, raw).inbox.all[0].Alert.Loss, "a token that the inventory does not know")
	s.Loss = nil
	assert.Nil(t, sendAs(t, s, raw).inbox.all[0].Alert.Loss)
}

func TestVendorsNamesOfChainsAreResolvedByTheInventory(t *testing.T) {
	s := sources(t)["ozmonitor"]
	raw := string(payload(t, "ozmonitor", "raw"))
	for slug, want := range map[string]string{"ethereum_mainnet": "mainnet", "Ethereum-Mainnet": "mainnet", "ethereum": "mainnet",
		"bsc_mainnet": "", "mainnet": "", "our_rollup": "", "": ""} {
		f := sendAs(t, s, strings.ReplaceAll(raw, `"network_slug":"ethereum_mainnet"`, fmt.Sprintf(`"network_slug":%q`, slug)))
		assert.Equal(t, want, f.inbox.all[0].Alert.Chain, slug)
	}
	s.Chains = map[string]string{"our_rollup": "mainnet", "bsc_mainnet": "elsewhere"}
	for slug, want := range map[string]string{"our_rollup": "mainnet", "bsc_mainnet": ""} {
		f := sendAs(t, s, strings.ReplaceAll(raw, `"network_slug":"ethereum_mainnet"`, fmt.Sprintf(`"network_slug":%q`, slug)))
		assert.Equal(t, want, f.inbox.all[0].Alert.Chain, slug)
	}
}

func TestAResolutionCarriesTheSignalOfItsAlert(t *testing.T) {
	for kind, pair := range map[string][2]string{"grafana": {"firing", "resolved"}, "hypernative": {"alert", "end"},
		"pagerduty": {"triggered", "resolved"}, "datadog": {"triggered", "recovered"}, "generic": {"alert", "resolved"}} {
		s := sources(t)[kind]
		f := frontOf(t, s)
		for _, name := range pair {
			f.send(signedBy(t, s, payload(t, kind, name), now))
		}
		require.Len(t, f.inbox.all, 2, kind)
		begin, end := f.inbox.all[0], f.inbox.all[1]
		assert.Empty(t, begin.Inert, kind)
		assert.True(t, incident.Closes(end.Inert), kind)
		assert.NotEmpty(t, begin.Alert.Signal, kind)
		assert.Equal(t, begin.Alert.Signal, end.Alert.Signal, kind)
	}
}

func TestATokenOfANodeMustBeOfNow(t *testing.T) {
	s := sources(t)["forta"]
	body := payload(t, "forta", "batch")
	f := frontOf(t, s)
	for _, off := range []time.Duration{-31 * time.Second, 31 * time.Second, -time.Hour, time.Hour} {
		assert.Equal(t, http.StatusUnauthorized, f.send(signedBy(t, s, body, now.Add(off))).Code, "it covers no body, so one that has ended proves nothing: %s", off)
	}
	assert.Empty(t, f.inbox.all)
	assert.Equal(t, http.StatusOK, f.send(signedBy(t, s, body, now.Add(29*time.Second))).Code)
}

func TestAPasswordThatCouldBeGuessedIsRefused(t *testing.T) {
	for name, pair := range map[string]string{"no password": "firebreak-and-nothing", "no user": ":a-password-of-this-test", "a short one": "firebreak:hunter2"} {
		s := sources(t)["safe"]
		s.Secrets = []string{pair}
		_, err := alerts.Handler(alerts.Config{Inbox: &inbox{}, Names: names(), Sources: []alerts.Source{s}})
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), pair)
	}
}

func TestTheDocumentedTableOfSeverities(t *testing.T) {
	for kind, table := range map[string]map[string]incident.Severity{
		"hypernative":  {`"severity\":\"High\"`: "high", `"severity\":\"Medium\"`: "medium", `"severity\":\"Low\"`: "low", `"severity\":\"Info\"`: "", `"severity\":\"Apocalyptic\"`: ""},
		"forta":        {`"severity":"CRITICAL"`: "critical", `"severity":"HIGH"`: "high", `"severity":"MEDIUM"`: "medium", `"severity":"LOW"`: "low", `"severity":"INFO"`: "", `"severity":"UNKNOWN"`: ""},
		"alertmanager": {`"severity":"critical"`: "critical", `"severity":"high"`: "high", `"severity":"page"`: "", `"severity":"CRITICAL"`: ""},
		"pagerduty":    {`"urgency":"high"`: "high", `"urgency":"low"`: "low", `"urgency":"P1"`: ""},
		"datadog":      {`"priority":"P1"`: "critical", `"priority":"P2"`: "high", `"priority":"P3"`: "medium", `"priority":"P4"`: "low", `"priority":"P5"`: "", `"priority":"$ALERT_PRIORITY"`: ""},
	} {
		body := string(payload(t, kind, orders[kind]))
		for word, want := range table {
			key, _, _ := strings.Cut(word, ":")
			start := strings.Index(body, strings.TrimPrefix(key, `"`)+":")
			require.Positive(t, start, kind)
			start--
			rest := body[start+len(key)+1:]
			end := strings.IndexAny(rest, ",}")
			f := sendAs(t, sources(t)[kind], body[:start]+word+rest[end:])
			assert.Equal(t, want, f.inbox.all[0].Alert.Severity, "%s %s", kind, word)
		}
	}
}

func TestTwoSourcesThatTakeTheSameProofAreRefused(t *testing.T) {
	key := sources(t)["hypernative"].Keys[0]
	for name, change := range map[string]func(one, other *alerts.Source){
		"the vendor's key": func(one, other *alerts.Source) {},
		"the vendor's key named": func(one, other *alerts.Source) {
			one.Keys = []string{key, "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBgZAJk+OuOzp3sO6B+44gqLDzz/X1KloIQYkqefTYMv+URMIvN97gsoLYrZ9K08uQR0XHLXbB0RCTAt6BNFhzQ=="}
		},
		"a key": func(one, other *alerts.Source) { one.Keys, other.Keys = []string{key}, []string{key} },
		"a node": func(one, other *alerts.Source) {
			*one = alerts.Source{Kind: "forta", Scanners: []string{scanner}}
			*other = alerts.Source{Kind: "forta", Scanners: []string{strings.ToLower(scanner)}}
		},
		"a certificate": func(one, other *alerts.Source) {
			*one = alerts.Source{Kind: "alertmanager", Client: "am.example.org"}
			*other = alerts.Source{Kind: "datadog", Rule: "r", Client: "am.example.org"}
		},
	} {
		one, other := alerts.Source{Kind: "hypernative"}, alerts.Source{Kind: "hypernative"}
		change(&one, &other)
		one.Name, other.Name = "one", "other"
		_, err := alerts.Handler(alerts.Config{Inbox: &inbox{}, Names: names(), Sources: []alerts.Source{one, other}})
		assert.ErrorContains(t, err, "confirm what it said itself", name)
		_, err = alerts.Handler(alerts.Config{Inbox: &inbox{}, Names: names(), Sources: []alerts.Source{one}})
		assert.NoError(t, err, name)
	}
}
