package playbooks

import (
	"fmt"
	"slices"
	"strings"
)

// maxSuggest is the largest edit distance at which a name is suggested, and
// maxListed how many names are listed when none is near.
const (
	maxSuggest = 3
	maxListed  = 20
)

// meant says in parentheses which of the names was probably meant, or lists
// them. It bounds what it repeats.
func meant(got string, names []string) string {
	best, least := "", maxSuggest+1
	if len(got) <= 64 {
		for _, name := range names {
			if d := distance(got, name); d < least && d < max(len(got), len(name)) {
				best, least = name, d
			}
		}
	}
	if best != "" {
		return fmt.Sprintf(" (did you mean %q?)", best)
	}
	if len(names) == 0 {
		return " (there are none)"
	}
	list := slices.Sorted(slices.Values(names))
	more := ""
	if len(list) > maxListed {
		list, more = list[:maxListed], ", ..."
	}
	return fmt.Sprintf(" (one of %s%s)", strings.Join(list, ", "), more)
}

// distance is the Levenshtein distance of two short texts, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// clip bounds text of a file before it enters a message.
func clip(s string) string {
	runes := []rune(s)
	if len(runes) <= 60 {
		return s
	}
	return string(runes[:60]) + "..."
}
