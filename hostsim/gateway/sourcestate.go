package gateway

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/certs/delivery"
)

// Bounds of a look: a delivery with more is refused by those who read it.
const (
	maxLooked = 2 * delivery.MaxFiles  // files and folders, but for hidden ones
	maxListed = 20 * delivery.MaxFiles // entries of all folders
)

// A look finds out whether files are the same as before.
type look struct {
	sum            hash.Hash
	newest         time.Time // change of a file's contents
	looked, listed int
}

// lookAt looks at files, and at those of folders. Of too many it looks at the first ones.
func lookAt(paths []string) *look {
	l := &look{sum: sha256.New()}
	for _, path := range paths {
		// What cannot be looked at is read, and then its reader says why. A link to a folder is the folder.
		if info := l.file(path); info != nil && info.IsDir() {
			l.folder(path)
		}
	}
	return l
}

// state is another one when a file is.
func (l *look) state() string { return hex.EncodeToString(l.sum.Sum(nil)) }

// folder looks at what a delivery's reader reads of a folder: neither hidden files, nor folders behind links.
func (l *look) folder(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		fmt.Fprintf(l.sum, "%q %v\n", dir, err)
		return
	}
	entries, _ := f.ReadDir(max(1, maxListed-l.listed))
	f.Close()
	l.listed += len(entries)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if l.looked >= maxLooked {
			return
		}
		path := filepath.Join(dir, entry.Name())
		if info := l.file(path); info != nil && entry.IsDir() {
			l.folder(path)
		}
	}
}

// file looks at a file: links count as what they lead to, as certbot renews by them. It returns nil where nothing is.
func (l *look) file(path string) fs.FileInfo {
	l.looked++
	target, _ := filepath.EvalSymlinks(path)
	info, err := os.Stat(path)
	if err != nil {
		fmt.Fprintf(l.sum, "%q %q gone\n", path, target)
		return nil
	}
	fmt.Fprintf(l.sum, "%q %q %d %d %s %s\n", path, target, info.Size(), info.ModTime().UnixNano(), info.Mode(), ownership(info))
	if info.ModTime().After(l.newest) {
		l.newest = info.ModTime()
	}
	return info
}
