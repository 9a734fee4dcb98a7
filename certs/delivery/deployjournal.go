package delivery

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/internal/inputfile"
)

// Names of what is on a drive only while files are copied to it: before the name of a file, that of a new one which is
// not in its place yet, and of an old one which made room. The journal is there from before the first file is moved
// until all new ones are in place: with it, the old files are those that count, without it the new ones.
const (
	deployNew     = ".leafcam-new-"
	deployOld     = ".leafcam-old-"
	deployJournal = ".leafcam-journal"
)

// A place is one that a file is put into.
type place struct {
	name     string
	sum      string // of the new file
	replaces bool   // another file
	made     bool   // the new file is there, in its place or beside it
}

// places looks at where files go. What is no file there stays, and is an error before anything is written.
func (d drive) places(files []File) ([]place, error) {
	var list []place
	for _, f := range files {
		there, err := d.isFile(f.Name)
		if err != nil {
			return nil, err
		}
		list = append(list, place{name: f.Name, sum: sumOf(f.Data), replaces: there})
	}
	return list, nil
}

// isFile reports whether a file is there, or a link. Folders and those like FIFOs are errors.
func (d drive) isFile(name string) (bool, error) {
	info, err := os.Lstat(d.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case info.IsDir():
		return false, &fs.PathError{Op: "replace", Path: d.path(name), Err: fmt.Errorf("this is a folder: %w", ErrNoFile)}
	case !info.Mode().IsRegular() && info.Mode().Type() != fs.ModeSymlink:
		return false, &fs.PathError{Op: "replace", Path: d.path(name), Err: ErrNoFile}
	}
	return true, nil
}

func sumOf(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// The words of a journal.
const (
	journalHead    = "leafcam copies the camera's files\n"
	journalAdd     = "add"
	journalReplace = "replace"
	journalEnd     = "end\n"
)

// journal writes which places are taken.
func journal(places []place) []byte {
	var b strings.Builder
	b.WriteString(journalHead)
	for _, p := range places {
		how := journalAdd
		if p.replaces {
			how = journalReplace
		}
		fmt.Fprintf(&b, "%s %s %s\n", how, p.name, p.sum)
	}
	b.WriteString(journalEnd)
	return []byte(b.String())
}

// parseJournal reads a journal; whole is false of one that was not written to its end, when nothing had been moved.
// A drive comes from anywhere: names that no camera's file has are none.
func parseJournal(data []byte) (places []place, whole bool) {
	lines, headed := strings.CutPrefix(string(data), journalHead)
	lines, ended := strings.CutSuffix(lines, journalEnd)
	if !headed || !ended {
		return nil, false
	}
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) != 3 || !isCameraFile(words[1]) {
			return nil, false
		}
		places = append(places, place{name: words[1], sum: words[2], replaces: words[0] == journalReplace})
	}
	return places, true
}

// recover puts right what a run left that was killed.
func (d drive) recover() error {
	left, err := d.left()
	if err != nil || len(left) == 0 {
		return err
	}
	if slices.Contains(left, deployJournal) {
		const most = 1 << 20
		data, err := inputfile.Read(d.path(deployJournal), most)
		if err != nil {
			return err
		}
		places, whole := parseJournal(data)
		if !whole {
			places = movedAway(left)
		}
		if err := d.putBack(places, d.holds); err != nil {
			return fmt.Errorf("%w: %w", ErrNotPutBack, err)
		}
	}
	for _, name := range left {
		if name == deployJournal {
			continue
		}
		if err := d.clearLeft(name); err != nil {
			return fmt.Errorf("%w: %w", ErrNotPutBack, err)
		}
	}
	syncFolder(d.dir)
	return nil
}

// movedAway returns the places of files that made room. There are some beside a journal that is not whole only when a
// drive lost what had been written to it.
func movedAway(left []string) (places []place) {
	for _, name := range left {
		if of, old := strings.CutPrefix(name, deployOld); old {
			places = append(places, place{name: of, replaces: true})
		}
	}
	return places
}

// left returns the names of what is there of another run. What is no file is an error; a link is removed as a link.
func (d drive) left() (names []string, err error) {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() != deployJournal && !isCameraFile(placeOf(e.Name())) {
			continue
		}
		if _, err := d.isFile(e.Name()); err != nil {
			return nil, err
		}
		if e.Name() == deployJournal && !e.Type().IsRegular() {
			return nil, &fs.PathError{Op: "open", Path: d.path(e.Name()), Err: ErrNoFile}
		}
		names = append(names, e.Name())
	}
	return names, nil
}

// placeOf returns the name of the file that a new or an old one is of; "" of other names.
func placeOf(name string) string {
	for _, prefix := range []string{deployNew, deployOld} {
		if of, found := strings.CutPrefix(name, prefix); found {
			return of
		}
	}
	return ""
}

// clearLeft removes a file that is left beside its place. An old one whose place is empty is the last of its kind, and
// goes back.
func (d drive) clearLeft(name string) error {
	of, old := strings.CutPrefix(name, deployOld)
	if old {
		if _, err := os.Lstat(d.path(of)); errors.Is(err, fs.ErrNotExist) {
			return d.rename(name, of)
		}
	}
	if err := d.remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// putBack gives the files that made room their places again, and removes the journal when all have them. Where no file
// made room, a new one is removed if it is there and is ours. It can be interrupted and done again: new files that
// are not in their places stay beside them until the journal is gone, and an old one that is back has left its name.
func (d drive) putBack(places []place, ours func(place) bool) error {
	for _, p := range places {
		if err := d.putOneBack(p, ours); err != nil {
			return err
		}
	}
	syncFolder(d.dir)
	if err := d.remove(deployJournal); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d drive) putOneBack(p place, ours func(place) bool) error {
	there, err := d.isFile(p.name)
	if err != nil {
		return err
	}
	from := deployNew + p.name
	if p.replaces {
		from = deployOld + p.name
	}
	moved, err := d.isFile(from)
	switch {
	case err != nil:
		return err
	case p.replaces && moved:
		if there {
			if err := d.remove(p.name); err != nil {
				return err
			}
		}
		return d.rename(from, p.name)
	case !p.replaces && !moved && there && ours(p):
		return d.remove(p.name)
	}
	return nil
}

// holds reports whether what is in a place is the new file that a journal tells of, and not one that somebody put there.
func (d drive) holds(p place) bool {
	if info, err := os.Lstat(d.path(p.name)); err != nil || !info.Mode().IsRegular() {
		return false
	}
	data, err := inputfile.Read(d.path(p.name), MaxFile)
	return err == nil && sumOf(data) == p.sum
}
