package vault_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

// TestTheEngineIsAskedAsOftenAsItHasTo counts what reaches the plugin: a request
// that was lost does not, one whose answer was lost does, and it is the same
// request every time, so it is counted once.
func TestTheEngineIsAskedAsOftenAsItHasTo(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(f *vaulttest.Faults)
		asked int
	}{
		"nothing wrong":      {func(*vaulttest.Faults) {}, 1},
		"failed and lost":    {func(f *vaulttest.Faults) { f.Lose(3) }, 1},
		"failed but landed":  {func(f *vaulttest.Faults) { f.Drop(2) }, 3},
		"sealed":             {func(f *vaulttest.Faults) { f.Fail(2, http.StatusServiceUnavailable) }, 1},
		"no leader":          {func(f *vaulttest.Faults) { f.NoLeader(2) }, 1},
		"plugin error":       {func(f *vaulttest.Faults) { f.Fail(2, http.StatusInternalServerError) }, 1},
		"index not applied":  {func(f *vaulttest.Faults) { f.Fail(2, http.StatusPreconditionFailed) }, 1},
		"DR secondary":       {func(f *vaulttest.Faults) { f.Fail(1, 472) }, 1},
		"gateway timeout":    {func(f *vaulttest.Faults) { f.Fail(2, http.StatusGatewayTimeout) }, 1},
		"quota, a date":      {func(f *vaulttest.Faults) { f.LimitUntil(1, time.Now().Add(time.Second)) }, 1},
		"quota, a past date": {func(f *vaulttest.Faults) { f.LimitUntil(1, time.Unix(0, 0)) }, 1},
		"quota, no number":   {func(f *vaulttest.Faults) { f.Limit(1, 0) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			server, client := ready(t)
			_, err := client.Key(t.Context(), signertest.Name)
			require.NoError(t, err)
			c.fault(server.Faults)
			signed, err := client.Sign(t.Context(), pause)
			require.NoError(t, err)
			assert.EqualValues(t, 1, signed.Seq)
			assert.Equal(t, c.asked, server.Asked("sign/"+signertest.Name))
			info, err := client.Key(t.Context(), signertest.Name)
			require.NoError(t, err)
			assert.EqualValues(t, 1, info.Seq)
		})
	}
}

func TestA400ThatIsNotVaultsIsNoRefusal(t *testing.T) {
	server, client := ready(t)
	_, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	server.Faults.FailWith(1, http.StatusBadRequest, "Client sent an HTTP request to an HTTPS server.\n")
	_, err = client.Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	_, refused := errors.AsType[*signer.Refusal](err)
	assert.False(t, refused, "a gateway does not speak for the key")

	server.Faults.FailWith(1, http.StatusBadRequest, `{"errors":["failed to parse JSON input"]}`)
	_, err = client.Sign(t.Context(), pause)
	refusal, refused := errors.AsType[*signer.Refusal](err)
	require.True(t, refused)
	assert.Contains(t, refusal.Reason, "failed to parse JSON input")
}

func TestATokenThatMayNotIsToldWhatItMayNotAndLogsInOnce(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	config := configOf(t, server)
	config.TokenFile = secretFile(t, server.TokenFor(map[string][]string{"eth/keys/" + signertest.Name: {"read"}, "auth/token/lookup-self": {"read"}}))
	client := connect(t, config)
	_, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	before := server.Faults.Requests()
	_, err = client.Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.ErrorContains(t, err, "may not update eth/sign/"+signertest.Name)
	assert.Equal(t, before+3, server.Faults.Requests(), "sign, a new login, sign")
	_, err = client.Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.Equal(t, before+4, server.Faults.Requests(), "the same token is not replaced again at once")

	// The policy is mended by a new token in the file.
	require.NoError(t, writeOver(config.TokenFile, server.BotToken(signertest.Name, time.Hour)+"  "))
	_, err = client.Sign(t.Context(), pause)
	require.NoError(t, err)
}

func TestAnEngineWithoutThePathSaysSo(t *testing.T) {
	server, client := ready(t)
	server.Faults.Pass(1)
	server.Faults.FailWith(1, http.StatusNotFound, `{"errors":[]}`)
	_, err := client.Key(t.Context(), signertest.Name)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.ErrorContains(t, err, "version of the plugin")
}

func TestAQuotaIsKeptByTheNextCallToo(t *testing.T) {
	server, client := ready(t)
	_, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	server.Faults.Limit(1, 3*time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = client.Sign(ctx, pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	before := server.Faults.Requests()
	ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = client.Sign(ctx, pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.ErrorContains(t, err, "asked to wait")
	assert.Equal(t, before, server.Faults.Requests())
}

func TestCapabilitiesSayWhatATokenMayDo(t *testing.T) {
	server, client := ready(t)
	sign := "eth/sign/" + signertest.Name
	may, err := client.Capabilities(t.Context(), sign, "sys/seal")
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{sign: {"update"}, "sys/seal": {"deny"}}, may)
	config := configOf(t, server)
	config.TokenFile = secretFile(t, server.RootToken())
	may, err = connect(t, config).Capabilities(t.Context(), sign)
	require.NoError(t, err)
	assert.Equal(t, []string{"root"}, may[sign])
}
