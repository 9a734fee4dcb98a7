package hostsim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/internal/atomicfile"
)

// cacheAge is how long a build that nobody takes is kept.
const cacheAge = 30 * 24 * time.Hour

// packageState changes whenever a package of Debian is installed, upgraded or removed: then headers, libraries and
// compilers may be others.
const packageState = "/var/lib/dpkg/status"

// A buildCache keeps what compilers have made of the helper programs, by what they were made of: the files before them,
// the command line, and the tools.
type buildCache struct{ dir string } // "" keeps nothing

// userBuildCache is below the user's cache folder; nothing is kept where the user has no home.
func userBuildCache() buildCache {
	base, err := os.UserCacheDir()
	if err != nil {
		return buildCache{}
	}
	if _, err := os.Stat(filepath.Dir(base)); err != nil {
		return buildCache{}
	}
	return buildCache{filepath.Join(base, "leafcam", "programs")}
}

// key names what a command makes of the files in a folder. The error is that of reading them.
func (c buildCache) key(dir string, env, args []string) (string, error) {
	sum := sha256.New()
	if err := eachFile(dir, func(name, path string) error {
		data, err := os.ReadFile(path)
		if err == nil {
			fmt.Fprintf(sum, "file %q %x\n", name, sha256.Sum256(data))
		}
		return err
	}); err != nil {
		return "", err
	}
	for _, word := range slices.Concat(args, env) {
		fmt.Fprintf(sum, "word %q\n", strings.ReplaceAll(word, dir, "DIR"))
	}
	for _, file := range []string{args[0], packageState} {
		state(sum, file)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// state tells a file from one that takes its place.
func state(w io.Writer, file string) {
	if info, err := os.Stat(file); err == nil {
		fmt.Fprintf(w, "state %q %d %d\n", file, info.Size(), info.ModTime().UnixNano())
	}
}

// eachFile calls f with the regular files below a folder; what a tool keeps in hidden folders is none of its output.
func eachFile(dir string, f func(name, path string) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		return f(filepath.ToSlash(name), path)
	})
}

// whole marks a build that was kept as a whole, and lists its files.
const whole = ".whole"

// list names the files below a folder with what is in them.
func list(dir string) ([]byte, error) {
	var b bytes.Buffer
	err := eachFile(dir, func(name, path string) error {
		data, err := os.ReadFile(path)
		if err == nil {
			fmt.Fprintf(&b, "%x %q\n", sha256.Sum256(data), name)
		}
		return err
	})
	return b.Bytes(), err
}

// take puts what was kept under a key into a folder, and reports whether there was something.
func (c buildCache) take(key, dir string) bool {
	kept := filepath.Join(c.dir, key)
	if c.dir == "" {
		return false
	}
	listed, err := os.ReadFile(filepath.Join(kept, whole))
	if err != nil {
		return false
	}
	if found, err := list(kept); err != nil || !bytes.Equal(found, listed) {
		_ = os.RemoveAll(kept) // somebody has changed it: it is built again
		return false
	}
	now := time.Now()
	_ = os.Chtimes(filepath.Join(kept, whole), now, now) // otherwise it is forgotten sooner
	return copyFiles(kept, dir, os.WriteFile) == nil
}

// keep keeps what is in a folder under a key. What cannot be kept is built again the next time.
func (c buildCache) keep(key, dir string) {
	if c.dir == "" || os.MkdirAll(c.dir, 0o700) != nil {
		return
	}
	c.clear()
	making, err := os.MkdirTemp(c.dir, "making-")
	if err != nil {
		return
	}
	defer os.RemoveAll(making)
	// What is kept is on the disk before its mark is.
	if copyFiles(dir, making, atomicfile.Replace) != nil {
		return
	}
	files, err := list(making)
	if err != nil || os.WriteFile(filepath.Join(making, whole), files, 0o600) != nil {
		return
	}
	_ = os.Rename(making, filepath.Join(c.dir, key)) // another run may have been first
}

// clear removes what nobody has taken for long, and what was left half made.
func (c buildCache) clear() {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(c.dir, e.Name())
		info, err := os.Stat(filepath.Join(path, whole))
		if err != nil {
			if info, err = os.Stat(path); err != nil {
				continue
			}
		}
		if time.Since(info.ModTime()) > cacheAge {
			_ = os.RemoveAll(path) // the next run tries again
		}
	}
}

// copyFiles copies the regular files below a folder, with their modes and times: some files name others by these.
func copyFiles(from, to string, write func(path string, data []byte, mode fs.FileMode) error) error {
	return eachFile(from, func(name, path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := write(target, data, info.Mode().Perm()); err != nil {
			return err
		}
		return os.Chtimes(target, info.ModTime(), info.ModTime())
	})
}
