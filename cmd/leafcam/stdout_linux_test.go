package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// resultLines are command lines that print a result, for files that resultFiles makes. A command that nobody
// lists here or in unlisted fails the test.
func resultLines() map[string]string {
	return map[string]string{
		"":           "--help",
		"board":      "board",
		"check":      "check pki/fullchain.pem pki/privkey.pem --details",
		"clients":    "clients --install-script",
		"convert":    "convert pki --out camera --force",
		"csr":        "csr cam.example.com --out csr --force",
		"firmware":   "firmware",
		"matrix":     "matrix --clients sim-schannel --scenarios second-load",
		"merge":      "merge part.json",
		"pki":        "pki cam.example.com --out other --force",
		"selfsigned": "selfsigned cam.example.com --out self --force",
		"try":        "try pki --clients sim-schannel",
		"version":    "version",
	}
}

// resultFiles makes the files that command lines name, in the current folder.
func resultFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, line := range []string{
		"pki cam.example.com --out pki",
		"matrix --clients sim-schannel --scenarios second-load --shard 1/1 --report json=part.json",
	} {
		status, said := ran(t, line, nil)
		require.Equal(t, exitFine, status, said)
	}
}

// ran runs a command line with a standard output of its own, and returns its exit status and standard error.
func ran(t *testing.T, line string, stdout *os.File) (status int, said string) {
	p := newProcess(t, line)
	var messages strings.Builder
	p.cmd.Stdout, p.cmd.Stderr = nil, &messages
	if stdout != nil {
		p.cmd.Stdout = stdout
	}
	err := p.cmd.Run()
	if _, exited := err.(*exec.ExitError); !exited { //nolint:errorlint // Run does not wrap it
		require.NoError(t, err)
	}
	return p.cmd.ProcessState.ExitCode(), messages.String()
}

// TestOutputThatIsNotWhole: whoever goes by the exit status of a result learns that it is not all there.
func TestOutputThatIsNotWhole(t *testing.T) {
	lines := resultLines()
	// serve and gateway run until somebody ends them: TestReaderThatIsGone; demo runs real clients, compare asks a
	// camera, and connect a server: they print as the others do.
	unlisted := []string{"compare", "connect", "demo", "gateway", "serve"}
	for _, c := range newRoot().Commands() {
		if !c.Hidden && c.Runnable() && lines[c.Name()] == "" {
			require.Contains(t, unlisted, c.Name(), "a command that prints a result")
		}
	}
	resultFiles(t)
	for _, line := range lines {
		t.Run("a full disk, "+line, func(t *testing.T) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			require.NoError(t, err)
			defer full.Close()
			status, said := ran(t, line, full)
			require.Equal(t, exitEnvironment, status, said)
			require.Contains(t, said, "no space left on device")
		})
		t.Run("a closed pipe, "+line, func(t *testing.T) {
			out, in, err := os.Pipe()
			require.NoError(t, err)
			require.NoError(t, out.Close())
			defer in.Close()
			status, said := ran(t, line, in)
			require.Equal(t, exitEnvironment, status, said)
			require.Contains(t, said, "broken pipe")
		})
	}
}

// TestReportsOnStandardOutput: nothing else is there, and what people read is on standard error.
func TestReportsOnStandardOutput(t *testing.T) {
	resultFiles(t)
	begins := map[string]string{
		"json": "{\n  \"format\": ", "junit": "<?xml", "html": "<!doctype html>", "markdown": "", "sarif": "{\n  \"$schema\"",
	}
	for _, tc := range []struct {
		line  string
		forms string
		shown string // on standard error
	}{
		{"matrix --clients sim-schannel --scenarios second-load --commands", "html json junit markdown", "┌"},
		{"merge part.json", "html json junit markdown", "┌"},
		{"try pki --clients sim-schannel", "html json junit markdown", "can connect now"},
		{"check pki/fullchain.pem pki/privkey.pem --explain", "json sarif", "Every finding: --details"},
	} {
		for form := range strings.FieldsSeq(tc.forms) {
			line := tc.line + " --report " + form + "=-"
			t.Run(line, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "out")
				file, err := os.Create(path)
				require.NoError(t, err)
				defer file.Close()
				status, said := ran(t, line, file)
				require.Contains(t, []int{exitFine, exitFindings}, status, said)
				require.Contains(t, said, tc.shown)
				text := readFile(t, path)
				require.True(t, strings.HasPrefix(strings.ToLower(text), begins[form]), "%.200s", text)
				require.NotContains(t, text, "\n"+tc.shown)

				full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
				require.NoError(t, err)
				defer full.Close()
				status, said = ran(t, line, full)
				require.Equal(t, exitEnvironment, status, said)

				status, said = ran(t, line+" --json", file)
				require.Equal(t, exitUsage, status, said)
				status, said = ran(t, line+" --report json=-", file)
				require.Equal(t, exitUsage, status, said)
				require.Contains(t, said, "one report alone can go to standard output")
			})
		}
	}
}

// TestReportOnAFullDisk: a report that cannot be written ends with the status of what the machine lacks, and
// keeps no other one back.
func TestReportOnAFullDisk(t *testing.T) {
	resultFiles(t)
	require.NoError(t, os.Mkdir("small", 0o755))
	script := `mount -t tmpfs -o size=8k none small && head -c 8192 /dev/zero > small/filler
leafcam merge part.json --report json=small/out.json --report junit=whole.xml > shown; status=$?
test ! -e small/out.json || status="$status, and a part of the report is there"
echo "status $status"`
	if err := exec.Command("unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "small").Run(); err != nil {
		t.Skip("no file system can be mounted here: user namespaces are not permitted, or unshare is not installed: apt-get install util-linux")
	}
	out, err := exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "no space left on device")
	require.Contains(t, string(out), "status 3\n")
	require.Contains(t, readFile(t, "whole.xml"), "<testsuites")
}
