package delivery

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/internal/inputfile"
)

// Options says how a delivery is read.
type Options struct {
	// Password returns the password of a file, and is called for those that need one only, with
	// again set after a wrong one. Nil means that there are none.
	Password func(file string, again bool) ([]byte, error)
	// PasswordGiven says that Password asks nobody: what is locked is opened even where what is open is
	// enough.
	PasswordGiven bool
	// Hidden reads hidden files, too, in folders and in archives.
	Hidden bool
	// LeaveEncrypted leaves what is encrypted as it is, and asks for no password.
	LeaveEncrypted bool
	// Roots are roots that clients are given: of several ways from the leaf, one to them is taken.
	Roots []*x509.Certificate
	// Host is the name or address that clients connect to: of several certificates, those for it are meant.
	// "" tells nothing.
	Host string
	// Leaf chooses the certificate that is meant: by its file, its serial number (in hexadecimal, or decimal),
	// its SHA-256 fingerprint, or one of its names. "" leaves the choice to what the files hold.
	Leaf string
	// At is the time at which of several certificates the newest valid one is meant; now when zero.
	At time.Time

	rounds int64 // instead of MaxAllRounds, when it is not 0: for tests that have no time
}

// Read reads directories and files. Everything is recognised by its content: PEM (CRLF,
// BOM, UTF-16 and text around it allowed), DER, bare base64, PKCS#7, PKCS#12, ZIP. Folders are
// read with those below them, hidden ones left out.
//
// The error is one of the file system, or the context's. What is wrong with the delivery itself is
// its Problem. The work is bounded (see [MaxRounds] and the other constants).
func Read(ctx context.Context, paths []string, o Options) (*Delivery, error) {
	d := &Delivery{Paths: paths}
	r := &deliveryReader{ctx: ctx, options: o, delivery: d, budget: newBudget(o)}
	for _, path := range paths {
		err := r.path(path)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, ErrTooMuch) {
			d.Problem = err
			return d, nil
		}
		if err != nil {
			return nil, err
		}
	}
	err := r.unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, ErrPassword), errors.Is(err, ErrTooMuch):
		d.Problem = err
		return d, nil
	case err != nil:
		return nil, err
	}
	if err := d.understand(o); err != nil {
		d.Problem = fmt.Errorf("%s: %w", strings.Join(paths, ", "), d.misplaced(d.because(err)))
	}
	return d, ctx.Err()
}

// because blames what was too much to be read, where it may have held what is missing.
func (d *Delivery) because(err error) error {
	if !errors.Is(err, ErrNoCertificate) && !errors.Is(err, ErrNoLeaf) {
		return err
	}
	for _, item := range d.Items {
		if item.TooMuch {
			return fmt.Errorf("%w: %s: %s", ErrTooMuch, item, item.Note)
		}
	}
	return err
}

type deliveryReader struct {
	ctx      context.Context
	budget   budget
	locks    []*lock
	opened   [][]byte // passwords that were right
	silent   bool     // nobody answers
	nested   int      // how many archives the file that is being read lies in
	options  Options
	delivery *Delivery
	files    int
	readable bool   // the file that is being read, by others than its owner
	archived string // the archive that is being read
	content  []byte // of the file that is being read
}

func (r *deliveryReader) path(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return r.file(path, info)
	}
	return r.directory(path, 0)
}

// count counts a file or a folder.
func (r *deliveryReader) count(path string) error {
	if r.files++; r.files > MaxFiles {
		return fmt.Errorf("%s: %w: more than %d files and folders; name the folder with the certificate", path, ErrTooMuch, MaxFiles)
	}
	return r.check()
}

// directory reads the files of a folder in the order of their names, then its folders.
func (r *deliveryReader) directory(dir string, depth int) error {
	if err := r.count(dir); err != nil {
		return err
	}
	entries, err := readDir(dir)
	if err != nil {
		return err
	}
	var folders []string
	for _, entry := range entries {
		if r.hidden(entry.Name()) {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(path) // certbot's live directory has symbolic links
		switch {
		case errors.Is(err, fs.ErrPermission):
			return err // certbot's live folder can be readable where its archive is not
		case err != nil:
			if err := r.unknown(&Item{File: path}, "a symbolic link that leads nowhere"); err != nil {
				return err
			}
		case info.IsDir() && entry.Type()&fs.ModeSymlink == 0:
			folders = append(folders, path)
		case info.Mode().IsRegular():
			if err := r.file(path, info); err != nil {
				return err
			}
		}
	}
	for _, folder := range folders {
		if depth+1 == MaxFolders {
			return fmt.Errorf("%s: %w: more than %d folders in each other; name the one with the certificate", dir, ErrTooMuch, MaxFolders)
		}
		if err := r.directory(folder, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// hidden tells by its name whether a file or a folder is left out.
func (r *deliveryReader) hidden(name string) bool {
	return strings.HasPrefix(name, ".") && !r.options.Hidden
}

// readDir lists a folder in the order of names, unless it has far more entries than any delivery.
func readDir(dir string) ([]fs.DirEntry, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 10 * MaxFiles // hidden ones included
	entries, err := f.ReadDir(most + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(entries) > most {
		return nil, fmt.Errorf("%s: %w: more than %d entries; name the files with the certificate", dir, ErrTooMuch, most)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return entries, nil
}

func (r *deliveryReader) file(path string, info fs.FileInfo) error {
	if err := r.count(path); err != nil {
		return err
	}
	r.content = nil // of the file before
	data, err := readRegular(r.ctx, r.budget.until, path, MaxArchive)
	switch {
	case errors.Is(err, inputfile.ErrTooLarge):
		item := &Item{File: path, Damaged: slices.Contains(r.delivery.Paths, path)}
		return r.tooMuch(item, fmt.Errorf("%w: %d octets are more than any certificate has: not read", ErrTooMuch, info.Size()))
	case err != nil:
		return err
	}
	r.readable = info.Mode().Perm()&0o077 != 0
	return r.contents(path, data)
}

// ReadFile reads a file of a delivery: a regular one, of [MaxFile] octets at most.
func ReadFile(ctx context.Context, path string) ([]byte, error) {
	data, err := readRegular(ctx, time.Now().Add(MaxTime), path, MaxFile)
	if errors.Is(err, inputfile.ErrTooLarge) {
		return nil, fmt.Errorf("%w: %w", ErrTooMuch, err)
	}
	return data, err
}

// readRegular reads a file that can be read to its end. Some of those that a kernel makes wait for
// something to happen.
func readRegular(ctx context.Context, until time.Time, path string, limit int64) ([]byte, error) {
	return beside(ctx, until, func() ([]byte, error) { return inputfile.Read(path, limit) })
}

// add adds an item.
func (r *deliveryReader) add(item *Item) error {
	item.Archive, item.content = r.archived, r.content
	item.Readable = r.readable && item.Kind == KindKey
	r.delivery.Items = append(r.delivery.Items, item)
	if r.budget.items--; r.budget.items < 0 {
		return fmt.Errorf("%s: %w: more than %d things in it", item.File, ErrTooMuch, MaxItems)
	}
	return r.check()
}

// unknown adds something that was not understood, and why. It is no error of the delivery.
func (r *deliveryReader) unknown(item *Item, note string) error {
	item.Kind, item.Note = KindUnknown, note
	return r.add(item)
}

// tooMuch adds something that takes more work than is done for it. It is no error of the delivery,
// whose other parts are read.
func (r *deliveryReader) tooMuch(item *Item, err error) error {
	item.TooMuch = true
	return r.unknown(item, err.Error())
}

// contents reads what a file holds, a ZIP included.
func (r *deliveryReader) contents(path string, data []byte) error {
	if err := r.take(path, len(data)); err != nil {
		return err
	}
	if isPacked(data) {
		return r.unpack(path, data)
	}
	if len(data) > MaxFile {
		item := &Item{File: path, Damaged: slices.Contains(r.delivery.Paths, path)}
		return r.tooMuch(item, fmt.Errorf("%w: %d octets are more than any certificate has: not read", ErrTooMuch, len(data)))
	}
	r.content = data
	for _, p := range recognise(data) {
		if err := r.piece(path, p); err != nil {
			return err
		}
	}
	return nil
}

// unpack reads the files of one with others in it.
func (r *deliveryReader) unpack(path string, data []byte) error {
	if r.nested == MaxNested {
		return r.unknown(&Item{File: path}, "an archive in archives: unpack it first")
	}
	outermost := r.archived
	if outermost == "" {
		r.archived = path
	}
	r.nested++
	defer func() { r.nested, r.archived = r.nested-1, outermost }()
	switch c := compressionOf(data); {
	case isZIP(data):
		return r.archive(path, data)
	case c != nil:
		return r.decompressed(path, c, data)
	case isJavaKeystore(data):
		return r.keystore(path, data)
	}
	return r.tarFile(path, data)
}

// piece turns one piece of a file into an item, or into several.
func (r *deliveryReader) piece(path string, p piece) error {
	item := &Item{
		File: path, Where: p.where, Line: p.line, Form: p.form, Kind: KindOther, Note: p.note, Damaged: p.damaged, TooMuch: p.tooMuch,
		HasKey: p.key,
	}
	switch p.content {
	case contentCertificate:
		c, err := NewCertificate(p.der)
		if errors.Is(err, ErrTooMuch) {
			return r.tooMuch(item, err)
		}
		if err != nil {
			item.Kind, item.Note = KindUnknown, "a damaged certificate: "+err.Error()
			item.Damaged = true
			break
		}
		item.Kind, item.About, item.certificate, item.Note = KindCertificate, c.Describe(), c, c.tooLong()
	case contentRequest:
		return r.request(item, p.der)
	case contentKey:
		return r.plainKey(item, p.der, false)
	case contentEncryptedKey, contentEncryptedPEM:
		return r.encryptedKey(item, p)
	case contentPKCS7:
		return r.pkcs7(item, p.der)
	case contentPKCS12:
		return r.pkcs12(item, p.der)
	case contentFile:
		return r.inside(item, p.der)
	case contentOther:
	default:
		item.Kind = KindUnknown
	}
	return r.add(item)
}

// inside reads a file that lies in a text or a mail.
func (r *deliveryReader) inside(item *Item, data []byte) error {
	content := r.content
	defer func() { r.content = content }()
	return r.contents(item.File+"!"+item.Where, data)
}
