package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// temporaryName is what os.CreateTemp makes of [pattern].
var temporaryName = regexp.MustCompile(`^\.leafcam-[0-9]+$`)

const pattern = ".leafcam-*"

// A temporary is a file beside the one that it becomes. It is locked while the process that writes it
// is alive: the lock goes with the process, however that ends.
type temporary struct {
	name string
	file *os.File // nil when it is closed
}

// writeTemporary writes the content to a new file beside path, on disk. It clears the folder of files
// whose process was killed.
func writeTemporary(path string, data []byte, mode fs.FileMode) (*temporary, error) {
	dir := filepath.Dir(path)
	clearFolder(dir)
	t, err := newTemporary(dir)
	if err != nil {
		return nil, err
	}
	if err = t.file.Chmod(mode); err == nil {
		if _, err = t.file.Write(data); err == nil {
			err = t.file.Sync()
		}
	}
	if err == nil && closeFirst {
		err = t.close()
	}
	if err != nil {
		t.remove()
		return nil, err
	}
	return t, nil
}

// newTemporary makes a file and locks it. Between the two, another process may take it for one that
// was left behind: then it is gone, and there is another one.
func newTemporary(dir string) (*temporary, error) {
	for {
		f, err := os.CreateTemp(dir, pattern)
		if err != nil {
			return nil, err
		}
		t := &temporary{f.Name(), f}
		locked, err := tryLock(f)
		if err != nil || locked && isAt(f, t.name) { // there may be no locks here: then nobody clears either
			return t, nil
		}
		_ = t.close() // nothing was written
	}
}

func (t *temporary) close() error {
	if t.file == nil {
		return nil
	}
	f := t.file
	t.file = nil
	return f.Close()
}

// remove removes the file, if it is still there, and lets its lock go.
func (t *temporary) remove() {
	if t == nil {
		return // it was not written
	}
	_ = os.Remove(t.name) // the next one clears it otherwise
	_ = t.close()         // its content is on disk already
}

// clearFolder removes the temporary files that nobody holds a lock on. It is no matter when one stays.
func clearFolder(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if temporaryName.MatchString(e.Name()) && e.Type().IsRegular() {
			clearFile(filepath.Join(dir, e.Name()))
		}
	}
}

func clearFile(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || time.Since(info.ModTime()) < unlockedFor {
		return
	}
	// Its writer may have given it its name before the lock was taken.
	if locked, err := tryLock(f); err != nil || !locked || !isAt(f, path) {
		return
	}
	if closeFirst {
		_ = f.Close() // an open file cannot be removed
	}
	_ = os.Remove(path)
}

// isAt reports whether a file is the one that has this name.
func isAt(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(open, there)
}

// errNoLocks is what tryLock returns where it cannot lock.
var errNoLocks = errors.New("this system has no locks that are known here")
