package desk

import (
	"encoding/json"
	"io"
	"path/filepath"

	"github.com/firebreak-project/firebreak/playbooks"
)

// Report is what a check found and what it understood.
type Report struct {
	// Problems are sorted, and their files named as the reader of the report
	// finds them; see Locate.
	Problems playbooks.Problems
	// Playbooks are those that loaded; none when there are errors.
	Playbooks []playbooks.Description
}

// Locate names files as seen from where the reader is: the loader names
// playbooks without their folder.
func Locate(found playbooks.Problems, inventory, folder string) playbooks.Problems {
	out := make(playbooks.Problems, len(found))
	for i, p := range found {
		if p.File != inventory && p.File != folder {
			p.File = filepath.Join(folder, p.File)
		}
		out[i] = p
	}
	return out
}

// problem is one problem in a report for machines.
type problem struct {
	File    string         `json:"file"`
	Line    int            `json:"line"`
	Column  int            `json:"column"`
	Level   string         `json:"level"`
	Code    playbooks.Code `json:"code"`
	Message string         `json:"message"`
	Help    string         `json:"help"`
}

// understood is one playbook in a report for machines.
type understood struct {
	playbooks.Description
	Understood string `json:"understood"`
}

// JSON writes a report as one object, its lists never null.
func JSON(w io.Writer, r Report) error {
	out := struct {
		Problems  []problem    `json:"problems"`
		Playbooks []understood `json:"playbooks"`
	}{[]problem{}, []understood{}}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, problem{p.File, p.Line, p.Col, level(p), p.Code, p.Message, Help(p.Code)})
	}
	for _, d := range r.Playbooks {
		out.Playbooks = append(out.Playbooks, understood{d, d.Understood()})
	}
	return encode(w, out)
}

// encode writes JSON that people can read too.
func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// level is how grave a problem is, in the words that SARIF and GitHub share.
func level(p playbooks.Problem) string { return p.Level.String() }
