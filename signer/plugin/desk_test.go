package plugin_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// wire sends a body through JSON, as Vault does.
func wire(t *testing.T, body map[string]any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(t, err)
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out map[string]any
	require.NoError(t, decoder.Decode(&out))
	return out
}

// asked gives the fields of a request as they arrive.
func asked(t *testing.T, r signer.Request) map[string]any {
	t.Helper()
	return wire(t, r.Fields())
}

// ask signs, or returns the refusal's code.
func (m *mount) ask(t *testing.T, r signer.Request) (signer.Signed, string) {
	t.Helper()
	return m.sign(t, asked(t, r))
}

func (m *mount) grant(t *testing.T, r signer.Request) signer.Signed {
	t.Helper()
	signed, code := m.ask(t, r)
	require.Empty(t, code)
	return signed
}

func (m *mount) deny(t *testing.T, r signer.Request) string {
	t.Helper()
	_, code := m.ask(t, r)
	require.NotEmpty(t, code)
	return code
}

func (m *mount) info(t *testing.T) signer.KeyInfo {
	t.Helper()
	resp, err := m.do(t, logical.ReadOperation, "keys/"+signertest.Name, nil)
	require.NoError(t, err)
	return infoOf(t, resp)
}

func infoOf(t *testing.T, resp *logical.Response) signer.KeyInfo {
	t.Helper()
	require.False(t, resp.IsError(), "%v", resp.Data)
	raw, err := json.Marshal(resp.Data)
	require.NoError(t, err)
	info, err := signer.ParseKeyInfo(raw)
	require.NoError(t, err)
	return info
}

func (m *mount) check(t *testing.T, r signer.Request) signer.Verdict {
	t.Helper()
	resp, err := m.do(t, logical.UpdateOperation, "check/"+r.Key, asked(t, r))
	require.NoError(t, err)
	require.False(t, resp.IsError(), "%v", resp.Data)
	raw, err := json.Marshal(resp.Data)
	require.NoError(t, err)
	v, err := signer.ParseVerdict(raw)
	require.NoError(t, err)
	return v
}

// terms are good from a minute before the mount's time for the given while.
func (m *mount) terms(r signer.Request, id string, life time.Duration) consent.Terms {
	terms := signertest.Terms(r, id, m.clock.Now())
	terms.ValidUntil = uint64(m.clock.Now().Add(life).Unix())
	return terms
}

// approved adds the approvals of people to a request.
func (m *mount) approved(t *testing.T, r signer.Request, terms consent.Terms, people ...consenttest.Person) signer.Request {
	t.Helper()
	bare := r
	bare.Approvals = nil
	digest := signertest.Message(m.info(t), m.check(t, bare), terms, r)
	for _, person := range people {
		r.Approvals = append(r.Approvals, signertest.Wire(person.Approve(terms, digest))...)
	}
	return r
}

func people(ids ...string) []consenttest.Person {
	var out []consenttest.Person
	for _, id := range ids {
		out = append(out, signertest.Person(id))
	}
	return out
}

// standing is an act on the key, signed at the mount's time.
func (m *mount) standing(t *testing.T, c signer.Change, state string, ids ...string) signer.Change {
	t.Helper()
	info := m.info(t)
	c.Key, c.ValidUntil = info.Name, uint64(m.clock.Now().Add(time.Hour).Unix())
	c.Approvals = signertest.Sign(info, consent.KeyState{Key: info.Name, State: state, Epoch: info.Epoch, ValidUntil: c.ValidUntil}, ids...)
	return c
}

// change does a change and returns the key, or the refusal's code.
func (m *mount) change(t *testing.T, c signer.Change) (signer.KeyInfo, string) {
	t.Helper()
	c.Key = signertest.Name
	resp, err := m.do(t, logical.UpdateOperation, c.Path(), wire(t, c.Fields()))
	require.NoError(t, err)
	if resp.IsError() {
		return signer.KeyInfo{}, resp.Data["data"].(map[string]any)["code"].(string)
	}
	return infoOf(t, resp), ""
}

func (m *mount) changed(t *testing.T, c signer.Change) signer.KeyInfo {
	t.Helper()
	info, code := m.change(t, c)
	require.Empty(t, code)
	return info
}
