package atomicfile

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// writing is the environment variable with the folder in which the test's own program shall begin to
// write a file, and wait.
const writing = "LEAFCAM_TEST_WRITING"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writing); dir != "" {
		t, err := newTemporary(dir)
		if err != nil {
			panic(err)
		}
		fmt.Println(t.name)
		select {}
	}
	os.Exit(m.Run())
}

// begin starts a process that begins to write a file and goes no further, and returns its temporary file.
func begin(t *testing.T, dir string) (process *exec.Cmd, name string) {
	self, err := os.Executable()
	require.NoError(t, err)
	process = exec.Command(self)
	process.Env = append(os.Environ(), writing+"="+dir)
	out, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return process, line[:len(line)-1]
}

// TestWhatAKilledRunLeft is cleared by the next one that writes there, and by no other; the file of a
// run that is alive stays.
func TestWhatAKilledRunLeft(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	_, alive := begin(t, dir)
	killed, left := begin(t, dir)
	require.NoError(t, killed.Process.Kill())
	_ = killed.Wait() // it was killed

	require.NoError(t, Replace(filepath.Join(elsewhere, "a"), []byte("a"), Public))
	require.FileExists(t, left)
	for name, write := range map[string]func() error{
		"new":      func() error { return WriteNew(filepath.Join(dir, "new"), []byte("new"), Private) },
		"replaced": func() error { return Replace(filepath.Join(dir, "replaced"), []byte("replaced"), Public) },
	} {
		require.NoError(t, write())
		require.NoFileExists(t, left)
		require.FileExists(t, alive)
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, name, string(data))
		require.NoError(t, os.WriteFile(left, []byte("as of an older version, without a lock"), Private))
	}
}

// TestWhatLooksLikeIt but was not made here stays.
func TestWhatLooksLikeIt(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, ".leafcam-notes")
	require.NoError(t, os.WriteFile(kept, []byte("mine"), Private))
	target := filepath.Join(t.TempDir(), "target")
	require.NoError(t, os.WriteFile(target, []byte("mine"), Private))
	link, folder := filepath.Join(dir, ".leafcam-1"), filepath.Join(dir, ".leafcam-2")
	require.NoError(t, os.Symlink(target, link))
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, Replace(filepath.Join(dir, "a"), []byte("a"), Public))
	for _, path := range []string{kept, target, link} {
		require.FileExists(t, path)
	}
	require.DirExists(t, folder)
}

// TestManyWriteInOneFolder at a time: none takes another's file for one that was left behind.
func TestManyWriteInOneFolder(t *testing.T) {
	dir := t.TempDir()
	var writers sync.WaitGroup
	failed := make(chan error, 8)
	for w := range 8 {
		writers.Go(func() {
			for i := range 50 {
				if err := Replace(filepath.Join(dir, fmt.Sprint(w)), []byte(fmt.Sprint(i)), Public); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	writers.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 8)
}

// TestNothingIsLost of what is there already.
func TestNothingIsLost(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	require.NoError(t, os.WriteFile(path, []byte("first"), Private))
	require.ErrorIs(t, WriteNew(path, []byte("second"), Private), ErrExists)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "first", string(data))

	require.ErrorIs(t, Replace(dir, []byte("x"), Private), ErrNotFile)
	require.ErrorIs(t, Replace(os.DevNull, []byte("x"), Private), ErrNotFile)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "no temporary file is left")
}

// TestFilesThatAreWrittenTogether: when one cannot be written, all that was there stays, and nothing
// else is left.
func TestFilesThatAreWrittenTogether(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(path("cert"), []byte("first"), Public))
	require.NoError(t, os.Mkdir(path("key"), 0o700))
	set := []File{{path("cert"), []byte("second"), Public, true}, {path("new"), []byte("second"), Public, false}}
	for name, bad := range map[string]File{
		"a folder is in its place": {path("key"), []byte("second"), Private, true},
		"its folder is missing":    {path("none/key"), []byte("second"), Private, false},
	} {
		named, err := WriteAll(append(set[:2:2], bad))
		require.Error(t, err, name)
		require.Zero(t, named, name)
		data, err := os.ReadFile(path("cert"))
		require.NoError(t, err)
		require.Equal(t, "first", string(data), name)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 2, name)
	}
	named, err := WriteAll(set)
	require.NoError(t, err)
	require.Equal(t, 2, named)
	named, err = WriteAll(set)
	require.ErrorIs(t, err, ErrExists)
	require.Equal(t, 1, named, "the first one has its name by then")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 3)
}
