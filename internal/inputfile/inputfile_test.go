package inputfile

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("x"), size), 0o600))
		return path
	}
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(write("target", 3), link))
	for _, c := range []struct {
		name, path string
		size       int
		err        error
	}{
		{"empty", write("empty", 0), 0, nil},
		{"as large as it may be", write("fits", 10), 10, nil},
		{"one octet more", write("over", 11), 0, ErrTooLarge},
		{"a link to a file", link, 3, nil},
		{"missing", filepath.Join(dir, "none"), 0, fs.ErrNotExist},
		{"a folder", dir, 0, ErrNotRegular},
		{"a device", os.DevNull, 0, ErrNotRegular},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := Read(c.path, 10)
			require.ErrorIs(t, err, c.err)
			if c.err != nil {
				require.ErrorContains(t, err, c.path)
				require.Nil(t, data)
				return
			}
			require.NotNil(t, data)
			require.Len(t, data, c.size)
		})
	}
}

func TestAppend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for _, text := range []string{"one ", "two"} {
		f, err := Append(path, 0o600)
		require.NoError(t, err)
		_, err = io.WriteString(f, text)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	data, err := Read(path, Small)
	require.NoError(t, err)
	require.Equal(t, "one two", string(data))
	_, err = Append(filepath.Dir(path), 0o600)
	require.ErrorIs(t, err, ErrNotRegular)
}
