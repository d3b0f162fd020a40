package app_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
)

func TestTheLogAtStartSaysWhichSettingsAreInEffect(t *testing.T) {
	s := newSite(t)
	c, err := app.LoadConfig(filepath.Join(s.dir, "firebreak.yaml"))
	require.NoError(t, err)
	var log bytes.Buffer
	a, err := app.New(t.Context(), c, app.Options{Version: "test", Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	a.Start()
	require.NoError(t, a.Stop())
	assert.Contains(t, log.String(), "preset any other: block 100ms, floor tip 1 gwei")
	assert.Contains(t, log.String(), "overridden: block_time")
	assert.NotContains(t, log.String(), "http://", "an endpoint's URL may hold a token")
}
