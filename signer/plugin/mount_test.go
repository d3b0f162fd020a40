package plugin_test

import (
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// clock is a clock that tests turn by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// mount is a backend with its storage, asked without the client in between:
// what a hostile bot with a token can send.
type mount struct {
	backend logical.Backend
	storage logical.Storage
	brittle *brittle
	clock   *clock
}

func newMount(t *testing.T) *mount {
	t.Helper()
	m := &mount{brittle: newBrittle(), clock: newClock()}
	m.storage = plugin.Detached(m.brittle)
	m.open(t)
	return m
}

// open starts the backend again over the same storage, as after a crash.
func (m *mount) open(t *testing.T) {
	t.Helper()
	var err error
	m.backend, err = plugin.NewFactory(plugin.WithClock(m.clock.Now), plugin.WithVersion("v1.2.3"))(t.Context(),
		&logical.BackendConfig{StorageView: m.storage, System: &logical.StaticSystemView{}})
	require.NoError(t, err)
}

func withKey(t *testing.T) *mount {
	t.Helper()
	m := newMount(t)
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name)})
	return m
}

func (m *mount) create(t *testing.T, k signer.NewKey) signer.KeyInfo {
	t.Helper()
	resp, err := m.do(t, logical.CreateOperation, "keys/"+k.Name, k.Fields())
	require.NoError(t, err)
	require.False(t, resp.IsError(), "%v", resp.Data)
	raw, err := json.Marshal(resp.Data)
	require.NoError(t, err)
	info, err := signer.ParseKeyInfo(raw)
	require.NoError(t, err)
	return info
}

func (m *mount) do(t *testing.T, op logical.Operation, path string, body map[string]any) (*logical.Response, error) {
	t.Helper()
	return m.backend.HandleRequest(t.Context(), &logical.Request{
		Operation: op, Path: path, Data: maps.Clone(body), Storage: m.storage,
	})
}

// sign posts a body and returns the signature, or the refusal's code.
func (m *mount) sign(t *testing.T, body map[string]any) (signer.Signed, string) {
	t.Helper()
	resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, body)
	require.NoError(t, err, "a refusal is never a Go error")
	if resp.IsError() {
		assert.True(t, strings.HasPrefix(resp.Error().Error(), "firebreak: DENY "), resp.Error())
		assert.NotContains(t, resp.Data, "raw_tx")
		return signer.Signed{}, resp.Data["data"].(map[string]any)["code"].(string)
	}
	raw, err := json.Marshal(resp.Data)
	require.NoError(t, err)
	signed, err := signer.ParseSigned(raw)
	require.NoError(t, err)
	return signed, ""
}

func (m *mount) signed(t *testing.T, r signer.Request) signer.Signed {
	t.Helper()
	signed, code := m.sign(t, r.Fields())
	require.Empty(t, code)
	return signed
}

func (m *mount) denied(t *testing.T, r signer.Request) string {
	t.Helper()
	_, code := m.sign(t, r.Fields())
	require.NotEmpty(t, code)
	return code
}

// with returns the fields of an allowed request with some replaced; nil
// removes a field.
func with(changes map[string]any) map[string]any {
	body := signertest.Pause(signertest.Core, 0).Fields()
	for field, value := range changes {
		body[field] = value
		if value == nil {
			delete(body, field)
		}
	}
	return body
}

func (m *mount) seq(t *testing.T) uint64 {
	t.Helper()
	resp, err := m.do(t, logical.ReadOperation, "keys/"+signertest.Name, nil)
	require.NoError(t, err)
	return resp.Data["seq"].(uint64)
}

var core = common.HexToAddress(signertest.Core)
