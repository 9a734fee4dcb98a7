package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// sample has one cell of each kind.
func sample() *hostsim.Matrix {
	cell := func(s hostsim.Scenario, o hostsim.Outcome) hostsim.Cell {
		return hostsim.Cell{Scenario: s.Name, Outcome: o}
	}
	return &hostsim.Matrix{
		Format:    hostsim.MatrixFormat,
		Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioAIA(), hostsim.ScenarioStore(), hostsim.ScenarioSecondLoad()},
		Rows: []hostsim.Row{
			{Client: "curl", Title: "curl", Stack: "OpenSSL", Library: "OpenSSL", Installed: true, Trustworthy: true, Cells: []hostsim.Cell{
				cell(hostsim.ScenarioLeafOnly(), hostsim.Outcome{
					Verdict: verdict.VerdictRefused, Cause: verdict.CauseMissing,
					Message: "curl: (60) no issuer", Alert: "fatal unknown_ca (48)",
				}),
				cell(hostsim.ScenarioAIA(), hostsim.Outcome{Verdict: verdict.VerdictTimedOut, Cause: "still running at the deadline"}),
				cell(hostsim.ScenarioStore(), hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowAnchor}),
				cell(hostsim.ScenarioSecondLoad(), hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowSent, ChainCompleted: true}),
			}},
			{Client: "none", Title: "Netscape", Library: "SSL", Install: "apt-get install netscape"},
			{Client: "rogue", Title: "Rogue", Stack: "none", Library: "none", Installed: true, Doubt: "it does not verify", Cells: []hostsim.Cell{
				cell(hostsim.ScenarioLeafOnly(), hostsim.Outcome{Verdict: verdict.VerdictHarnessError, Cause: "it does not verify"}),
				cell(hostsim.ScenarioAIA(), hostsim.Outcome{Verdict: verdict.VerdictNotApplicable}),
				cell(hostsim.ScenarioStore(), hostsim.Outcome{Verdict: verdict.VerdictNotApplicable}),
				cell(hostsim.ScenarioSecondLoad(), hostsim.Outcome{Verdict: verdict.VerdictNotApplicable}),
			}},
		},
	}
}

func TestTable(t *testing.T) {
	for _, tc := range []struct {
		name      string
		options   report.TableOptions
		has, lack []string
	}{
		{
			"in a pipe", report.TableOptions{},
			[]string{
				"TLS library", "✗ missing", "! timed out", "= anchor", "✓ sent", "not installed: apt-get install netscape",
				"! curl, aia: timed out: still running at the deadline", "! Rogue: it does not verify",
				"2nd load        leaf + intermediate by a second load (positive control)",
			},
			[]string{"\x1b["},
		},
		{"in colour", report.TableOptions{Color: true, Width: 200}, []string{"\x1b[31m✗ missing", "\x1b[32m✓ sent", "TLS library"}, nil},
		{"narrow", report.TableOptions{Width: 75}, []string{"✗ missing", "leaf only"}, []string{"TLS library"}},
		{"very narrow", report.TableOptions{Width: 40}, []string{"│ ✗  │ !", "1 leaf only", "4 2nd load"}, []string{"TLS library", "✗ missing"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			report.Table(&out, sample(), tc.options)
			for _, want := range tc.has {
				require.Contains(t, out.String(), want)
			}
			for _, unwanted := range tc.lack {
				require.NotContains(t, out.String(), unwanted)
			}
		})
	}
}

func TestMessages(t *testing.T) {
	var out bytes.Buffer
	report.Messages(&out, sample(), hostsim.ScenarioLeafOnly().Name, report.TableOptions{})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2, "who is not installed says nothing")
	require.Contains(t, lines[0], "curl: (60) no issuer")
	require.Contains(t, lines[0], "camera: alert fatal unknown_ca (48)")
	require.Contains(t, lines[1], "(harness error: it does not verify)")
}

func TestMarkdown(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, report.Markdown(&out, sample()))
	require.Contains(t, out.String(), "| stack | client | version | leaf only | AIA | store | 2nd load |")
	require.Contains(t, out.String(), "| ✗ missing | ! timed out | = anchor | ✓ sent |")
	require.Contains(t, out.String(), "Not on that machine: Netscape.")
}

func TestJUnit(t *testing.T) {
	m := sample()
	m.Rows[0].Cells[1].Stdout = "a control character: \x1b, and <markup>"
	var out bytes.Buffer
	require.NoError(t, report.JUnit(&out, m))
	var parsed struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(out.Bytes(), &parsed))
	require.Equal(t, []int{8, 1, 2, 3}, []int{parsed.Tests, parsed.Failures, parsed.Errors, parsed.Skipped})
	require.Equal(t, "leaf-only", parsed.Suites[0].Cases[0].Name)
	require.Equal(t, "refused: missing intermediate", parsed.Suites[0].Cases[0].Failure.Message)
}

// TestJUnitSince: a cell that is as it was passes, however bad that is; what has changed fails, and is told.
func TestJUnitSince(t *testing.T) {
	type parsed struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Cases []struct {
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	since := func(was, is *hostsim.Matrix) (p parsed) {
		var out bytes.Buffer
		require.NoError(t, report.WriteSince(&out, "junit", was, is))
		require.NoError(t, xml.Unmarshal(out.Bytes(), &p))
		require.Equal(t, 8, p.Tests)
		return p
	}
	same := since(sample(), sample())
	require.Equal(t, []int{0, 0, 3}, []int{same.Failures, same.Errors, same.Skipped}, "nothing has changed")

	was := sample()
	was.Rows[0].Client = "another"
	unknown := since(was, sample())
	require.Equal(t, []int{0, 0, 3}, []int{unknown.Failures, unknown.Errors, unknown.Skipped}, "a client that was not there is no change")

	is := sample()
	is.Rows[0].Cells[3].Outcome = hostsim.Outcome{Verdict: verdict.VerdictRefused, Cause: verdict.CauseExpired, Message: "too late"}
	worse := since(sample(), is)
	require.Equal(t, []int{1, 0, 3}, []int{worse.Failures, worse.Errors, worse.Skipped})
	failure := worse.Suites[0].Cases[3].Failure
	require.Equal(t, "was completed: sent, is refused: expired", failure.Message)
	require.Equal(t, "was: completed: sent\nis:  refused: expired\ntoo late", failure.Text)

	gone := sample()
	gone.Rows[0].Cells[0].Outcome = hostsim.Outcome{Verdict: verdict.VerdictNotInstalled}
	left := since(sample(), gone)
	require.Equal(t, []int{1, 0, 3}, []int{left.Failures, left.Errors, left.Skipped}, "a client that is gone is a change")
	require.Equal(t, "was refused: missing intermediate, is not installed", left.Suites[0].Cases[0].Failure.Message)

	var plain, other bytes.Buffer
	require.NoError(t, report.WriteSince(&other, "markdown", was, is))
	require.NoError(t, report.Markdown(&plain, is))
	require.Equal(t, plain.String(), other.String(), "the other forms show the matrix")
}

func TestCompare(t *testing.T) {
	is := sample()
	require.Empty(t, report.Compare(sample(), is))
	is.Rows[0].Cells[0].Verdict, is.Rows[0].Cells[0].Cause, is.Rows[0].Cells[0].How = verdict.VerdictCompleted, "", verdict.HowAIA
	is.Rows[0].Cells[0].Seconds, is.Rows[0].Cells[3].Seconds = 7, 9 // times are no change
	is.Rows = append(is.Rows, hostsim.Row{Client: "new", Cells: is.Rows[0].Cells})
	changes := report.Compare(sample(), is)
	require.Len(t, changes, 1)
	require.Equal(t, "refused: missing intermediate", changes[0].Was)
	require.Equal(t, "completed: aia", changes[0].Is)
	var out bytes.Buffer
	report.Changes(&out, changes)
	require.Contains(t, out.String(), "curl, leaf-only: was refused: missing intermediate, is completed: aia")
}

// TestReadBack: what is written as JSON is read again as it was.
func TestReadBack(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, report.Write(&out, "json", sample()))
	m, err := hostsim.ReadMatrix(&out)
	require.NoError(t, err)
	require.Equal(t, sample(), m)
	_, err = hostsim.ReadMatrix(strings.NewReader("{"))
	require.ErrorIs(t, err, hostsim.ErrFormat)
	require.ErrorContains(t, report.Write(&out, "pdf", m), "known: html, json, junit, markdown")
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, report.JSON(&out, sample()))
	var m map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &m))
	require.EqualValues(t, hostsim.MatrixFormat, m["format"])
	row := m["rows"].([]any)[0].(map[string]any)
	cell := row["cells"].([]any)[0].(map[string]any)
	require.Equal(t, "leaf-only", cell["scenario"])
	require.Equal(t, "refused", cell["verdict"])
	require.Equal(t, false, cell["chain_completed"])
}
