package contracts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

func TestEverySnapshotLoads(t *testing.T) {
	files, err := filepath.Glob("snapshots/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		artifact, err := contracts.LoadArtifact(name)
		require.NoError(t, err, name)
		assert.Equal(t, name, artifact.Name)
		assert.NotEmpty(t, artifact.ABI.Methods, name)
	}
}

func TestOnlyWhatCanBeDeployedHasBytecode(t *testing.T) {
	for name, deployable := range map[string]bool{
		"LabVault": true, "LabToken": true, "BlocklistRegistry": true, "Drainer": true,
		"RewardHarvester": true, "Mule": true,
		"IPausable": false, "IRoles": false, "WithdrawalLimited": false,
	} {
		artifact, err := contracts.LoadArtifact(name)
		require.NoError(t, err)
		assert.Equal(t, deployable, len(artifact.Bytecode) > 0, name)
		assert.Equal(t, deployable, len(artifact.DeployedBytecode) > 0, name)
	}
}

func TestDeployedCodeFitsTheChainsLimit(t *testing.T) {
	const limit = 24576 // EIP-170
	artifact, err := contracts.LoadArtifact("LabVault")
	require.NoError(t, err)
	assert.Less(t, len(artifact.DeployedBytecode), limit)
}

func TestANameThatIsNoContractIsRefused(t *testing.T) {
	for _, name := range []string{"", "Nobody", "../foundry", "LabVault.json", "a/b", `a\b`, "labvault"} {
		_, err := contracts.LoadArtifact(name)
		assert.ErrorIs(t, err, contracts.ErrUnknownContract, name)
	}
}

func TestAnArtifactBelongsToItsCaller(t *testing.T) {
	before := contracts.Pause()
	mine, err := contracts.LoadArtifact("IPausable")
	require.NoError(t, err)
	clear(mine.ABI.Methods)
	assert.Equal(t, before, contracts.Pause())
	again, err := contracts.LoadArtifact("IPausable")
	require.NoError(t, err)
	assert.Len(t, again.ABI.Methods, 3)
}

// Names of the contracts in a source are read here a second time, in another
// language, so that a source without a snapshot is found without Node.
func TestEverySourceHasASnapshot(t *testing.T) {
	sources, err := filepath.Glob("src/*.sol")
	require.NoError(t, err)
	for _, dir := range []string{"src/attack/*.sol", "src/interfaces/*.sol"} {
		more, err := filepath.Glob(dir)
		require.NoError(t, err)
		sources = append(sources, more...)
	}
	require.NotEmpty(t, sources)
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".sol")
		_, err := os.Stat(filepath.Join("snapshots", name+".json"))
		assert.NoError(t, err)
	}
}
