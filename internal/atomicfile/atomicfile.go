package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// What a write returns that would take something away.
var (
	ErrExists  = errors.New("the file exists already")
	ErrNotFile = errors.New("what is there is not a regular file, and stays")
)

// Modes of the files that are written.
const (
	Private fs.FileMode = 0o600
	Public  fs.FileMode = 0o644
)

// A File is one of several that are written together.
type File struct {
	Path    string
	Data    []byte
	Mode    fs.FileMode
	Replace bool // an existing one
}

// WriteNew writes a file atomically and never over an existing one: then the error
// is ErrExists with the path.
func WriteNew(path string, data []byte, mode fs.FileMode) error {
	_, err := WriteAll([]File{{path, data, mode, false}})
	return err
}

// Replace writes a file atomically, in the place of an existing one. Devices, FIFOs and their like are
// not replaced: the error is ErrNotFile with the path.
func Replace(path string, data []byte, mode fs.FileMode) error {
	_, err := WriteAll([]File{{path, data, mode, true}})
	return err
}

// WriteAll writes files, each atomically. All are on disk before the first one gets its name, so that a
// full disk takes nothing away. It returns how many have their names: all, unless there is an error.
func WriteAll(files []File) (named int, err error) {
	written := make([]*temporary, len(files))
	defer func() {
		for _, t := range written[named:] {
			t.remove()
		}
	}()
	for i, f := range files {
		if info, err := os.Stat(f.Path); f.Replace && err == nil && !info.Mode().IsRegular() {
			return 0, fmt.Errorf("%s: %w", f.Path, ErrNotFile)
		}
		if written[i], err = writeTemporary(f.Path, f.Data, f.Mode); err != nil {
			return 0, err
		}
	}
	for i, f := range files {
		name := written[i].create
		if f.Replace {
			name = written[i].replace
		}
		if err := name(f.Path); err != nil {
			return i, err
		}
		named = i + 1
	}
	return named, nil
}

// create gives the file its name where nothing has it.
func (t *temporary) create(path string) error {
	// A hard link is made only where nothing is.
	err := os.Link(t.name, path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s: %w", path, ErrExists)
	case err == nil:
		t.remove()
		return nil
	}
	// The file system has no hard links.
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	return t.replace(path)
}

// replace gives the file its name, whatever has it.
func (t *temporary) replace(path string) error {
	if err := os.Rename(t.name, path); err != nil {
		return err
	}
	_ = t.close() // its content is on disk already
	return nil
}
