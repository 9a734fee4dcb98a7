package delivery_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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

// put writes files into a folder.
func put(t *testing.T, dir string, files map[string]string) {
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
	}
}

// newDeployed is what a drive holds with the files.
func newDeployed() map[string]string {
	return map[string]string{"server.der": "certificate", "server.key.der": "key", "intermediate-1.der": "intermediate"}
}

func TestDeploy(t *testing.T) {
	for _, tc := range []struct {
		name         string
		before, more map[string]string // what is there, and what is there afterwards beside the files
	}{
		{"an empty drive", nil, nil},
		{
			"the files of an earlier certificate",
			map[string]string{"server.der": "old", "server.key.der": "old", "intermediate-1.der": "old"}, nil,
		},
		{
			"new files of an interrupted run",
			map[string]string{"server.der": "old", ".leafcam-new-server.key.der": "half", ".leafcam-new-intermediate-3.der": ""}, nil,
		},
		{"earlier files that a run could not remove", map[string]string{"server.key.der": "old", ".leafcam-old-server.key.der": "older"}, nil},
		{"a journal that was not written to its end", map[string]string{"server.der": "old", ".leafcam-journal": "leafcam copies"}, nil},
		{
			"files of other people", map[string]string{"server.der.old": "a backup", "server.key.der.new": "another", "main.py": "pass"},
			map[string]string{"server.der.old": "a backup", "server.key.der.new": "another", "main.py": "pass"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, tc.before)
			require.NoError(t, delivery.Deploy(t.Context(), dir, deployed))
			wanted := newDeployed()
			maps.Copy(wanted, tc.more)
			require.Equal(t, wanted, holding(t, dir))
		})
	}
}

// TestDeployMode: the key is its owner's alone, whatever was there.
func TestDeployMode(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"server.key.der", ".leafcam-new-server.key.der"} {
		put(t, dir, map[string]string{name: "old"})
		require.NoError(t, os.Chmod(filepath.Join(dir, name), 0o666))
	}
	require.NoError(t, delivery.Deploy(t.Context(), dir, deployed))
	info, err := os.Stat(filepath.Join(dir, "server.key.der"))
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}

// TestDeployFollowsNoLink: nothing outside the drive is written to or removed.
func TestDeployFollowsNoLink(t *testing.T) {
	for _, name := range []string{"server.key.der", ".leafcam-new-server.key.der", ".leafcam-old-server.key.der"} {
		t.Run(name, func(t *testing.T) {
			dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "file")
			require.NoError(t, os.WriteFile(elsewhere, []byte("precious"), 0o600))
			put(t, dir, map[string]string{"server.der": "old"})
			if err := os.Symlink(elsewhere, filepath.Join(dir, name)); err != nil {
				t.Skipf("no links here, run it where there are some: %v", err)
			}
			require.NoError(t, delivery.Deploy(t.Context(), dir, deployed))
			there, err := os.ReadFile(elsewhere)
			require.NoError(t, err)
			require.Equal(t, "precious", string(there))
			require.Equal(t, newDeployed(), holding(t, dir))
		})
	}
}

// TestDeployWholeOrNot: when one file cannot take its place, those before it give theirs back.
func TestDeployWholeOrNot(t *testing.T) {
	dir := t.TempDir()
	before := map[string]string{"server.der": "old certificate", "server.key.der": "old key"}
	put(t, dir, before)
	for _, name := range []string{
		"intermediate-1.der", ".leafcam-new-server.der", ".leafcam-old-intermediate-7.der", ".leafcam-journal",
	} {
		folder := filepath.Join(dir, name)
		require.NoError(t, os.Mkdir(folder, 0o700))
		require.ErrorIs(t, delivery.Deploy(t.Context(), dir, deployed), delivery.ErrNoFile)
		require.NoError(t, os.Remove(folder))
		require.Equal(t, before, holding(t, dir))
	}
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, delivery.Deploy(interrupted, dir, deployed), context.Canceled)
	require.Equal(t, before, holding(t, dir))

	require.ErrorIs(t, delivery.Deploy(t.Context(), filepath.Join(dir, "none"), deployed), os.ErrNotExist)
	require.ErrorContains(t, delivery.Deploy(t.Context(), filepath.Join(dir, "server.der"), deployed), "this is no folder")
}

// stopped is what a test stops a run with.
type stopped struct{}

// deployUntil deploys, and does something before the nth change to the drive. It reports whether there was one.
func deployUntil(ctx context.Context, dir string, n int, do func()) (reached bool, err error) {
	defer func() {
		if r := recover(); r != nil && r != any(stopped{}) {
			panic(r)
		}
	}()
	err = delivery.DeployInSteps(ctx, dir, deployed, func() {
		if n--; n == 0 {
			reached = true
			do()
		}
	})
	return reached, err
}

// beforeDeploy is what lies on drives before: none, some and all of the files.
var beforeDeploy = map[string]map[string]string{
	"an empty drive":         {},
	"without intermediate":   {"server.der": "old certificate", "server.key.der": "old key", "main.py": "pass"},
	"all":                    {"server.der": "old certificate", "server.key.der": "old key", "intermediate-1.der": "old"},
	"of a longer chain":      {"server.der": "old certificate", "server.key.der": "old key", "intermediate-2.der": "old"},
	"a link for certificate": {"server.der": "old certificate", "server.key.der": "old key"},
}

// drive makes a folder with files.
func drive(t *testing.T, name string) string {
	dir := t.TempDir()
	put(t, dir, beforeDeploy[name])
	if name == "a link for certificate" {
		require.NoError(t, os.Rename(filepath.Join(dir, "server.der"), filepath.Join(dir, "other.der")))
		if err := os.Symlink("other.der", filepath.Join(dir, "server.der")); err != nil {
			t.Skipf("no links here, run it where there are some: %v", err)
		}
	}
	return dir
}

// TestDeployKilled before each change: the next run finds what was there before or what was to come, whole, and leaves
// it so, even when that is killed, too.
func TestDeployKilled(t *testing.T) {
	kill := func() { panic(stopped{}) }
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for name := range beforeDeploy {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n++ {
				for again := 0; ; again++ {
					dir := drive(t, name)
					before := holding(t, dir)
					after := maps.Clone(before)
					maps.Copy(after, newDeployed())
					killed, err := deployUntil(t.Context(), dir, n, kill)
					if !killed {
						require.NoError(t, err)
						require.Equal(t, after, holding(t, dir))
						require.Greater(t, n, 10)
						return
					}
					killedAgain := false
					if again > 0 {
						killedAgain, _ = deployUntil(interrupted, dir, again, kill)
					}
					require.ErrorIs(t, delivery.Deploy(interrupted, dir, deployed), context.Canceled)
					require.Contains(t, []map[string]string{before, after}, holding(t, dir), "%d, %d", n, again)
					require.NoError(t, delivery.Deploy(t.Context(), dir, deployed))
					require.Equal(t, after, holding(t, dir))
					if again > 0 && !killedAgain || name != "without intermediate" { // one that has all cases is enough
						break
					}
				}
			}
		})
	}
}

// TestDeployInterrupted before each change: the drive has all or none.
func TestDeployInterrupted(t *testing.T) {
	for name := range beforeDeploy {
		t.Run(name, func(t *testing.T) {
			none := 0
			for n := 1; ; n++ {
				dir := drive(t, name)
				before := holding(t, dir)
				after := maps.Clone(before)
				maps.Copy(after, newDeployed())
				ctx, cancel := context.WithCancel(t.Context())
				reached, err := deployUntil(ctx, dir, n, cancel)
				cancel()
				if !reached {
					require.Positive(t, none)
					return
				}
				wanted := after
				if err != nil {
					none++
					require.ErrorIs(t, err, context.Canceled)
					wanted = before
				}
				require.Equal(t, wanted, holding(t, dir), n)
			}
		})
	}
}

// TestDeployedByHandMeanwhile: what somebody put onto the drive after a run was killed is not taken for that run's.
func TestDeployedByHandMeanwhile(t *testing.T) {
	for n := 1; ; n++ {
		dir := t.TempDir()
		killed, err := deployUntil(t.Context(), dir, n, func() { panic(stopped{}) })
		require.NoError(t, err)
		if !killed {
			return
		}
		byHand := map[string]string{"server.der": "by hand", "server.key.der": "by hand", "intermediate-1.der": "by hand"}
		put(t, dir, byHand)
		interrupted, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, delivery.Deploy(interrupted, dir, deployed), context.Canceled)
		require.Equal(t, byHand, holding(t, dir), n)
	}
}

// TestDeployJournalOfAStranger: a drive that names files elsewhere does nothing to them.
func TestDeployJournalOfAStranger(t *testing.T) {
	outside := t.TempDir()
	dir := filepath.Join(outside, "drive")
	require.NoError(t, os.Mkdir(dir, 0o700))
	put(t, outside, map[string]string{"file": "precious"})
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte("precious")))
	put(t, dir, map[string]string{".leafcam-journal": "leafcam copies the camera's files\nadd ../file " + sum + "\nend\n"})
	require.NoError(t, delivery.Deploy(t.Context(), dir, deployed))
	require.Equal(t, map[string]string{"file": "precious", "drive": "folder"}, holding(t, outside))
	require.Equal(t, newDeployed(), holding(t, dir))
}

// TestDeployCannotRemove what made room: the error tells the truth.
func TestDeployCannotRemove(t *testing.T) {
	for n := 1; ; n++ {
		dir := drive(t, "all")
		old := filepath.Join(dir, ".leafcam-old-server.key.der")
		reached, err := deployUntil(t.Context(), dir, n, func() {
			if os.Remove(old) == nil {
				require.NoError(t, os.MkdirAll(filepath.Join(old, "full"), 0o700)) // which os.Remove does not remove
			}
		})
		require.True(t, reached, "no file made room")
		if !errors.Is(err, delivery.ErrInPlace) {
			continue
		}
		require.ErrorIs(t, err, delivery.ErrLeftBehind)
		require.ErrorContains(t, err, "the new files are in place; .leafcam-old-server.key.der could not be removed (")
		require.NoError(t, os.RemoveAll(old))
		require.Equal(t, newDeployed(), holding(t, dir))
		return
	}
}

// TestDeployOneAtATime: of two runs the second one does nothing.
func TestDeployOneAtATime(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders are not locked on Windows: run it elsewhere")
	}
	dir := t.TempDir()
	_, err := deployUntil(t.Context(), dir, 3, func() {
		require.ErrorIs(t, delivery.Deploy(t.Context(), dir, deployed), delivery.ErrBusy)
	})
	require.NoError(t, err)
	require.Equal(t, newDeployed(), holding(t, dir))
}

func TestStaleIntermediates(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{
		"intermediate-1.der": "", "intermediate-2.der": "", "intermediate-10.der": "", "intermediate-old.der": "", "server.der": "",
	})
	stale, err := delivery.StaleIntermediates(dir, deployed)
	require.NoError(t, err)
	require.Equal(t, []string{"intermediate-10.der", "intermediate-2.der"}, stale)
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
