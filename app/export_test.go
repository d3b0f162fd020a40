package app

// NewLine is for tests that need a real node, which only the lab has.
var NewLine = newLine

// Close ends the line.
func (l *line) Close() error { return l.close() }

// Guarded names what the submitter watches for people.
func Guarded(a *App) (names []string) {
	for _, g := range a.submitter.Guards() {
		names = append(names, g.Name)
	}
	return names
}
