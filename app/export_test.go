package app

// NewLine is for tests that need a real node, which only the lab has.
var NewLine = newLine

// Close ends the line.
func (l *line) Close() error { return l.close() }
