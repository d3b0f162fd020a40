package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestAVaultThatIsAwayIsCountedAndTheDaemonRunsOn starts while Vault is sealed:
// alerts are taken, /readyz says why it is not ready, and a gauge runs until it
// is back.
func TestAVaultThatIsAwayIsCountedAndTheDaemonRunsOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.vault.Faults.Seal(true)
	a := s.start(t)
	assert.Equal(t, http.StatusAccepted, post(t, a, `{"id":"a-1","rule":"no.such.rule"}`))
	text := eventually(t, admin(a, "/readyz"), http.StatusServiceUnavailable, "vault is sealed")
	assert.Contains(t, text, `"signer"`)
	text = eventually(t, admin(a, "/metrics"), http.StatusOK, "firebreak_signer_away_seconds 3.")
	assert.Contains(t, text, "firebreak_signer_outages_total 0", "nobody waits, so it is not paged yet")
	s.vault.Faults.Seal(false)
	eventually(t, admin(a, "/readyz"), http.StatusOK, `"ready":true`)
	text = eventually(t, admin(a, "/metrics"), http.StatusOK, "firebreak_signer_away_seconds 0\n")
	assert.False(t, strings.Contains(text, vaultToken))
}
