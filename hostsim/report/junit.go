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
func JUnit(w io.Writer, m *hostsim.Matrix) error { return junit(w, m, judgeFinding) }

// JUnitSince writes the matrix as [JUnit] does, for those who know an earlier one: a cell that
// [Compare] calls a change is a failure, and no other one is.
func JUnitSince(w io.Writer, was, is *hostsim.Matrix) error {
	changed := map[[2]string]Change{}
	for _, c := range Compare(was, is) {
		at := [2]string{c.Client, c.Scenario}
		visible(&at[0], &at[1], &c.Was, &c.Is, &c.Message) // rows are looked up as they are shown
		changed[at] = c
	}
	return junit(w, is, func(test *junitCase, r hostsim.Row, c hostsim.Cell) {
		change, ok := changed[[2]string{r.Client, c.Scenario}]
		switch {
		case ok:
			text := "was: " + change.Was + "\nis:  " + change.Is + "\n" + said(c)
			test.Failure = &junitMessage{"was " + change.Was + ", is " + change.Is, strings.TrimSpace(text)}
		case c.Missing():
			test.Skipped = &junitMessage{Message: outcome(c)}
		}
	})
}

// junit writes the matrix, whose cells are judged by judge.
func junit(w io.Writer, m *hostsim.Matrix, judge func(*junitCase, hostsim.Row, hostsim.Cell)) error {
	m = shown(m)
	all := junitSuites{Name: "leafcam", Time: seconds(m.Seconds)}
	for _, r := range m.Rows {
		suite := junitSuite{Name: r.Client, Time: seconds(r.Seconds), Timestamp: m.Started.Format("2006-01-02T15:04:05")}
		for _, c := range r.Cells {
			test := junitCase{Class: "leafcam." + r.Client, Name: c.Scenario, Time: seconds(c.Seconds), Output: outcome(c) + "\n" + c.Message}
			judge(&test, r, c)
			suite.add(test)
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

// judgeFinding judges a cell by itself.
func judgeFinding(test *junitCase, _ hostsim.Row, c hostsim.Cell) {
	switch {
	case c.Missing():
		test.Skipped = &junitMessage{Message: outcome(c)}
	case c.Finding() && c.Verdict != verdict.VerdictCompleted && c.Verdict != verdict.VerdictRefused:
		test.Error = &junitMessage{outcome(c), said(c)}
	case c.Finding():
		test.Failure = &junitMessage{outcome(c), said(c)}
	}
}

// outcome is how a cell ended, and why.
func outcome(c hostsim.Cell) string {
	what := string(c.Verdict)
	if detail := c.Reason() + string(c.How); detail != "" {
		what += ": " + detail
	}
	return what
}

// said is what the client printed.
func said(c hostsim.Cell) string {
	return strings.TrimSpace(c.Message + "\n" + c.Stdout + "\n" + c.Stderr)
}

// add adds a case and counts it.
func (s *junitSuite) add(test junitCase) {
	s.Tests++
	switch {
	case test.Skipped != nil:
		s.Skipped++
	case test.Error != nil:
		s.Errors++
	case test.Failure != nil:
		s.Failures++
	}
	s.Cases = append(s.Cases, test)
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }
