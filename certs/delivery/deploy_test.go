package delivery_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/delivery"
)

// holding returns the names and contents in a folder.
func holding(t *testing.T, dir string) map[string]string {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	list := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			data = []byte("folder")
		}
		list[e.Name()] = string(data)
	}
	return list
}

var deployed = []delivery.File{
	{Name: delivery.CameraCert, Data: []byte("certificate")}, {Name: delivery.CameraKey, Data: []byte("key")},
	{Name: delivery.IntermediateFile(1), Data: []byte("intermediate")},
}

func TestDeploy(t *testing.T) {
	all := map[string]string{"server.der": "certificate", "server.key.der": "key", "intermediate-1.der": "intermediate", "main.py": "pass"}
	for _, tc := range []struct {
		name   string
		before map[string]string
	}{
		{"an empty drive", nil},
		{"the files of an earlier certificate", map[string]string{"server.der": "old", "server.key.der": "old", "intermediate-1.der": "old"}},
		{"what an interrupted copy left", map[string]string{"server.der.new": "half", "server.key.der.old": "older"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "main.py"), []byte("pass"), 0o600))
			for name, data := range tc.before {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
			}
			require.NoError(t, delivery.Deploy(t.Context(), dir, deployed))
			there := holding(t, dir)
			delete(there, "server.key.der.old") // is not of this copy
			require.Equal(t, all, there)
		})
	}
}

// TestDeployWholeOrNot: when one file cannot take its place, those before it give theirs back.
func TestDeployWholeOrNot(t *testing.T) {
	dir := t.TempDir()
	before := map[string]string{"server.der": "old certificate", "server.key.der": "old key", "intermediate-1.der": "folder"}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "server.der"), []byte("old certificate"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "server.key.der"), []byte("old key"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "intermediate-1.der"), 0o700))
	require.ErrorContains(t, delivery.Deploy(t.Context(), dir, deployed), "this is a folder")
	require.Equal(t, before, holding(t, dir))

	require.NoError(t, os.Remove(filepath.Join(dir, "intermediate-1.der")))
	delete(before, "intermediate-1.der")
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, delivery.Deploy(interrupted, dir, deployed), context.Canceled)
	require.Equal(t, before, holding(t, dir))

	require.ErrorIs(t, delivery.Deploy(t.Context(), filepath.Join(dir, "none"), deployed), os.ErrNotExist)
	require.ErrorContains(t, delivery.Deploy(t.Context(), filepath.Join(dir, "server.der"), deployed), "this is no folder")
}

// TestRealDeployOnFAT copies to a file system of the kind that cameras show, which is full at the second try.
func TestRealDeployOnFAT(t *testing.T) {
	for _, program := range []string{"mkfs.vfat", "mount", "umount"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is missing: apt-get install dosfstools mount", program)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("only root mounts a file system: run it as root")
	}
	dir := t.TempDir()
	image, drive := filepath.Join(dir, "fat"), filepath.Join(dir, "drive")
	require.NoError(t, os.WriteFile(image, make([]byte, 256<<10), 0o600))
	require.NoError(t, os.Mkdir(drive, 0o700))
	out, err := exec.Command("mkfs.vfat", image).CombinedOutput()
	require.NoError(t, err, string(out))
	if out, err := exec.Command("mount", "-o", "loop", image, drive).CombinedOutput(); err != nil {
		t.Skipf("this machine mounts no image, run it on one that does: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", drive).Run() })
	require.NoError(t, delivery.Deploy(t.Context(), drive, deployed))
	before := holding(t, drive)
	require.Len(t, before, 3)

	large := append(deployed[:2:2], delivery.File{Name: delivery.IntermediateFile(1), Data: make([]byte, 512<<10)})
	require.ErrorContains(t, delivery.Deploy(t.Context(), drive, large), "no space left")
	require.Equal(t, before, holding(t, drive))
}
