package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Suffixes of files that are not in their place yet, and of those that make room for them.
const (
	deployNew = ".new"
	deployOld = ".old"
)

// ErrReadBack is that of a drive which does not give back what was written to it.
var ErrReadBack = errors.New("the drive does not give back what was written to it")

// CameraOnly returns those of a delivery's files that a camera loads: certificate, key, and the intermediates of the
// second load.
func CameraOnly(files []File) (list []File) {
	for _, f := range files {
		if f.Name == CameraCert || f.Name == CameraKey || strings.HasPrefix(f.Name, "intermediate-") && strings.HasSuffix(f.Name, ".der") {
			list = append(list, f)
		}
	}
	return list
}

// Deploy puts files on the drive that a camera shows, in the place of those of the same names. A drive of this kind is
// FAT: it knows no modes, no links and no renaming over a file. All files are written beside their places and read
// back before the first one takes its place; when one of them cannot, those that were there are put back. The folder
// has to be there. Errors are those of the file system, the context's, and [ErrReadBack].
func Deploy(ctx context.Context, dir string, files []File) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &fs.PathError{Op: "open", Path: dir, Err: errors.New("this is no folder")}
	}
	d := deployment{dir: dir}
	if err := d.write(ctx, files); err != nil {
		return errors.Join(err, d.undo())
	}
	return d.finish(files)
}

// A deployment is under way.
type deployment struct {
	dir     string
	written []string // names of files beside their places
	placed  []string // names of files in their places
	moved   []string // names of files that were there, and made room
}

func (d *deployment) path(name string) string { return filepath.Join(d.dir, name) }

// write writes the files and puts them in their places.
func (d *deployment) write(ctx context.Context, files []File) error {
	for _, f := range files {
		d.written = append(d.written, f.Name)
		if err := writeThrough(d.path(f.Name+deployNew), f.Data); err != nil {
			return err
		}
		if err := readBack(d.path(f.Name+deployNew), f.Data); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.place(f.Name); err != nil {
			return err
		}
	}
	return nil
}

// place puts a file in its place.
func (d *deployment) place(name string) error {
	switch info, err := os.Lstat(d.path(name)); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.IsDir():
		return &fs.PathError{Op: "replace", Path: d.path(name), Err: errors.New("this is a folder")}
	default:
		if err := os.Rename(d.path(name), d.path(name+deployOld)); err != nil {
			return err
		}
		d.moved = append(d.moved, name)
	}
	if err := os.Rename(d.path(name+deployNew), d.path(name)); err != nil {
		return err
	}
	d.placed = append(d.placed, name)
	return nil
}

// undo leaves the folder as it was.
func (d *deployment) undo() error {
	var failed []error
	for _, name := range d.placed {
		failed = append(failed, os.Remove(d.path(name)))
	}
	for _, name := range d.moved {
		failed = append(failed, os.Rename(d.path(name+deployOld), d.path(name)))
	}
	for _, name := range d.written {
		_ = os.Remove(d.path(name + deployNew)) // most often it is not there
	}
	return errors.Join(failed...)
}

// finish removes what made room, when the files are in their places on the drive.
func (d *deployment) finish(files []File) error {
	syncFolder(d.dir)
	for _, f := range files {
		if err := readBack(d.path(f.Name), f.Data); err != nil {
			return errors.Join(err, d.undo())
		}
	}
	for _, name := range d.moved {
		if err := os.Remove(d.path(name + deployOld)); err != nil {
			return err
		}
	}
	syncFolder(d.dir)
	return nil
}

// writeThrough writes a file that is on the drive when it returns.
func writeThrough(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// readBack compares a file with what was written, from the drive where this system can be told to forget what it has
// in memory.
func readBack(path string, data []byte) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	forgetCached(f)
	f.Close()
	there, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(there, data) {
		err = fmt.Errorf("%s: %w", path, ErrReadBack)
	}
	return err
}

// syncFolder makes what was renamed last. Not every system can; the files themselves were synced.
func syncFolder(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
