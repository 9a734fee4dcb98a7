package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/report"
)

// sample has one cell of each kind.
func sample() *hostsim.Matrix {
	cell := func(s hostsim.Scenario, o hostsim.Outcome) hostsim.Cell {
		return hostsim.Cell{Scenario: s.Name, Outcome: o}
	}
	return &hostsim.Matrix{
		Format:    hostsim.MatrixFormat,
		Scenarios: []hostsim.Scenario{hostsim.LeafOnly, hostsim.ByAIA, hostsim.Store, hostsim.SecondLoad},
		Rows: []hostsim.Row{
			{Client: "curl", Title: "curl", Library: "OpenSSL", Installed: true, Trustworthy: true, Cells: []hostsim.Cell{
				cell(hostsim.LeafOnly, hostsim.Outcome{Verdict: hostsim.Refused, Cause: hostsim.CauseMissing, Message: "curl: (60) no issuer", Alert: "fatal unknown_ca (48)"}),
				cell(hostsim.ByAIA, hostsim.Outcome{Verdict: hostsim.TimedOut, Cause: "still running at the deadline"}),
				cell(hostsim.Store, hostsim.Outcome{Verdict: hostsim.Completed, How: hostsim.Anchor}),
				cell(hostsim.SecondLoad, hostsim.Outcome{Verdict: hostsim.Completed, How: hostsim.Sent, ChainCompleted: true}),
			}},
			{Client: "none", Title: "Netscape", Library: "SSL", Install: "apt-get install netscape"},
			{Client: "rogue", Title: "Rogue", Library: "none", Installed: true, Doubt: "it does not verify", Cells: []hostsim.Cell{
				cell(hostsim.LeafOnly, hostsim.Outcome{Verdict: hostsim.HarnessError, Cause: "it does not verify"}),
				cell(hostsim.ByAIA, hostsim.Outcome{Verdict: hostsim.NotApplicable}),
				cell(hostsim.Store, hostsim.Outcome{Verdict: hostsim.NotApplicable}),
				cell(hostsim.SecondLoad, hostsim.Outcome{Verdict: hostsim.NotApplicable}),
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
		{"in a pipe", report.TableOptions{}, []string{"TLS library", "✗ missing", "! timed out", "= anchor", "✓ sent", "not installed: apt-get install netscape", "! curl, aia: timed out: still running at the deadline", "! Rogue: it does not verify", "2nd load        leaf + intermediate by a second load (positive control)"}, []string{"\x1b["}},
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
	report.Messages(&out, sample(), hostsim.LeafOnly.Name, report.TableOptions{})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2, "who is not installed says nothing")
	require.Contains(t, lines[0], "curl: (60) no issuer")
	require.Contains(t, lines[0], "camera: alert fatal unknown_ca (48)")
	require.Contains(t, lines[1], "(harness error: it does not verify)")
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
