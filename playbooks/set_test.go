package playbooks_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
)

// write lays out files on disk and gives the folder.
func write(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestAFolderIsLoadedWithoutTestsAndHiddenFiles(t *testing.T) {
	dir := write(t, map[string]string{
		"inventory.yaml": goodInventory, "drain.yaml": goodPlaybook, "drain.test.yaml": "not: a playbook",
		".drain.yaml.swp": "x", ".hidden.yaml": "x", "README.md": "x", "sub/other.yaml": "x",
	})
	set, err := playbooks.Load(filepath.Join(dir, "inventory.yaml"), dir)
	require.NoError(t, err)
	require.Len(t, set.Playbooks(), 1)
	assert.Equal(t, goodPlaybook, set.Playbooks()[0].Text())
}

// To open a pipe waits until somebody writes: a daemon that waited would take no
// other change either.
func TestAPipeAmongThePlaybooksIsRefusedAndNotWaitedFor(t *testing.T) {
	dir := write(t, map[string]string{"inventory.yaml": goodInventory, "books/drain.yaml": goodPlaybook})
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "books", "pipe.yaml"), 0o600))
	_, err := playbooks.Load(filepath.Join(dir, "inventory.yaml"), filepath.Join(dir, "books"))
	require.ErrorContains(t, err, "pipe.yaml")
	require.ErrorContains(t, err, "no regular file")
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	_, err = playbooks.Load(filepath.Join(dir, "pipe"), filepath.Join(dir, "books"))
	require.ErrorContains(t, err, "no regular file")
}

func TestALinkWithinTheFolderIsFollowedAndOneOutOfItIsNot(t *testing.T) {
	dir := write(t, map[string]string{"inventory.yaml": goodInventory, "books/..data/drain.yaml": goodPlaybook, "secret.yaml": goodPlaybook})
	books := filepath.Join(dir, "books")
	require.NoError(t, os.Symlink(filepath.Join("..data", "drain.yaml"), filepath.Join(books, "drain.yaml")))
	_, err := playbooks.Load(filepath.Join(dir, "inventory.yaml"), books)
	require.NoError(t, err, "so a mounted ConfigMap is laid out")
	require.NoError(t, os.Symlink(filepath.Join("..", "secret.yaml"), filepath.Join(books, "out.yaml")))
	_, err = playbooks.Load(filepath.Join(dir, "inventory.yaml"), books)
	assert.ErrorContains(t, err, "escapes")
}

func TestAFileThatWouldBeIgnoredIsRefused(t *testing.T) {
	fsys := files(goodInventory, goodPlaybook)
	fsys["playbooks/second.yml"] = &fstest.MapFile{Data: []byte(goodPlaybook)}
	_, err := playbooks.LoadFS(fsys, "inventory.yaml", "playbooks")
	found, ok := errors.AsType[playbooks.Problems](err)
	require.True(t, ok)
	require.Len(t, found, 1)
	assert.Equal(t, playbooks.CodeFile, found[0].Code)
	assert.Equal(t, "second.yml", found[0].File)
}

func TestAnEmptyFolderIsNotASetThatMatchesNothing(t *testing.T) {
	_, err := playbooks.LoadFS(fstest.MapFS{"inventory.yaml": {Data: []byte(goodInventory)}, "playbooks/README": {}}, "inventory.yaml", "playbooks")
	assert.ErrorContains(t, err, "there is no playbook here")
	_, err = playbooks.LoadFS(fstest.MapFS{}, "inventory.yaml", "playbooks")
	assert.ErrorContains(t, err, "read inventory")
	_, err = playbooks.Load(filepath.Join(t.TempDir(), "none.yaml"), t.TempDir())
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAFileThatIsTooLargeOrEmptyIsRefused(t *testing.T) {
	for text, says := range map[string]string{
		"":                                "empty",
		"# only a comment\n":              "empty",
		"- a\n- b\n":                      "must be a mapping",
		"~":                               "must be a mapping",
		strings.Repeat("# long\n", 50000): "more than the 262144 bytes",
		"a: " + strings.Repeat("[", 50) + strings.Repeat("]", 50): "nested deeper",
	} {
		_, err := loadText(goodInventory, text)
		require.ErrorContains(t, err, says)
		_, err = playbooks.ParseInventory("inventory.yaml", text)
		require.ErrorContains(t, err, says)
	}
}

func TestAllProblemsOfAllFilesAreToldAtOnceInOrder(t *testing.T) {
	fsys := files(goodInventory, strings.NewReplacer("mode: live", "mode: liv", "owner: security", "owner: me", "max: 20", "max: 99").Replace(goodPlaybook))
	fsys["playbooks/another.yaml"] = &fstest.MapFile{Data: []byte(goodPlaybook)}
	_, err := playbooks.LoadFS(fsys, "inventory.yaml", "playbooks")
	found, ok := errors.AsType[playbooks.Problems](err)
	require.True(t, ok)
	var codes []playbooks.Code
	for _, p := range found {
		codes = append(codes, p.Code)
	}
	assert.Equal(t, []playbooks.Code{playbooks.CodeName, playbooks.CodeTeam, playbooks.CodeMode, playbooks.CodeRange}, codes)
	assert.Equal(t, "another.yaml", found[0].File)
}

func TestAProblemIsPrintedWithItsLineAndACaret(t *testing.T) {
	_, err := loadText(goodInventory, strings.Replace(goodPlaybook, "alert.loss", "alert.los", 1))
	assert.Equal(t, `drain.yaml:12:10: cel: undeclared reference to 'alert.los' (did you mean 'alert.loss'?)
   12 |     alert.los >= amount("250_000 USDX")
      |          ^`, err.Error())
}

func TestWhatATerminalWouldObeyIsNotPrinted(t *testing.T) {
	_, err := loadText(goodInventory, strings.Replace(goodPlaybook, "summary: Stop it.", "summary: \x1b[2J it.", 1))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "\x1b")
}

func FuzzAnInventoryNeverPanics(f *testing.F) {
	f.Add(goodInventory)
	for _, b := range brokenInventory {
		f.Add(strings.ReplaceAll(strings.Replace(goodInventory, b.old, b.new, 1), "§", ""))
	}
	f.Fuzz(func(t *testing.T, text string) {
		inv, err := playbooks.ParseInventory("inventory.yaml", text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for _, name := range inv.Contracts() {
			c, _ := inv.Contract(name)
			id, known := inv.ChainByName(c.Chain)
			require.True(t, known, "every contract is on a chain")
			require.Equal(t, id, c.ChainID)
			require.NotEmpty(t, inv.Protected()[c.Address], "no contract of ours may be blocked")
		}
	})
}
