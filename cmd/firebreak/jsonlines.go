package main

import (
	"encoding/json"
	"io"
)

// jsonLines writes each as one JSON object on a line, for scripts.
func jsonLines[T any](w io.Writer, lines []T) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return nil
}
