package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
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
		{
			"very narrow", report.TableOptions{Width: 40},
			[]string{"│ ✗ │ ! │ = │ ✓ │", "1 leaf only", "4 2nd load"}, []string{"TLS library", "✗ missing", "left out"},
		},
		{
			"too narrow for all columns", report.TableOptions{Width: 24},
			[]string{"1 leaf only", "4 2nd load", "left out for want of\n  room: store"}, []string{"3 store", "missing"},
		},
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

// wide has every scenario, and clients with names of any length.
func wide() (*hostsim.Matrix, []*hostsim.Client) {
	m := &hostsim.Matrix{Scenarios: hostsim.StandardSet()}
	var clients []*hostsim.Client
	for _, title := range []string{"curl", "gnutls-cli --ca-auto-retrieve", "Windows: PowerShell, .NET, WinHTTP, curl.exe, Go programs, pip"} {
		row := hostsim.Row{Client: title, Title: title, Stack: "stack", Library: "a library with a long name", Installed: true, Trustworthy: true}
		for _, s := range m.Scenarios {
			o := hostsim.Outcome{Verdict: verdict.VerdictRefused, Cause: verdict.CauseMissing, Message: strings.Repeat("a long message ", 9)}
			if s.Role == hostsim.RolePositive {
				o = hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowSent}
			}
			row.Cells = append(row.Cells, hostsim.Cell{Scenario: s.Name, Outcome: o})
		}
		row.Cells[1].Outcome = hostsim.Outcome{Verdict: verdict.VerdictTimedOut, Detail: "still running at the deadline, which is long"}
		m.Rows = append(m.Rows, row)
		clients = append(clients, &hostsim.Client{Title: title})
	}
	m.Rows = append(m.Rows,
		hostsim.Row{Client: "absent", Title: "absent", Install: "apt-get install a-package-with-a-long-name"},
		hostsim.Row{Client: "foreign", Title: "foreign", System: "windows"},
	)
	return m, clients
}

// requireFits: no line of an output is wider than the terminal.
func requireFits(t *testing.T, width int, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		require.LessOrEqual(t, text.StringWidthWithoutEscSequences(strings.TrimRight(line, "\n")), width, "%s", out)
	}
}

// TestNarrow: on a narrow terminal columns go, and nothing is wrapped by it.
func TestNarrow(t *testing.T) {
	m, clients := wide()
	for _, tc := range []struct {
		width            int
		table, rows      []string // what is there
		noTable, notRows []string // what is not
	}{
		{
			40, []string{"│ 1 │ 2 │ 3 │ 4 │ 5 │", "left out for want of room: self-signed", "- not on this machine"}, []string{"  client "},
			[]string{"TLS library", "✗ missing"}, []string{"what it says", "expired  unknown root"},
		},
		{60, []string{"│ 1 │ 2"}, []string{"now"}, []string{"TLS library", "✗ missing"}, []string{"what it says"}},
		{80, []string{"│ 10 │"}, []string{"now", "AIA"}, []string{"TLS library", "left out"}, []string{"what it says"}},
		{120, []string{"│ 10 │"}, []string{"now", "AIA"}, []string{"TLS library", "left out"}, nil},
		{
			250, []string{"TLS library", "✗ missing", "AIA stranger"}, []string{"what it says", "a long message"},
			[]string{"left out"}, []string{"left out"},
		},
	} {
		for _, color := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d columns, colour is %v", tc.width, color), func(t *testing.T) {
				o := report.TableOptions{Width: tc.width, Color: color}
				var table, rows bytes.Buffer
				report.Table(&table, m, o)
				requireFits(t, tc.width, table.String())
				printed := report.NewRows(&rows, clients, m.Scenarios, o)
				for _, row := range m.Rows[:3] {
					printed.Print(row)
				}
				requireFits(t, tc.width, rows.String())
				for _, has := range tc.table {
					require.Contains(t, table.String(), has)
				}
				for _, has := range tc.rows {
					require.Contains(t, rows.String(), has)
				}
				for _, lacks := range tc.noTable {
					require.NotContains(t, table.String(), lacks)
				}
				for _, lacks := range tc.notRows {
					require.NotContains(t, rows.String(), lacks)
				}
			})
		}
	}
}

// TestTryOnANarrowTerminal: the two columns of leafcam try are there at any width.
func TestTryOnANarrowTerminal(t *testing.T) {
	m, clients := wide()
	scenarios := []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioSecondLoad()}
	for width, head := range map[int]string{
		0:  "  client                      now  with the intermediate  what it says\n",
		80: "  client                      now  with the intermediate  what it says\n",
		60: "  client                      now  with the intermediate\n",
		40: "  client                    now  if sent\n",
	} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var out bytes.Buffer
			rows := report.NewRows(&out, clients, scenarios, report.TableOptions{Width: width})
			require.Equal(t, head, out.String())
			for _, row := range m.Rows[:3] {
				row.Cells = []hostsim.Cell{row.Cells[0], row.Cells[4]}
				rows.Print(row)
			}
			if width > 0 {
				requireFits(t, width, out.String())
			}
			require.Regexp(t, `(?m)^  curl +✗    ✓`, out.String())
		})
	}
}

// TestControlsAreNeutral: red is for what is bad, and a control that was refused is as it should be.
func TestControlsAreNeutral(t *testing.T) {
	m := sample()
	m.Scenarios[3] = hostsim.ScenarioUnknownRoot()
	m.Rows[0].Cells[3].Scenario = m.Scenarios[3].Name
	m.Rows[0].Cells[3].Outcome = hostsim.Outcome{Verdict: verdict.VerdictRefused, Cause: verdict.CauseUnknown}
	var table, page bytes.Buffer
	report.Table(&table, m, report.TableOptions{Color: true})
	require.Contains(t, table.String(), "\x1b[90m✗ unknown")
	require.Contains(t, table.String(), "\x1b[31m✗ missing")
	require.Contains(t, table.String(), "✗ refused in a negative control, as it should be")
	require.NoError(t, report.HTML(&page, m))
	require.Regexp(t, `<button class="expected" data-client="curl" data-scenario="unknown-root">✗ <span>unknown`, page.String())
}

// TestRootIsNoGap: the root, which is never sent, is drawn in another way than what is missing.
func TestRootIsNoGap(t *testing.T) {
	for _, tc := range []struct {
		name           string
		scenario       hostsim.Scenario
		missing, roots int
		stranger       bool
	}{
		{"a gap", hostsim.ScenarioLeafOnly(), 1, 2, false},
		{"no gap", hostsim.ScenarioSecondLoad(), 0, 2, false},
		{"a root that is not trusted", hostsim.ScenarioUnknownRoot(), 0, 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, report.HTML(&out, &hostsim.Matrix{Scenarios: []hostsim.Scenario{tc.scenario}}))
			require.Equal(t, tc.missing, strings.Count(out.String(), `<rect class="missing"`))
			require.Equal(t, tc.roots, strings.Count(out.String(), `<rect class="root"`), "a double line")
			require.Equal(t, tc.stranger, strings.Contains(out.String(), `<rect class="stranger"`))
		})
	}
}

// TestLegends: a legend explains what is in its table, and nothing else.
func TestLegends(t *testing.T) {
	everything := []string{
		"chain completed", "trust anchor", "refused, with the cause", "any certificate", "no verdict", "does not apply",
		"negative control, as", "negative control, which",
	}
	one := func(o hostsim.Outcome) *hostsim.Matrix {
		s := hostsim.ScenarioLeafOnly()
		return &hostsim.Matrix{Scenarios: []hostsim.Scenario{s}, Rows: []hostsim.Row{
			{Client: "c", Title: "c", Stack: "s", Installed: true, Trustworthy: true, Cells: []hostsim.Cell{{Scenario: s.Name, Outcome: o}}},
		}}
	}
	lax := func() *hostsim.Matrix {
		m := one(hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowSent})
		m.Scenarios[0].Role = hostsim.RoleNegative
		return m
	}
	for _, tc := range []struct {
		name string
		m    *hostsim.Matrix
		has  string
		text string
	}{
		{"completed", one(hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowAIA}), "chain completed",
			"chain completed: by AIA download"},
		{"an anchor", one(hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowAnchor}), "trust anchor", ""},
		{"refused", one(hostsim.Outcome{Verdict: verdict.VerdictRefused, Cause: verdict.CauseName}), "refused, with the cause", ""},
		{"accepted in a control", lax(), "negative control, which", ""},
		{"verifies nothing", one(hostsim.Outcome{Verdict: verdict.VerdictNeverVerifies}), "any certificate", ""},
		{"no verdict", one(hostsim.Outcome{Verdict: verdict.VerdictTimedOut}), "no verdict", ""},
		{"not applicable", one(hostsim.Outcome{Verdict: verdict.VerdictNotApplicable}), "does not apply", ""},
	} {
		for form, write := range map[string]func(io.Writer, *hostsim.Matrix) error{
			"table":    func(w io.Writer, m *hostsim.Matrix) error { report.Table(w, m, report.TableOptions{}); return nil },
			"markdown": report.Markdown, "html": legendOfPage,
		} {
			t.Run(tc.name+", "+form, func(t *testing.T) {
				var out bytes.Buffer
				require.NoError(t, write(&out, tc.m))
				require.Contains(t, out.String(), tc.text)
				for _, words := range everything {
					require.Equal(t, words == tc.has, strings.Contains(out.String(), words), "%s in %s", words, out.String())
				}
				require.NotContains(t, out.String(), "missing = ")
			})
		}
	}
}

// legendOfPage writes the legend of the page alone.
func legendOfPage(w io.Writer, m *hostsim.Matrix) error {
	var page bytes.Buffer
	err := report.HTML(&page, m)
	_, legend, _ := strings.Cut(page.String(), `<ul class="legend"`)
	legend, _, _ = strings.Cut(legend, "</ul>")
	_, _ = io.WriteString(w, legend)
	return err
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

// TestMessagesOnANarrowTerminal: what clients say is cut where the line ends, and never wrapped.
func TestMessagesOnANarrowTerminal(t *testing.T) {
	m, _ := wide()
	m.Rows[0].Cells[0].Alert = "fatal unknown_ca (48)"
	for _, width := range []int{40, 60, 80, 120, 200} {
		var out bytes.Buffer
		report.Messages(&out, m, hostsim.ScenarioLeafOnly().Name, report.TableOptions{Width: width})
		requireFits(t, width, out.String())
		require.Contains(t, out.String(), "a long message")
		require.Equal(t, width >= 120, strings.Contains(out.String(), "camera: alert"), width)
	}
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
