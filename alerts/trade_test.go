package alerts_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/alerts"
)

func TestASourceKnownByItsCertificateRefusesEverybodyElse(t *testing.T) {
	for name, secrets := range map[string][]string{"with a token": {token}, "without one": nil} {
		f := newFront(t, func(c *alerts.Config) { c.Sources[1].Client, c.Sources[1].Secrets = "am.example.org", secrets })
		assert.Equal(t, http.StatusUnauthorized, f.send(bearer(group, token)).Code, name)
		assert.Empty(t, f.inbox.all, name)
	}
}

func TestACertificateDoesNotStandForASignature(t *testing.T) {
	c := alerts.Config{Inbox: &inbox{}, Names: names(), Sources: []alerts.Source{{Name: "detector", Kind: "generic", Client: "detector.example.org"}}}
	_, err := alerts.Handler(c)
	assert.ErrorContains(t, err, "take orders from anybody")
}

func TestAVendorsMessageIsNotLostForItsEnvelope(t *testing.T) {
	f := newFront(t)
	r := httptest.NewRequest(http.MethodPost, "/v1/alerts/am?team=x", strings.NewReader(group))
	r.Header.Set("Authorization", "Bearer "+token)
	assert.Equal(t, http.StatusAccepted, f.send(r).Code, "nothing is decided from a query or a media type")
	assert.Len(t, f.inbox.all, 2)
}
