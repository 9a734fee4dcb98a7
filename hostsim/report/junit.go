package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Error   *junitMessage `xml:"error,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the matrix as JUnit XML: a suite for each client, a case for each scenario. What
// [hostsim.Cell.Finding] calls a finding is a failure, or an error where no verdict could be
// had; what was not run is skipped.
func JUnit(w io.Writer, m *hostsim.Matrix) error {
	m = shown(m)
	all := junitSuites{Name: "leafcam", Time: seconds(m.Seconds)}
	for _, r := range m.Rows {
		suite := junitSuite{Name: r.Client, Time: seconds(r.Seconds), Timestamp: m.Started.Format("2006-01-02T15:04:05")}
		for _, c := range r.Cells {
			suite.add(r, c)
		}
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
		all.Skipped += suite.Skipped
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(r hostsim.Row, c hostsim.Cell) {
	what := string(c.Verdict)
	if detail := c.Reason() + string(c.How); detail != "" {
		what += ": " + detail
	}
	test := junitCase{Class: "leafcam." + r.Client, Name: c.Scenario, Time: seconds(c.Seconds), Output: what + "\n" + c.Message}
	text := strings.TrimSpace(c.Message + "\n" + c.Stdout + "\n" + c.Stderr)
	s.Tests++
	switch {
	case c.Missing():
		s.Skipped++
		test.Skipped = &junitMessage{Message: what}
	case c.Finding() && c.Verdict != verdict.VerdictCompleted && c.Verdict != verdict.VerdictRefused:
		s.Errors++
		test.Error = &junitMessage{what, text}
	case c.Finding():
		s.Failures++
		test.Failure = &junitMessage{what, text}
	}
	s.Cases = append(s.Cases, test)
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }
