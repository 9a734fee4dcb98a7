// Package workdir makes folders for what exists only while a program runs. A folder that a killed run
// left behind is found and removed by the next one; a program that ends before their users have removes
// its own by [RemoveAll]. Start with [New].
package workdir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// prefix begins the names of all folders: what the next run looks for.
const prefix = "leafcam-"

// lockFile is locked as long as the folder's run lives. It appears in the folder when it is locked
// already, so that nobody takes a folder for abandoned that is just being made.
const lockFile = ".lock"

// errEnded is why no folder is made any more.
var errEnded = errors.New("the program is being ended")

// What is there, and whether more may come.
var (
	mu    sync.Mutex
	dirs  = map[*Dir]bool{}
	ended bool
)

// A Dir is a folder for temporary files.
type Dir struct {
	Path string
	lock *flock.Flock
}

// New makes a folder, and removes those of runs that were killed. The folder lies where temporary files
// are (TMPDIR); with plain, its path is short and needs no quoting anywhere, and lies in /tmp where
// that of temporary files is not so: scripts, configuration files and the addresses of Unix sockets
// that are made from it stay right. The error says that no folder could be made.
func New(plain bool) (*Dir, error) {
	mu.Lock()
	defer mu.Unlock()
	if ended {
		return nil, errEnded
	}
	var failed error
	for _, base := range bases(plain) {
		d, err := in(base)
		if err == nil {
			dirs[d] = true
			return d, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, fmt.Errorf("no folder for temporary files: %w; set TMPDIR to a folder that can be written to", failed)
}

func bases(plain bool) []string {
	temp := os.TempDir()
	if !plain || isPlain(temp) {
		return []string{temp}
	}
	return []string{"/tmp", "/var/tmp"}
}

// isPlain reports whether a path can stand anywhere.
func isPlain(path string) bool {
	const longest = 60 // a Unix socket's path has about 100 octets
	if runtime.GOOS == "windows" {
		return true // where paths have colons and backslashes, programs know these
	}
	for _, r := range path {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '/', r == '-', r == '_', r == '.', r == '+':
		default:
			return false
		}
	}
	return len(path) <= longest
}

func in(base string) (*Dir, error) {
	clear(base)
	path, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return nil, err
	}
	d := &Dir{Path: path}
	if err := d.hold(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return d, nil
}

// hold locks the folder.
func (d *Dir) hold() error {
	if runtime.GOOS == "windows" {
		return nil // an open file could not be renamed
	}
	unlocked := filepath.Join(d.Path, lockFile+"-new")
	d.lock = flock.New(unlocked)
	if _, err := d.lock.TryLock(); err != nil {
		return err
	}
	return os.Rename(unlocked, filepath.Join(d.Path, lockFile))
}

// Close removes the folder.
func (d *Dir) Close() error {
	mu.Lock()
	defer mu.Unlock()
	delete(dirs, d)
	return d.remove()
}

// RemoveAll removes the folders that are there. None can be made afterwards.
func RemoveAll() {
	mu.Lock()
	defer mu.Unlock()
	ended = true
	for d := range dirs {
		// A program that is being killed may still write into it.
		for range 5 {
			if d.remove() == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (d *Dir) remove() error {
	err := os.RemoveAll(d.Path)
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// clear removes folders whose run is over. What cannot be removed is somebody else's, or is tried
// again by the next run.
func clear(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(base, e.Name(), lockFile)
		if !strings.HasPrefix(e.Name(), prefix) || !isRegular(path) {
			continue
		}
		lock := flock.New(path, flock.SetFlag(os.O_RDWR))
		if locked, err := lock.TryLock(); err == nil && locked {
			_ = os.RemoveAll(filepath.Dir(path))
		}
		_ = lock.Close()
	}
}

func isRegular(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}
