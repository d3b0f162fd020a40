package faults_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rows are those of the failure matrix.
const rows = 42

var (
	testName = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	rowName  = regexp.MustCompile(`^TestRow(\d\d)`)
)

// written are the names of all test functions in this folder, as the code has
// them.
func written(t *testing.T) (names []string) {
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

func TestEveryRowOfTheMatrixHasItsTestsAndEveryTestItsRow(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	code, row, told, covered := written(t), 0, []string{}, map[int]bool{}
	for line := range strings.Lines(string(readme)) {
		cells := strings.Split(line, "|")
		if len(cells) == 6 {
			if n, err := strconv.Atoi(strings.TrimSpace(cells[1])); err == nil {
				assert.Equal(t, row+1, n, "the rows are in order")
				row = n
			}
		}
		for _, m := range testName.FindAllStringSubmatch(line, -1) {
			told = append(told, m[1])
			assert.Contains(t, code, m[1], "the table names a test that does not exist")
			if of := rowName.FindStringSubmatch(m[1]); of != nil {
				assert.Equal(t, row, atoi(of[1]), "%s stands in another row", m[1])
				covered[row] = true
			}
		}
	}
	assert.Len(t, covered, rows, "every row has a test")
	assert.Equal(t, rows, row)
	for _, name := range code {
		if rowName.MatchString(name) {
			assert.True(t, slices.Contains(told, name), "%s is not in the table", name)
		}
	}
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // two digits, as the expression says
	return n
}
