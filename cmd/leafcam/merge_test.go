package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// mergeable is a run in one part of curl, which refuses the leaf alone, and of wget, which is not there.
func mergeable() *hostsim.Matrix {
	return &hostsim.Matrix{
		Format: hostsim.MatrixFormat, Host: "cam.example.com", Firmware: "openmv-5.0", Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly()},
		Shard: &hostsim.Shard{Index: 1, Of: 1, Clients: []string{"curl", "wget"}},
		Rows: []hostsim.Row{
			{Client: "curl", Title: "curl", Stack: "OpenSSL", Installed: true, Trustworthy: true, Cells: []hostsim.Cell{
				{Scenario: "leaf-only", Outcome: hostsim.Outcome{Verdict: verdict.VerdictRefused, Cause: verdict.CauseMissing}},
			}},
			{Client: "wget", Title: "wget", Stack: "GnuTLS", Install: "apt-get install wget", Cells: []hostsim.Cell{
				{Scenario: "leaf-only", Outcome: hostsim.Outcome{Verdict: verdict.VerdictNotInstalled, Cause: verdict.CauseAbsent}},
			}},
		},
	}
}

// writeMatrix writes a matrix, or what a change makes of it, and what comes after it.
func writeMatrix(t *testing.T, name string, after string, change func(m *hostsim.Matrix)) {
	m := mergeable()
	if change != nil {
		change(m)
	}
	text, err := json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, append(text, after...), 0o600))
}

// inFolderWithMatrices is a folder with parts and with earlier matrices.
func inFolderWithMatrices(t *testing.T) {
	t.Chdir(t.TempDir())
	whole := func(m *hostsim.Matrix) { m.Shard = nil }
	writeMatrix(t, "part.json", "", nil)
	writeMatrix(t, "whole.json", "\n", whole)
	writeMatrix(t, "garbage.json", "{}", whole)
	writeMatrix(t, "other-clients.json", "", func(m *hostsim.Matrix) { m.Shard, m.Rows = nil, m.Rows[:0] })
	writeMatrix(t, "other-scenarios.json", "", func(m *hostsim.Matrix) {
		m.Shard, m.Rows[0].Cells[0].Scenario, m.Rows[1].Cells[0].Scenario = nil, "aia", "aia"
	})
	writeMatrix(t, "empty.json", "", func(m *hostsim.Matrix) { m.Shard.Clients, m.Rows = nil, nil })
	writeMatrix(t, "evil.json", "", func(m *hostsim.Matrix) {
		s, r := &m.Scenarios[0], &m.Rows[0]
		s.Name, s.Title, s.Role = "\x1b[31mname", "\x1b[32mtitle", "\x1b[33mrole"
		r.Cells[0].Scenario, m.Rows[1].Cells[0].Scenario = s.Name, s.Name
	})
	writeMatrix(t, "verdict.json", "", func(m *hostsim.Matrix) { m.Rows[0].Cells[0].Verdict = "\x1b[31mfine" })
	require.NoError(t, os.WriteFile("file", nil, 0o600))
	require.NoError(t, os.Symlink(".", "here"))
}

// TestMergeIsTold what cannot be so, and what it can say: a status, and a sentence that is true.
func TestMergeIsTold(t *testing.T) {
	for _, tc := range []struct {
		name, line string
		status     int
		says       string
	}{
		{"the parts", "merge part.json", exitFindings, ""},
		{"no client", "merge empty.json", exitEnvironment, "no client to run"},
		{"nothing has changed", "merge part.json --expect whole.json", exitFine, "nothing has changed"},
		{"garbage after the earlier matrix", "merge part.json --expect garbage.json", exitUsage, "there is more after its end"},
		{"a part as the earlier matrix", "merge part.json --expect part.json", exitUsage, "--expect part.json: it is part 1 of 1 of a run"},
		{"earlier, other clients", "merge part.json --expect other-clients.json", exitUsage, "there is nothing to compare"},
		{"earlier, other scenarios", "merge part.json --expect other-scenarios.json", exitUsage, "there is nothing to compare"},
		{"a matrix is told, too", "matrix --clients curl --expect other-clients.json", exitUsage, "there is nothing to compare"},
		{"a matrix of other scenarios", "matrix --clients curl --scenarios store --expect whole.json", exitUsage, "there is nothing to compare"},
		{"a matrix and a part", "matrix --clients curl --expect part.json", exitUsage, "it is part 1 of 1"},
		{"an unknown verdict", "merge verdict.json", exitUsage, `unknown verdict`},
		{"one has to connect", "merge part.json --must curl", exitFindings, "--must: curl does not connect: missing intermediate"},
		{"one was not there", "merge part.json --must wget", exitEnvironment, "on the machines of the run, no program stood for wget"},
		{"one was not in the run", "merge part.json --must curl,java", exitUsage, "--must: the run has no java"},
		{"the cure was not in the run", "merge part.json --must curl --with gateway", exitUsage, "the run has no scenario gateway"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inFolderWithMatrices(t)
			var out, messages bytes.Buffer
			require.Equal(t, tc.status, run(t.Context(), strings.Fields(tc.line), &out, &messages), messages.String())
			require.Contains(t, messages.String(), tc.says)
			require.NotContains(t, messages.String(), "this machine")
		})
	}
}

// TestPartsActOnNoTerminal whatever is in them.
func TestPartsActOnNoTerminal(t *testing.T) {
	inFolderWithMatrices(t)
	for _, line := range []string{"merge evil.json", "merge evil.json part.json", "merge verdict.json", "merge part.json --expect evil.json"} {
		for _, columns := range []string{"", "40"} {
			t.Setenv("COLUMNS", columns)
			var out, messages bytes.Buffer
			run(t.Context(), strings.Fields(line), &out, &messages)
			require.NotContains(t, out.String()+messages.String(), "\x1b", line)
		}
	}
}

// TestPlacesOfReports are looked at before anything runs.
func TestPlacesOfReports(t *testing.T) {
	for _, tc := range []struct{ name, flags, says string }{
		{"no folder", "--report json=nodir/x.json", "nodir: no such file"},
		{"a file in the folder's place", "--report json=file/x.json", "file is no folder"},
		{"two to one file", "--report json=x --report html=x", "--report html=x: another report goes to that file"},
		{"two to one file by two names", "--report json=./x --report html=here/x", "another report goes to that file"},
	} {
		for _, command := range []string{"merge part.json", "matrix --clients curl", "try full.pem leaf.key.pem --root root.pem --clients curl"} {
			t.Run(tc.name+", "+command, func(t *testing.T) {
				pki, _ := inFolderWithFiles(t)
				require.NoError(t, os.WriteFile("root.pem", certs.EncodePEM(pki.Root.Certificate), 0o600))
				require.NoError(t, os.WriteFile("file", nil, 0o600))
				require.NoError(t, os.Symlink(".", "here"))
				writeMatrix(t, "part.json", "", nil)
				var out, messages bytes.Buffer
				require.Equal(t, exitUsage, run(t.Context(), strings.Fields(command+" "+tc.flags), &out, &messages), messages.String())
				require.Contains(t, messages.String(), tc.says)
				require.Empty(t, out.String())
				require.NotContains(t, messages.String(), "running")
			})
		}
	}
	t.Run("check", func(t *testing.T) {
		inFolderWithFiles(t)
		var out, messages bytes.Buffer
		args := strings.Fields("check full.pem leaf.key.pem --report json=nodir/x.json")
		require.Equal(t, exitUsage, run(t.Context(), args, &out, &messages))
		require.Contains(t, messages.String(), "nodir: no such file")
		require.Empty(t, out.String())
	})
}

// TestEmptyValues are mistakes, and not the same as no flag.
func TestEmptyValues(t *testing.T) {
	for _, args := range [][]string{
		{"matrix", "--shard", ""}, {"matrix", "--shard", " "}, {"matrix", "--expect", ""}, {"matrix", "--with", ""},
		{"merge", "part.json", "--expect="}, {"merge", "part.json", "--with="}, {"try", "full.pem", "--with="},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			var out, messages bytes.Buffer
			require.Equal(t, exitUsage, run(t.Context(), args, &out, &messages))
			require.Contains(t, messages.String(), "an empty value")
		})
	}
}
