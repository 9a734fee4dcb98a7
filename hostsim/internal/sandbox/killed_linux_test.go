package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/internal/program"
)

// runEnv makes a process of this test run one command in a sandbox.
const runEnv = "LEAFCAM_TEST_RUN"

func TestMain(m *testing.M) {
	text, ok := os.LookupEnv(runEnv)
	if !ok {
		os.Exit(m.Run())
	}
	var c sandbox.Command
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(err)
	}
	if c.Network != nil {
		var err error
		if c.Network, err = sandbox.StartNetwork(netip.MustParseAddr("192.0.2.20")); err != nil {
			panic(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if _, err := sandbox.Detect(ctx).Run(ctx, c); err != nil {
		panic(err)
	}
}

// TestKilledHarness: kill -9 of the harness leaves no process of its clients, however they are
// isolated, and however they try to stay.
func TestKilledHarness(t *testing.T) {
	sb := sandbox.Detect(t.Context())
	hosts := map[string]string{"cam.example.com": "127.0.0.1"}
	for i, tc := range []struct {
		name, script string
		command      sandbox.Command
		namespaces   bool // needed
	}{
		{"a program", "exec sleep SECONDS", sandbox.Command{}, false},
		{"with children", "sleep SECONDS; true", sandbox.Command{}, true},
		{"in a session of its own", "setsid sleep SECONDS & wait", sandbox.Command{}, true},
		{"daemonised", "setsid sh -c 'sleep SECONDS & wait' >/dev/null 2>&1 </dev/null & sleep SECONDS", sandbox.Command{}, true},
		{"with a hosts file", "sleep SECONDS; true", sandbox.Command{Hosts: hosts}, true},
		{"with mounts", "sleep SECONDS; true", sandbox.Command{Mounts: map[string]string{"/etc/hostname": "/etc/passwd"}}, true},
		{"as an ordinary user", "sleep SECONDS; true", sandbox.Command{NotRoot: true}, true},
		{"in a network of its own", "setsid sh -c 'sleep SECONDS & wait' & wait", sandbox.Command{Network: new(sandbox.Network)}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.namespaces && !sb.Namespaces() {
				t.Skip("no isolation of processes here: " + sb.Describe() + "; apt-get install util-linux, and permit user namespaces")
			}
			seconds := fmt.Sprintf("%d%d", 8+i, os.Getpid()) // nobody else sleeps as long
			began := filepath.Join(t.TempDir(), "began")
			c := shell(t, "touch "+began+"; "+strings.ReplaceAll(tc.script, "SECONDS", seconds))
			c.Home = t.TempDir()
			require.NoError(t, os.Chmod(filepath.Dir(began), 0o777))
			c.Hosts, c.Mounts, c.NotRoot, c.Network = tc.command.Hosts, tc.command.Mounts, tc.command.NotRoot, tc.command.Network
			text, err := json.Marshal(c)
			require.NoError(t, err)
			harness := exec.Command(os.Args[0])
			harness.Env = append(os.Environ(), runEnv+"="+string(text))
			require.NoError(t, harness.Start())
			require.Eventually(t, func() bool {
				_, err := os.Stat(began)
				return err == nil && strings.Contains(program.Processes(t), seconds)
			}, time.Minute, 10*time.Millisecond)
			require.NoError(t, harness.Process.Kill())
			_ = harness.Wait() // killed
			ended := func() bool { return !strings.Contains(program.Processes(t), "sleep\x00"+seconds) }
			require.Eventually(t, ended, time.Minute, 10*time.Millisecond)
		})
	}
}
