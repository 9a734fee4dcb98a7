package sandbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/internal/program"
)

func shell(t *testing.T, script string) sandbox.Command {
	sh, err := sandbox.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	return sandbox.Command{Args: []string{sh, "-c", script}, Home: t.TempDir()}
}

func TestHermetic(t *testing.T) {
	t.Setenv("SSL_CERT_FILE", "/etc/passwd")
	t.Setenv("CURL_CA_BUNDLE", "/etc/passwd")
	sb := sandbox.Detect(t.Context())
	c := shell(t, `env; echo "stdin: $(cat)"; pwd; echo oops >&2; exit 3`)
	c.Env = []string{"ADDED=yes"}
	r, err := sb.Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, 3, r.ExitCode)
	require.Equal(t, "oops\n", string(r.Stderr))
	out := string(r.Stdout)
	require.NotContains(t, out, "/etc/passwd")
	require.Contains(t, out, "HOME="+c.Home)
	require.Contains(t, out, "ADDED=yes")
	require.Contains(t, out, "stdin: \n")
}

func TestRealHosts(t *testing.T) {
	before, err := os.ReadFile("/etc/hosts")
	if err != nil {
		t.Skip("there is no /etc/hosts")
	}
	getent := program.Need(t, "getent", "libc-bin")
	sb := sandbox.Detect(t.Context())
	c := sandbox.Command{
		Args: []string{getent, "hosts", "cam.example.com"}, Home: t.TempDir(),
		Hosts: map[string]string{"cam.example.com": "127.0.0.1"},
	}
	r, err := sb.Run(t.Context(), c)
	if errors.Is(err, sandbox.ErrCannotIsolate) {
		t.Skip("no isolation of names here: " + sb.Describe() + "; apt-get install util-linux libnss-wrapper")
	}
	require.NoError(t, err)
	require.Contains(t, string(r.Stdout), "127.0.0.1")
	after, err := os.ReadFile("/etc/hosts")
	require.NoError(t, err)
	require.Equal(t, before, after)

	_, err = (&sandbox.Sandbox{}).Run(t.Context(), c)
	require.ErrorIs(t, err, sandbox.ErrCannotIsolate)
}

func TestDeadline(t *testing.T) {
	sb := sandbox.Detect(t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r, err := sb.Run(ctx, shell(t, `sleep 600`))
	require.NoError(t, err)
	require.True(t, r.TimedOut)
	require.Less(t, r.Duration, time.Minute)
}

func TestFlood(t *testing.T) {
	r, err := sandbox.Detect(t.Context()).Run(t.Context(), shell(t, `yes | head -c 3000000`))
	require.NoError(t, err)
	require.False(t, r.TimedOut)
	require.Len(t, r.Stdout, 1<<20, "only so much is kept")
	require.True(t, strings.HasPrefix(string(r.Stdout), "y\n"))
}

func TestRealSignal(t *testing.T) {
	python := program.Need(t, "python3", "python3")
	c := sandbox.Command{Args: []string{python, "-c", "import ctypes; ctypes.string_at(0)"}, Home: t.TempDir()}
	r, err := sandbox.Detect(t.Context()).Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, "segmentation fault", r.Signal)
}

func TestNoSuchProgram(t *testing.T) {
	_, err := sandbox.Detect(t.Context()).Run(t.Context(), sandbox.Command{Args: []string{"/no/such/program"}, Home: t.TempDir()})
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = sandbox.LookPath("leafcam-no-such-program")
	require.Error(t, err)
}

// TestReap: what a program leaves behind is ended, and what that used is counted.
func TestReap(t *testing.T) {
	sb := sandbox.Detect(t.Context())
	if !sb.Namespaces() {
		t.Skip("no isolation of processes here: " + sb.Describe() + "; apt-get install util-linux, and permit user namespaces")
	}
	// The child counts until it has used a fifth of a second, says so, and stays. The program waits for its word without using anything.
	const child = `while read -r _ _ _ _ _ _ _ _ _ _ _ _ _ used _ </proc/self/stat; [ "$used" -lt 20 ]; do :; done
echo told >word; exec sleep 1000`
	const enough = 200 * time.Millisecond
	const begin, wait = `mkfifo word; `, ` sh -c "$0" & read -r _ <word`
	for _, tc := range []struct {
		name, script string
		hosts        map[string]string
		status       int
		signal       string
	}{
		{"it ends well", begin + wait, nil, 0, ""},
		{"with a status", begin + wait + `; exit 7`, nil, 7, ""},
		{"with a status that a shell has for signals, too", begin + wait + `; exit 130`, nil, 130, ""},
		{"by a signal", begin + wait + `; kill -SEGV $$`, nil, -1, "segmentation fault"},
		{"with a hosts file", begin + wait, map[string]string{"a.example": "127.0.0.1"}, 0, ""},
		{"in a session of its own", begin + `setsid` + wait, nil, 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := shell(t, tc.script)
			c.Args = append(c.Args, child)
			c.Home, c.Hosts, c.Reap = t.TempDir(), tc.hosts, true
			r, err := sb.Run(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, tc.status, r.ExitCode, string(r.Stderr))
			require.Equal(t, tc.signal, r.Signal)
			require.GreaterOrEqual(t, r.CPU, enough)
			c.Reap = false
			require.NoError(t, os.Remove(filepath.Join(c.Home, "word")))
			r, err = sb.Run(t.Context(), c)
			require.NoError(t, err)
			require.Less(t, r.CPU, enough, "it is counted because of that alone")
		})
	}
}
