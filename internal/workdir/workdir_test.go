package workdir_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/workdir"
)

// holdEnv makes a process of this test hold a folder until it is killed.
const holdEnv = "LEAFCAM_TEST_HOLD"

func TestMain(m *testing.M) {
	if os.Getenv(holdEnv) == "" {
		os.Exit(m.Run())
	}
	d, err := workdir.New(false)
	if err != nil {
		panic(err)
	}
	if _, err := os.Stdout.WriteString(d.Path + "\n"); err != nil {
		panic(err)
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func TestFolderOfKilledRun(t *testing.T) {
	temp := filepath.Join(t.TempDir(), "odd [x] *")
	require.NoError(t, os.Mkdir(temp, 0o700))
	t.Setenv("TMPDIR", temp)
	unrelated := filepath.Join(temp, "leafcam-of-somebody")
	require.NoError(t, os.Mkdir(unrelated, 0o700))
	own, err := workdir.New(false)
	require.NoError(t, err)
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), holdEnv+"=1")
	stdin, err := other.StdinPipe()
	require.NoError(t, err)
	defer stdin.Close()
	stdout, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	line := make([]byte, 4096)
	n, err := stdout.Read(line)
	require.NoError(t, err)
	path := strings.TrimSpace(string(line[:n]))
	require.NoError(t, os.WriteFile(filepath.Join(path, "something"), nil, 0o400))

	while, err := workdir.New(false)
	require.NoError(t, err)
	require.DirExists(t, path, "its run lives")
	require.NoError(t, other.Process.Kill())
	_ = other.Wait() // killed
	after, err := workdir.New(false)
	require.NoError(t, err)
	require.NoDirExists(t, path, "its run was killed")
	require.DirExists(t, unrelated, "no folder of this program's")
	for _, d := range []*workdir.Dir{own, while, after} {
		require.DirExists(t, d.Path)
		require.NoError(t, d.Close())
		require.NoDirExists(t, d.Path)
	}
}

func TestWhereFoldersAre(t *testing.T) {
	for _, tc := range []struct {
		name, temp string
		plain      bool
		in         string
	}{
		{"an ordinary one", "ordinary", false, ""},
		{"an odd one, where that does not matter", `a 'b" $(c)`, false, ""},
		{"an odd one, where it matters", `a 'b" $(c)`, true, "/tmp"},
		{"letters of other languages", "ü", true, "/tmp"},
		{"a long one", strings.Repeat("x", 100), true, "/tmp"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			temp := filepath.Join(t.TempDir(), tc.temp)
			require.NoError(t, os.Mkdir(temp, 0o700))
			t.Setenv("TMPDIR", temp)
			d, err := workdir.New(tc.plain)
			require.NoError(t, err)
			defer d.Close()
			if tc.in == "" {
				tc.in = temp
			}
			require.Equal(t, tc.in, filepath.Dir(d.Path))
		})
	}
}

func TestNoFolder(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	_, err := workdir.New(false)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "TMPDIR")
}
