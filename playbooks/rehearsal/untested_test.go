package rehearsal_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// warned are the problems of drain with these tests; "" for no file of tests.
func warned(t *testing.T, set *playbooks.Set, tests string) playbooks.Problems {
	t.Helper()
	fsys := fstest.MapFS{"playbooks/drain.yaml": {Data: []byte(drain)}}
	if tests != "" {
		fsys["playbooks/drain.test.yaml"] = &fstest.MapFile{Data: []byte(tests)}
	}
	found, err := rehearsal.Untested(t.Context(), set, fsys, "playbooks")
	require.NoError(t, err)
	return found
}

func TestALivePlaybookWithoutTestsThatPassIsWrong(t *testing.T) {
	found := warned(t, load(t), "")
	require.Len(t, found, 1)
	assert.Equal(t, "drain.yaml:5:1: untested: it is live and has no tests; write drain.test.yaml beside it\n    5 | mode: live\n      | ^", found[0].String())

	found = warned(t, load(t), base+"  - {name: wrong, alerts: [{}], expect: {match: false}}\n")
	require.Len(t, found, 1)
	assert.Contains(t, found[0].Message, `its test "wrong" fails`)

	assert.Empty(t, warned(t, load(t), base+"  - {name: right, alerts: [{}], expect: {match: true}}\n"))
	assert.Empty(t, warned(t, load(t, edit{"mode: live", "mode: dry-run"}), ""), "a dry run sends nothing")
}

func TestTestsThatAreWrongThemselvesAreToldAsThat(t *testing.T) {
	found := warned(t, load(t), base+"  - {name: empty, alerts: [{}], expect: {}}\n")
	require.Len(t, found, 1)
	assert.Equal(t, playbooks.CodeRequired, found[0].Code)
	assert.Equal(t, playbooks.Error, found[0].Level)
}
