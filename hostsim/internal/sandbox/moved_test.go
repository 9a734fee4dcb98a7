package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
)

// TestMoved: the command line of a run can be repeated with a copy of its home, when the home is gone.
func TestMoved(t *testing.T) {
	sb := sandbox.Detect(t.Context())
	if !sb.Namespaces() {
		t.Skip("no isolation of processes here: " + sb.Describe() + "; apt-get install util-linux, and permit user namespaces")
	}
	for _, name := range []string{"plain", "with a space", "with # and \\"} {
		t.Run(name, func(t *testing.T) {
			home, copied := filepath.Join(t.TempDir(), name), filepath.Join(t.TempDir(), name+" copy")
			require.NoError(t, os.Mkdir(home, 0o755))
			c := shell(t, "cat /etc/hosts /etc/hostname")
			c.Home, c.Hosts = home, map[string]string{"moved.example": "127.0.0.1"}
			c.Mounts = map[string]string{"/etc/hostname": filepath.Join(home, "name")}
			require.NoError(t, os.WriteFile(filepath.Join(home, "name"), []byte("another\n"), 0o644))
			r, err := sb.Run(t.Context(), c)
			require.NoError(t, err)
			require.Contains(t, string(r.Stdout), "moved.example", string(r.Stderr))
			require.NoError(t, os.CopyFS(copied, os.DirFS(home)))
			require.NoError(t, os.RemoveAll(home))
			require.NoError(t, sandbox.Moved(home, copied))
			table, err := os.ReadFile(filepath.Join(copied, "mounts"))
			require.NoError(t, err)
			again := shell(t, `unshare --user --map-root-user --mount mount -a -f -v -T "$0"`)
			again.Args = append(again.Args, filepath.Join(copied, "mounts"))
			again.Home = copied
			r, err = sb.Run(t.Context(), again)
			require.NoError(t, err)
			require.Zero(t, r.ExitCode, "%s%s\n%s", r.Stdout, r.Stderr, table)
			require.NotContains(t, string(table), filepath.Base(filepath.Dir(home))+"/")
		})
	}
	require.NoError(t, sandbox.Moved(t.TempDir(), t.TempDir()), "there is no table")
}
