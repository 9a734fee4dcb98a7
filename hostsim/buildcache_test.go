package hostsim

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func writeFile(t *testing.T, path, text string, mode os.FileMode) {
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), mode))
}

// TestBuildCache: what was made comes back, with its mode, and only for the same files, command line and tool.
func TestBuildCache(t *testing.T) {
	c := buildCache{filepath.Join(t.TempDir(), "cache")}
	tool := filepath.Join(t.TempDir(), "cc")
	writeFile(t, tool, "1", 0o755)
	source := func(text string) string {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "get.c"), text, 0o644)
		writeFile(t, filepath.Join(dir, ".ccache", "x"), t.Name(), 0o644)
		return dir
	}
	key := func(dir string, env ...string) string {
		k, err := c.key(dir, env, []string{tool, "-o", filepath.Join(dir, "get")})
		require.NoError(t, err)
		return k
	}
	first := source("int main;")
	k := key(first)
	require.False(t, c.take(k, first))
	writeFile(t, filepath.Join(first, "get"), "program", 0o755)
	writeFile(t, filepath.Join(first, "classes", "A.class"), "class", 0o644)
	c.keep(k, first)

	second := source("int main;")
	require.Equal(t, k, key(second), "the folder's own name is none of the input")
	require.True(t, c.take(k, second))
	info, err := os.Stat(filepath.Join(second, "get"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o755), info.Mode().Perm())
	require.FileExists(t, filepath.Join(second, "classes", "A.class"))
	require.NoFileExists(t, filepath.Join(second, whole))

	for name, damage := range map[string]func(path string) error{
		"gone":  os.Remove,
		"short": func(path string) error { return os.Truncate(path, 2) },
		"other": func(path string) error { return os.WriteFile(path, []byte("virus!!"), 0o755) },
		"more":  func(path string) error { return os.WriteFile(path+"2", nil, 0o755) },
	} {
		require.NoError(t, damage(filepath.Join(c.dir, k, "get")), name)
		require.False(t, c.take(k, source("int main;")), "a file is %s", name)
		require.NoDirExists(t, filepath.Join(c.dir, k))
		c.keep(k, first)
		require.True(t, c.take(k, source("int main;")), name)
	}

	require.NotEqual(t, k, key(source("int other;")))
	require.NotEqual(t, k, key(second, "CFLAGS=-O2"))
	writeFile(t, tool, "22", 0o755)
	require.NotEqual(t, k, key(source("int main;")), "another compiler")
}

// TestBuildCacheClears: what nobody takes goes; what is whole or fresh stays; without a folder nothing is kept.
func TestBuildCacheClears(t *testing.T) {
	c := buildCache{t.TempDir()}
	old := time.Now().Add(-2 * cacheAge)
	for _, name := range []string{"stale", "fresh"} {
		writeFile(t, filepath.Join(c.dir, name, whole), "", 0o600)
	}
	require.NoError(t, os.Mkdir(filepath.Join(c.dir, "making-1"), 0o700))
	for _, path := range []string{filepath.Join("stale", whole), "making-1"} {
		require.NoError(t, os.Chtimes(filepath.Join(c.dir, path), old, old))
	}
	c.clear()
	require.NoDirExists(t, filepath.Join(c.dir, "stale"))
	require.NoDirExists(t, filepath.Join(c.dir, "making-1"))
	require.DirExists(t, filepath.Join(c.dir, "fresh"))

	none := buildCache{}
	none.keep("k", t.TempDir())
	require.False(t, none.take("k", t.TempDir()))
}
