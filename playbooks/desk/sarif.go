package desk

import (
	"io"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/firebreak-project/firebreak/playbooks"
)

// The parts of SARIF 2.1.0 that are used here.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name            string      `json:"name"`
		SemanticVersion string      `json:"semanticVersion,omitempty"`
		Rules           []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int        `json:"startLine"`
		StartColumn int        `json:"startColumn"`
		Snippet     *sarifText `json:"snippet,omitempty"`
	}
)

// SARIF writes problems in the Static Analysis Results Interchange Format 2.1.0,
// with every kind of problem as a rule. Version is the program's, "1.2.3", or
// empty.
func SARIF(w io.Writer, found playbooks.Problems, version string) error {
	codes := playbooks.Codes()
	driver := sarifDriver{Name: "firebreak", SemanticVersion: version, Rules: []sarifRule{}}
	for _, c := range codes {
		text := sarifText{Help(c)}
		driver.Rules = append(driver.Rules, sarifRule{ID: string(c), Short: text, Help: text})
	}
	run := sarifRun{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	for _, p := range found {
		region := sarifRegion{StartLine: p.Line, StartColumn: p.Col}
		if p.Source != "" {
			region.Snippet = &sarifText{p.Source}
		}
		file := url.URL{Path: filepath.ToSlash(p.File)}
		run.Results = append(run.Results, sarifResult{RuleID: string(p.Code), RuleIndex: slices.Index(codes, p.Code),
			Level: level(p), Message: sarifText{p.Message},
			Locations: []sarifLocation{{sarifPhysical{sarifArtifact{file.String()}, region}}}})
	}
	return encode(w, sarifLog{"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", "2.1.0", []sarifRun{run}})
}
