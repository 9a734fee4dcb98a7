package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// What Deploy returns, beside errors of the file system and the context's.
var (
	// ErrReadBack is that of a drive which does not give back what was written to it.
	ErrReadBack = errors.New("the drive does not give back what was written to it")
	// ErrNotPutBack is that of a drive which has neither the new files nor the earlier ones.
	ErrNotPutBack = errors.New("what was there could not be put back")
	// ErrInPlace is that of a drive which has the new files, and keeps something that should be gone.
	ErrInPlace = errors.New("the new files are in place")
	// ErrLeftBehind is that of what a run made, or moved, and cannot remove.
	ErrLeftBehind = errors.New("could not be removed")
	// ErrBusy is that of a drive which another run copies to.
	ErrBusy = errors.New("another run is copying to it")
	// ErrNoFile is that of a name which something has that is no file.
	ErrNoFile = errors.New("what is there is no file")
)

// CameraOnly returns those of a delivery's files that a camera loads: certificate, key, and the intermediates of the
// second load.
func CameraOnly(files []File) (list []File) {
	for _, f := range files {
		if isCameraFile(f.Name) {
			list = append(list, f)
		}
	}
	return list
}

func isCameraFile(name string) bool {
	return name == CameraCert || name == CameraKey || isIntermediate(name)
}

func isIntermediate(name string) bool {
	n, found := strings.CutPrefix(name, "intermediate-")
	n, der := strings.CutSuffix(n, ".der")
	return found && der && n != "" && strings.Trim(n, "0123456789") == ""
}

// StaleIntermediates returns the names of the files for a second load that are in a folder and not among the files:
// those of an earlier certificate with a longer chain.
func StaleIntermediates(dir string, files []File) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, e := range entries {
		written := slices.ContainsFunc(files, func(f File) bool { return f.Name == e.Name() })
		if isIntermediate(e.Name()) && !written {
			stale = append(stale, e.Name())
		}
	}
	return stale, nil
}

// Deploy puts files on the drive that a camera shows, in the place of those of the same names. A drive of this kind is
// FAT: it knows no modes, no links and no renaming over a file. All files are written beside their places and read
// back before the first one takes its place; when one of them cannot, those that were there are put back. What a run
// leaves that is killed, or whose drive is pulled, is put right by the next one before it begins. The folder has to be
// there. With any error but [ErrInPlace] and [ErrNotPutBack] the files that were there are there still.
func Deploy(ctx context.Context, dir string, files []File) error {
	return deployInSteps(ctx, dir, files, func() {})
}

// deployInSteps deploys, and tells before each change to the drive.
func deployInSteps(ctx context.Context, dir string, files []File, step func()) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &fs.PathError{Op: "open", Path: dir, Err: errors.New("this is no folder")}
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer unlock()
	d := drive{dir, step}
	if err := d.recover(); err != nil {
		return err
	}
	places, err := d.places(files)
	if err != nil {
		return err
	}
	if err := d.put(ctx, places, files); err != nil {
		return err
	}
	return d.clear(places)
}

// lockFolder keeps other runs from a folder, where its file system can be told so. It leaves nothing there.
func lockFolder(dir string) (unlock func(), err error) {
	l := flock.New(dir, flock.SetFlag(os.O_RDONLY))
	if locked, err := l.TryLock(); err == nil && !locked {
		return nil, fmt.Errorf("%s: %w", dir, ErrBusy)
	}
	return func() { _ = l.Close() }, nil
}

// put puts the files in their places, or leaves the drive as it was.
func (d drive) put(ctx context.Context, places []place, files []File) error {
	if err := d.write(ctx, places, files); err != nil {
		return both(err, d.removeNew(places))
	}
	err := d.placeAll(ctx, places, files)
	if err == nil {
		err = d.remove(deployJournal) // from here on the new files are those that count
	}
	if err == nil {
		return nil
	}
	if undone := d.putBack(places, func(place) bool { return true }); undone != nil {
		return both(err, fmt.Errorf("%w: %w", ErrNotPutBack, undone))
	}
	return both(err, d.removeNew(places))
}

// both returns why something failed, and why its end did, in a line.
func both(err, after error) error {
	if after == nil {
		return err
	}
	return fmt.Errorf("%w; %w", err, after)
}

// write writes the files beside their places.
func (d drive) write(ctx context.Context, places []place, files []File) error {
	for i, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		beside := deployNew + f.Name
		if err := d.create(beside, f.Data, &places[i].made); err != nil {
			return err
		}
		if err := readBack(d.path(beside), f.Data); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// placeAll moves what is in the way and puts the files in their places, which the journal tells of before.
func (d drive) placeAll(ctx context.Context, places []place, files []File) error {
	var made bool
	if err := d.create(deployJournal, journal(places), &made); err != nil {
		return err
	}
	syncFolder(d.dir)
	for _, p := range places {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.replaces {
			if err := d.rename(p.name, deployOld+p.name); err != nil {
				return err
			}
		}
		if err := d.rename(deployNew+p.name, p.name); err != nil {
			return err
		}
	}
	syncFolder(d.dir)
	for _, f := range files {
		if err := readBack(d.path(f.Name), f.Data); err != nil {
			return err
		}
	}
	return nil
}

// clear removes what made room.
func (d drive) clear(places []place) error {
	syncFolder(d.dir)
	var names []string
	for _, p := range places {
		if p.replaces {
			names = append(names, deployOld+p.name)
		}
	}
	err := d.removeAll(names)
	syncFolder(d.dir)
	if err != nil {
		return fmt.Errorf("%w; %w", ErrInPlace, err)
	}
	return nil
}

// removeNew removes what this run made beside the places of files.
func (d drive) removeNew(places []place) error {
	var names []string
	for _, p := range places {
		if p.made {
			names = append(names, deployNew+p.name)
		}
	}
	return d.removeAll(names)
}

// removeAll removes files, all that it can.
func (d drive) removeAll(names []string) error {
	var left []string
	var reason error
	for _, name := range names {
		if err := d.remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			left, reason = append(left, name), err
		}
	}
	if reason == nil {
		return nil
	}
	if failed := new(fs.PathError); errors.As(reason, &failed) {
		reason = failed.Err
	}
	return fmt.Errorf("%s %w (%w)", strings.Join(left, ", "), ErrLeftBehind, reason)
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

// A drive is a folder whose changes are told of.
type drive struct {
	dir  string
	step func() // before each change
}

func (d drive) path(name string) string { return filepath.Join(d.dir, name) }

func (d drive) rename(from, to string) error {
	d.step()
	return os.Rename(d.path(from), d.path(to))
}

func (d drive) remove(name string) error {
	d.step()
	return os.Remove(d.path(name))
}

// create writes a file where nothing is, which is on the drive when it returns. It tells when the file is its own.
func (d drive) create(name string, data []byte, made *bool) error {
	d.step()
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	*made = true
	defer f.Close()
	d.step()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}
