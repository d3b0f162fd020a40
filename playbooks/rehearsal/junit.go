package rehearsal

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes results as CI systems read them: one suite for each
// playbook, in the order of the results.
func WriteJUnit(w io.Writer, results []Result) error {
	all := junitSuites{Name: "firebreak playbook test"}
	for _, r := range results {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != r.Playbook {
			all.Suites = append(all.Suites, junitSuite{Name: r.Playbook})
		}
		suite := &all.Suites[len(all.Suites)-1]
		c := junitCase{Name: visible(r.Name), Class: r.Playbook, File: r.File, Line: r.Line, Time: seconds(r.Took.Seconds())}
		if !r.OK {
			c.Failure = &junitFailure{Message: visible(r.Failures[0].What), Text: visible(strings.Join(Lines(r), "\n"))}
			suite.Failures, all.Failures = suite.Failures+1, all.Failures+1
		}
		suite.Cases = append(suite.Cases, c)
		suite.Tests, all.Tests = suite.Tests+1, all.Tests+1
	}
	for i := range all.Suites {
		sum := 0.0
		for _, r := range results {
			if r.Playbook == all.Suites[i].Name {
				sum += r.Took.Seconds()
			}
		}
		all.Suites[i].Time = seconds(sum)
	}
	raw, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encode JUnit: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, raw)
	return err
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }

// visible leaves out what a terminal would obey: CI systems show this in one.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, s)
}

// Lines say what of a result is not as expected: what was expected, what came,
// and what led to it.
func Lines(r Result) []string {
	var lines []string
	for _, f := range r.Failures {
		lines = append(lines, fmt.Sprintf("%s: expected %s, got %s", f.What, f.Want, f.Got))
		for _, why := range f.Why {
			lines = append(lines, "    "+why)
		}
	}
	return lines
}
