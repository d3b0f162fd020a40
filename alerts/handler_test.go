package alerts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

const (
	secret = "firebreak-test-secret"
	token  = "the-token-of-alertmanager"
)

var now = time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)

var vault = common.HexToAddress("0x1111111111111111111111111111111111111111")

// inbox keeps what it received, as a journal does, and fails when told to.
type inbox struct {
	mu   sync.Mutex
	all  []incident.Received
	fate func(r incident.Received) (apply bool, err error)
}

func (b *inbox) Receive(_ context.Context, r incident.Received) (uint64, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, have := range b.all {
		if have.Alert.Source == r.Alert.Source && have.Alert.ID == r.Alert.ID {
			return uint64(i + 1), true, nil
		}
	}
	apply, err := true, error(nil)
	if b.fate != nil {
		apply, err = b.fate(r)
	}
	if apply {
		b.all = append(b.all, r)
	}
	return uint64(len(b.all)), false, err
}

func names() alerts.Names {
	return alerts.Names{
		ChainByID:  func(id uint64) (string, bool) { return "lab", id == 1337 },
		KnownChain: func(name string) bool { return name == "lab" || name == "other" },
		ContractAt: func(chain string, a common.Address) (string, bool) {
			return "lab-vault", chain == "lab" && a == vault
		},
		Contract: func(name string) (string, common.Address, bool) { return "lab", vault, name == "lab-vault" },
		Decimals: func(token string) (uint8, bool) { return 6, token == "USDX" },
	}
}

// front is a handler with everything around it.
type front struct {
	t       testing.TB
	inbox   *inbox
	handler http.Handler
	counts  map[alerts.Outcome]int
}

func newFront(t testing.TB, change ...func(*alerts.Config)) *front {
	f := &front{t: t, inbox: &inbox{}, counts: map[alerts.Outcome]int{}}
	c := alerts.Config{
		Inbox: f.inbox, Names: names(), Now: func() time.Time { return now },
		Sources: []alerts.Source{
			{Name: "detector", Kind: "generic", Secrets: []string{secret}},
			{Name: "am", Kind: "alertmanager", Secrets: []string{token}, Rules: map[string]string{"BridgeOutflow": "bridge.outflow"}},
		},
		Count: func(_ string, o alerts.Outcome) { f.counts[o]++ },
	}
	for _, ch := range change {
		ch(&c)
	}
	h, err := alerts.Handler(c)
	require.NoError(t, err)
	f.handler = h
	return f
}

func (f *front) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

func signed(body string, at time.Time) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/alerts/detector", strings.NewReader(body))
	r.Header = alerts.SignGeneric(secret, []byte(body), at)
	r.Header.Set("Content-Type", "application/json")
	return r
}

const full = `{"id":"a1","rule":"vault.outflow-spike","severity":"critical","chain_id":1337,
 "contract":"0x1111111111111111111111111111111111111111","suspects":["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"],
 "loss":{"amount":"250000.5","token":"USDX"},"confidence":0.97,
 "tx":"0x00000000000000000000000000000000000000000000000000000000000000aa","occurred":"2026-08-01T09:59:30Z",
 "labels":{"env":"prod"},"summary":"shares move","link":"https://example.org/a1"}`

func TestAnAuthenticAlertIsStoredAndThenAcknowledged(t *testing.T) {
	f := newFront(t)
	w := f.send(signed(full, now))
	require.Equal(t, http.StatusAccepted, w.Code, w.Body)
	assert.JSONEq(t, `{"alerts":[{"receipt":1,"id":"a1"}]}`, w.Body.String())
	require.Len(t, f.inbox.all, 1)
	got := f.inbox.all[0]
	assert.Equal(t, full, string(got.Raw), "the body is kept byte for byte")
	a := got.Alert
	assert.Equal(t, "detector", a.Source)
	assert.Equal(t, "lab", a.Chain)
	assert.Equal(t, "lab-vault", a.Contract)
	assert.Equal(t, "250000.5 USDX", a.Loss.String())
	assert.Equal(t, "250000500000", a.Loss.Units.String())
	assert.Equal(t, []common.Address{common.HexToAddress("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")}, a.Suspects)
	assert.Equal(t, incident.SeverityCritical, a.Severity)
	assert.Equal(t, time.Date(2026, 8, 1, 9, 59, 30, 0, time.UTC), a.Occurred)
	assert.NotContains(t, fmt.Sprint(got.Headers), "v1=", "no signature is kept")
	assert.Equal(t, 1, f.counts[alerts.Accepted])
}

func TestTheSignatureIsTheDocumentedOne(t *testing.T) {
	// openssl dgst -sha256 -hmac firebreak-test-secret over "1785578400." and the body
	body := `{"id":"example-1","rule":"vault.outflow-spike"}`
	h := alerts.SignGeneric(secret, []byte(body), time.Unix(1785578400, 0))
	assert.Equal(t, "1785578400", h.Get("X-Firebreak-Timestamp"))
	assert.Equal(t, "v1=4328bcc08b25172af9c1d79c2c5024bdf8df200dd001da7bd3b746849c96c61e", h.Get("X-Firebreak-Signature"))
}

func TestWhatIsNotAuthenticOpensNothing(t *testing.T) {
	header := func(k, v string) func(*http.Request) { return func(r *http.Request) { r.Header.Set(k, v) } }
	for name, c := range map[string]struct {
		at      time.Time
		body    string
		change  func(*http.Request)
		status  int
		outcome alerts.Outcome
	}{
		"no signature":   {now, full, func(r *http.Request) { r.Header.Del(alerts.SignatureHeader) }, 401, alerts.Unauthenticated},
		"no timestamp":   {now, full, func(r *http.Request) { r.Header.Del(alerts.TimestampHeader) }, 401, alerts.Unauthenticated},
		"two timestamps": {now, full, func(r *http.Request) { r.Header.Add(alerts.TimestampHeader, "1") }, 401, alerts.Unauthenticated},
		"another secret": {now, full, func(r *http.Request) {
			r.Header = alerts.SignGeneric("another-long-secret", []byte(full), now)
			r.Header.Set("Content-Type", "application/json")
		}, 401, alerts.Unauthenticated},
		"an empty signature": {now, full, header(alerts.SignatureHeader, "v1="), 401, alerts.Unauthenticated},
		"half a signature":   {now, full, func(r *http.Request) { r.Header.Set(alerts.SignatureHeader, r.Header.Get(alerts.SignatureHeader)[:40]) }, 401, alerts.Unauthenticated},
		"upper-case hex": {now, full, func(r *http.Request) {
			r.Header.Set(alerts.SignatureHeader, "v1="+strings.ToUpper(r.Header.Get(alerts.SignatureHeader)[3:]))
		}, 401, alerts.Unauthenticated},
		"without its version": {now, full, func(r *http.Request) { r.Header.Set(alerts.SignatureHeader, r.Header.Get(alerts.SignatureHeader)[3:]) }, 401, alerts.Unauthenticated},
		"five signatures": {now, full, func(r *http.Request) {
			s := r.Header.Get(alerts.SignatureHeader)
			r.Header.Set(alerts.SignatureHeader, strings.Join([]string{s, s, s, s, s}, ","))
		}, 401, alerts.Unauthenticated},
		"another timestamp": {now, full, header(alerts.TimestampHeader, fmt.Sprint(now.Unix()+1)), 401, alerts.Unauthenticated},
		"before 1970":       {time.Unix(-5, 0), full, nil, 400, alerts.Malformed},
		"a body changed by a byte": {now, full, func(r *http.Request) {
			r.Body = httptest.NewRequest("POST", "/", strings.NewReader(strings.Replace(full, "a1", "a2", 1))).Body
		}, 401, alerts.Unauthenticated},
		"a query string":           {now, full, func(r *http.Request) { r.URL.RawQuery = "id=a9" }, 400, alerts.Malformed},
		"another media type":       {now, full, header("Content-Type", "text/plain"), 415, alerts.Malformed},
		"another source":           {now, full, func(r *http.Request) { r.URL.Path = "/v1/alerts/nobody" }, 404, alerts.UnknownSource},
		"a body that is too large": {now, `{"id":"` + strings.Repeat("x", 300<<10) + `"}`, nil, 413, alerts.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			r := signed(c.body, c.at)
			if c.change != nil {
				c.change(r)
			}
			w := f.send(r)
			assert.Equal(t, c.status, w.Code, w.Body)
			assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			var p struct {
				Type, Title, Detail string
				Status              int
			}
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
			assert.Equal(t, c.status, p.Status)
			assert.NotEmpty(t, p.Title)
			assert.NotEmpty(t, p.Detail)
			assert.NotContains(t, w.Body.String(), secret)
			assert.Empty(t, f.inbox.all)
			assert.Equal(t, map[alerts.Outcome]int{c.outcome: 1}, f.counts)
		})
	}
}

func TestOnlyPostIsTaken(t *testing.T) {
	f := newFront(t)
	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH"} {
		r := signed(full, now)
		r.Method = method
		assert.Equal(t, http.StatusMethodNotAllowed, f.send(r).Code, method)
	}
}

func TestTwoSecretsAreGoodWhileOneIsChanged(t *testing.T) {
	f := newFront(t, func(c *alerts.Config) { c.Sources[0].Secrets = []string{"the-new-secret-of-it", secret} })
	assert.Equal(t, http.StatusAccepted, f.send(signed(full, now)).Code)
	other := signed(strings.Replace(full, "a1", "a2", 1), now)
	fresh := alerts.SignGeneric("the-new-secret-of-it", []byte(strings.Replace(full, "a1", "a2", 1)), now)
	other.Header.Set(alerts.SignatureHeader, "v1="+strings.Repeat("0", 64)+", "+fresh.Get(alerts.SignatureHeader))
	assert.Equal(t, http.StatusAccepted, f.send(other).Code, "a sender may sign with both")
}

func TestTheSameDeliveryTwiceIsOneAlert(t *testing.T) {
	f := newFront(t)
	f.send(signed(full, now))
	w := f.send(signed(full, now.Add(time.Minute)))
	assert.Equal(t, http.StatusAccepted, w.Code, "a sender that repeats is told that all is well")
	assert.JSONEq(t, `{"alerts":[{"receipt":1,"id":"a1","duplicate":true}]}`, w.Body.String())
	assert.Len(t, f.inbox.all, 1)
	assert.Equal(t, 1, f.counts[alerts.Duplicate])
}

func TestAnAlertThatCouldNotBeStoredIsNotAcknowledged(t *testing.T) {
	for name, landed := range map[string]bool{"failed and lost": false, "failed but landed": true} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			f.inbox.fate = func(incident.Received) (bool, error) { return landed, errors.New("disk full") }
			w := f.send(signed(full, now))
			assert.Equal(t, http.StatusServiceUnavailable, w.Code)
			assert.NotEmpty(t, w.Header().Get("Retry-After"))
			assert.NotContains(t, w.Body.String(), "disk", "what failed here is not the sender's business")
			f.inbox.fate = nil
			assert.Equal(t, http.StatusAccepted, f.send(signed(full, now)).Code, "the sender tries again")
			assert.Len(t, f.inbox.all, 1)
		})
	}
}

func TestASourceThatStormsIsSlowedAndTheOtherIsNot(t *testing.T) {
	clock := now
	f := newFront(t, func(c *alerts.Config) {
		c.Sources[0].Rate, c.Sources[0].Burst = 1, 3
		c.Now = func() time.Time { return clock }
	})
	send := func(i int) int { return f.send(signed(strings.Replace(full, "a1", fmt.Sprint("s", i), 1), clock)).Code }
	for i := range 3 {
		assert.Equal(t, http.StatusAccepted, send(i))
	}
	w := f.send(signed(full, clock))
	assert.Equal(t, http.StatusTooManyRequests, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
	assert.Equal(t, http.StatusAccepted, f.send(bearer(group, token)).Code)
	clock = clock.Add(time.Second)
	assert.Equal(t, http.StatusAccepted, send(9))
}

func TestAConfigThatWouldTakeOrdersFromAnybodyIsRefused(t *testing.T) {
	for name, change := range map[string]func(*alerts.Config){
		"no secret":       func(c *alerts.Config) { c.Sources[0].Secrets = nil },
		"an empty secret": func(c *alerts.Config) { c.Sources[0].Secrets = []string{""} },
		"a short secret":  func(c *alerts.Config) { c.Sources[0].Secrets = []string{"hunter2"} },
		"three secrets":   func(c *alerts.Config) { c.Sources[0].Secrets = []string{secret, secret, secret} },
		"no kind":         func(c *alerts.Config) { c.Sources[0].Kind = "" },
		"two of one name": func(c *alerts.Config) { c.Sources[1].Name = "detector" },
		"a shared secret": func(c *alerts.Config) { c.Sources[1].Secrets = []string{token, secret} },
		"no inbox":        func(c *alerts.Config) { c.Inbox = nil },
		"no sources":      func(c *alerts.Config) { c.Sources = nil },
		"no names":        func(c *alerts.Config) { c.Names = alerts.Names{} },
	} {
		c := alerts.Config{Inbox: &inbox{}, Names: names(), Sources: []alerts.Source{
			{Name: "detector", Kind: "generic", Secrets: []string{secret}}, {Name: "am", Kind: "alertmanager", Secrets: []string{token}}}}
		change(&c)
		_, err := alerts.Handler(c)
		assert.Error(t, err, name)
	}
	s := alerts.Source{Name: "detector", Kind: "generic", Secrets: []string{secret}}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", s, s, s, s), secret)
}

func BenchmarkHandle(b *testing.B) {
	f := newFront(b, func(c *alerts.Config) {
		c.Sources[0].Rate, c.Sources[0].Burst = 1e9, 1e9
		c.Inbox = discard{}
		c.Count = nil
	})
	body := []byte(full)
	header := alerts.SignGeneric(secret, body, now)
	header.Set("Content-Type", "application/json")
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/v1/alerts/detector", strings.NewReader(full))
		r.Header = header
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		if w.Code != http.StatusAccepted {
			b.Fatal(w.Body)
		}
	}
}

type discard struct{}

func (discard) Receive(context.Context, incident.Received) (uint64, bool, error) {
	return 1, false, nil
}
