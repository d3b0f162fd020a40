package alerts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

func TestAnAlertAtTheDeskIsReadAsTheDoorReadsIt(t *testing.T) {
	got, err := alerts.Parse("detector", names(), []byte(`{"id":"a-1","rule":"vault.outflow-spike","severity":"critical","test":true,"exercise":true}`))
	require.NoError(t, err)
	assert.Equal(t, incident.Alert{Source: "detector", ID: "a-1", Rule: "vault.outflow-spike",
		Severity: incident.SeverityCritical, Exercise: true}, got.Alert)
	assert.Equal(t, "test", got.Inert, "the daemon would not act on it, and the author is told")
}

func TestAnAlertAtTheDeskIsReadStrictly(t *testing.T) {
	for name, body := range map[string]string{
		"a key that is not there": `{"id":"a-1","rule":"r","severty":"critical"}`,
		"a severity of nothing":   `{"id":"a-1","rule":"r","severity":"criticl"}`,
		"no rule":                 `{"id":"a-1"}`,
		"two alerts":              `{"id":"a-1","rule":"r"}{"id":"a-2","rule":"r"}`,
		"nothing":                 ``,
	} {
		_, err := alerts.Parse("detector", names(), []byte(body))
		assert.Error(t, err, name)
	}
}
