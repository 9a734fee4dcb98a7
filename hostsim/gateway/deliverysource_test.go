package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// readsFolders is a delivery that is read as it is.
func readsFolders(paths ...string) Delivery {
	return Delivery{Paths: paths, Read: func(ctx context.Context) (*delivery.Delivery, error) {
		d, err := delivery.Read(ctx, paths, delivery.Options{})
		if err == nil {
			err = d.Problem
		}
		return d, err
	}}
}

// age makes everything below a folder older than what is fresh.
func age(t *testing.T, dir string) {
	long := time.Now().Add(-time.Hour)
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chtimes(path, long, long))
	}))
}

// TestLinkToAFolder is followed: a renewal that is written in place is taken.
func TestLinkToAFolder(t *testing.T) {
	renew(t, func(r *renewal) {
		link := filepath.Join(r.TempDir(), "current")
		require.NoError(r, os.Symlink(filepath.Dir(r.chain), link))
		age(r.T, filepath.Dir(r.chain))
		c, err := loadCertificate(&deliverySource{Delivery: readsFolders(link)}, slog.New(slog.DiscardHandler))
		require.NoError(r, err)
		require.NoError(r, c.look(false))
		second := r.issue(certs.LeafOptions{})
		// The folder itself stays as it is.
		require.NoError(r, os.WriteFile(r.chain, r.full(second), 0o600))
		require.NoError(r, os.WriteFile(r.key, second.EncodeKeyPEM(), 0o600))
		require.NoError(r, c.look(false))
		require.Equal(r, second.DER(), c.current.Load().Certificate[0])
	})
}

// TestErrorsAreTriedAgain: why something could not be read may end without a trace in the files. It is logged once,
// whatever its numbers are.
func TestErrorsAreTriedAgain(t *testing.T) {
	renew(t, func(r *renewal) {
		from := readsFolders(filepath.Dir(r.chain))
		read, reads := from.Read, 0
		var failed error
		from.Read = func(ctx context.Context) (*delivery.Delivery, error) {
			if reads++; failed != nil {
				return nil, fmt.Errorf("%w: file %d, %s", failed, reads, [...]string{"odd", "even"}[reads%2])
			}
			return read(ctx)
		}
		var said renewalLog
		c, err := loadCertificate(&deliverySource{Delivery: from}, slog.New(slog.NewTextHandler(&said, nil)))
		require.NoError(r, err)
		failed = os.ErrPermission
		r.write(filepath.Join(filepath.Dir(r.chain), "more.txt"), []byte("of another state"))
		age(r.T, filepath.Dir(r.chain))
		for range 6 {
			require.ErrorIs(r, c.look(false), os.ErrPermission)
		}
		require.Equal(r, 1+6, reads)
		require.Equal(r, 2, strings.Count(said.String(), notTaken), said.String())
		failed = nil
		require.NoError(r, c.look(false))
		require.Contains(r, said.String(), "the files hold what is served")
	})
}

// TestLongReadingsAreRare unless somebody asks.
func TestLongReadingsAreRare(t *testing.T) {
	renew(t, func(r *renewal) {
		from := readsFolders(filepath.Dir(r.chain))
		read, reads := from.Read, 0
		from.Read = func(ctx context.Context) (*delivery.Delivery, error) {
			reads++
			time.Sleep(time.Second) // the test's clock
			return read(ctx)
		}
		d := &deliverySource{Delivery: from}
		look := func(asked bool, want int) {
			_, err := d.read(asked)
			require.NoError(r, err)
			require.Equal(r, want, reads)
		}
		look(true, 1)
		second := r.issue(certs.LeafOptions{})
		r.put(second)
		time.Sleep((idle - 1) * time.Second)
		look(false, 1)
		time.Sleep(2 * time.Second)
		look(false, 2)
		look(true, 3)
	})
}

// TestFilesBesidesADelivery are looked at, too.
func TestFilesBesidesADelivery(t *testing.T) {
	renew(t, func(r *renewal) {
		beside := filepath.Join(r.TempDir(), "password")
		r.write(beside, []byte("tulip"))
		from := readsFolders(filepath.Dir(r.chain))
		from.Besides = []string{beside}
		read, reads := from.Read, 0
		from.Read = func(ctx context.Context) (*delivery.Delivery, error) {
			reads++
			return read(ctx)
		}
		age(r.T, filepath.Dir(r.chain))
		age(r.T, filepath.Dir(beside))
		d := &deliverySource{Delivery: from}
		for range 2 {
			_, err := d.read(false)
			require.NoError(r, err)
			require.Equal(r, 1, reads)
		}
		r.write(beside, []byte("rose"))
		_, err := d.read(false)
		require.NoError(r, err)
		require.Equal(r, 2, reads)
	})
}

// TestLooksAreBounded: hidden files are none of a delivery, and neither are more than it can have.
func TestLooksAreBounded(t *testing.T) {
	dir := t.TempDir()
	put := func(names ...string) {
		for _, name := range names {
			path := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, nil, 0o600))
		}
	}
	put("a", ".git/x", ".git/y")
	age(t, dir)
	before := lookAt([]string{dir})
	require.Equal(t, 2, before.looked)
	put(".git/z")
	require.Equal(t, before.state(), lookAt([]string{dir}).state())
	for i := range maxLooked + 10 {
		put(fmt.Sprintf("sub/%d", i))
	}
	require.Equal(t, maxLooked, lookAt([]string{dir}).looked)
}

// TestWhatChangesAState of the files.
func TestWhatChangesAState(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(dir string) error
	}{
		{"a new file", func(dir string) error { return os.WriteFile(filepath.Join(dir, "b"), nil, 0o600) }},
		{"a file is gone", func(dir string) error { return os.Remove(filepath.Join(dir, "a")) }},
		{"contents of the same time", func(dir string) error {
			a := filepath.Join(dir, "a")
			return errors.Join(os.WriteFile(a, []byte("longer"), 0o600), os.Chtimes(a, time.Unix(1, 0), time.Unix(1, 0)))
		}},
		{"a link leads elsewhere", func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "link")), os.Symlink("sub", filepath.Join(dir, "link")))
		}},
		{"a file in a folder", func(dir string) error { return os.WriteFile(filepath.Join(dir, "sub", "c"), nil, 0o600) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), nil, 0o600))
			require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700))
			require.NoError(t, os.Symlink("a", filepath.Join(dir, "link")))
			require.NoError(t, os.Chtimes(filepath.Join(dir, "a"), time.Unix(1, 0), time.Unix(1, 0)))
			before := lookAt([]string{dir}).state()
			require.Equal(t, before, lookAt([]string{dir}).state())
			require.NoError(t, tc.change(dir))
			require.NotEqual(t, before, lookAt([]string{dir}).state())
		})
	}
}
