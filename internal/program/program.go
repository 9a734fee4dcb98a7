// Package program finds the real programs that tests talk to. Start with [Need].
package program

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/port"
)

// Need returns the path of a program. Where it is not installed, the test is skipped with the Debian
// packages that bring it; where LEAFCAM_ALL_CLIENTS is set, it fails.
//
// Tests that talk to real programs are a tier of their own, told by their names: Need fails a test
// whose name does not begin with TestReal. Benchmarks and fuzz targets are in no tier.
func Need(t testing.TB, name, packages string) string {
	t.Helper()
	inItsTier(t)
	for _, at := range []string{name, "/usr/sbin/" + name} { // servers are not in everybody's PATH
		if path, err := exec.LookPath(at); err == nil {
			return path
		}
	}
	Missing(t, name, "apt-get install "+packages)
	return ""
}

// Missing skips a test for want of something that is no program in the PATH, with what to do about
// it; where LEAFCAM_ALL_CLIENTS is set, the test fails.
func Missing(t testing.TB, what, install string) {
	t.Helper()
	inItsTier(t)
	if os.Getenv("LEAFCAM_ALL_CLIENTS") != "" {
		t.Fatalf("%s is not installed, and LEAFCAM_ALL_CLIENTS is set: %s", what, install)
	}
	t.Skipf("%s is not installed: %s", what, install)
}

// inItsTier fails a test that is run where no program but Go may be needed.
func inItsTier(t testing.TB) {
	t.Helper()
	top, _, _ := strings.Cut(t.Name(), "/")
	for _, prefix := range []string{"TestReal", "Benchmark", "Fuzz"} {
		if strings.HasPrefix(top, prefix) {
			return
		}
	}
	t.Fatalf("%s needs a real program: call it TestReal..., so that it is run with its like", top)
}

// Run runs a program in a folder and returns what it printed. The test fails when it ends with an
// error.
func Run(t testing.TB, dir, name string, args ...string) []byte {
	t.Helper()
	out, err := Command(dir, name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s\n%s", name, strings.Join(args, " "), out)
	return out
}

// Command is a program to be run in a folder, for those that are to end with an error.
func Command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	return cmd
}

// Port holds a port of loopback until a test is over, for a program that is told where to listen.
func Port(t testing.TB) *port.Held {
	t.Helper()
	held, err := port.Hold()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, held.Release()) })
	return held
}

// Processes returns the command lines of this machine, one a line, their words with a zero octet behind
// each. The test is skipped where there is no /proc.
func Processes(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("there is no /proc to look for processes in")
	}
	var all strings.Builder
	for _, f := range files {
		b, _ := os.ReadFile(f) // processes come and go
		all.Write(b)
		all.WriteByte('\n')
	}
	return all.String()
}
