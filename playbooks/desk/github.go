package desk

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/firebreak-project/firebreak/playbooks"
)

// In a workflow command a percent sign begins an escape, so it comes first; in
// a property a colon and a comma end the value.
var (
	commandText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// GitHub writes problems as workflow commands, which GitHub shows at the lines
// of a pull request. File names are relative to the repository's root.
func GitHub(w io.Writer, found playbooks.Problems) error {
	for _, p := range found {
		_, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level(p), commandProperty.Replace(filepath.ToSlash(p.File)),
			p.Line, p.Col, commandProperty.Replace("firebreak "+string(p.Code)), commandText.Replace(p.Message))
		if err != nil {
			return err
		}
	}
	return nil
}
