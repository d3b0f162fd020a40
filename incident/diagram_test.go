package incident_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

var draw = flag.Bool("draw", false, "write docs/incident.mmd instead of comparing it")

const diagram = "../docs/incident.mmd"

func TestTheDiagramIsDrawnFromTheTables(t *testing.T) {
	if *draw {
		require.NoError(t, os.WriteFile(diagram, []byte(incident.Diagram()), 0o644))
	}
	drawn, err := os.ReadFile(diagram)
	require.NoError(t, err, "run make diagram")
	require.Equal(t, incident.Diagram(), string(drawn), "run make diagram")
}
