package certs

import (
	"crypto/x509"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// DeliveryOptions says how a delivery is read.
type DeliveryOptions struct {
	// Password returns the password of a file, and is called for those that need one only, with
	// again set after a wrong one. Nil means that there are none.
	Password func(file string, again bool) ([]byte, error)
	// LeaveEncrypted leaves what is encrypted as it is, and asks for no password.
	LeaveEncrypted bool
	// Roots are roots that clients are given: of several ways from the leaf, one to them is taken.
	Roots []*x509.Certificate
}

// Limits of a delivery: it is some files of some kilobytes.
const (
	maxFile    = 1 << 20 // octets
	maxFiles   = 1000
	maxDepth   = 5       // of folders in the one that was given
	maxArchive = 8 << 20 // octets of a ZIP, unpacked
)

// ReadDelivery reads directories and files. Everything is recognised by its content: PEM (CRLF,
// BOM, UTF-16 and text around it allowed), DER, bare base64, PKCS#7, PKCS#12, ZIP. Folders are
// read with those below them, hidden ones left out.
//
// The delivery is returned with an error, too, as far as it was read and understood. With
// ErrKeyMismatch, Leaf and Key are those that do not belong together, if there is but one
// of them that can be meant.
func ReadDelivery(paths []string, o DeliveryOptions) (*Delivery, error) {
	r := &deliveryReader{options: o, delivery: &Delivery{}}
	for _, path := range paths {
		if err := r.path(path); err != nil {
			return r.delivery, err
		}
	}
	if err := r.delivery.understand(o.Roots); err != nil {
		return r.delivery, fmt.Errorf("%s: %w", strings.Join(paths, ", "), err)
	}
	return r.delivery, nil
}

type deliveryReader struct {
	options  DeliveryOptions
	delivery *Delivery
	files    int
	readable bool // the file that is being read, by others than its owner
}

func (r *deliveryReader) path(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return r.file(path)
	}
	return r.directory(path, 0)
}

// directory reads the files of a folder in the order of their names, then its folders.
func (r *deliveryReader) directory(dir string, depth int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var folders []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(path) // certbot's live directory has symbolic links
		switch {
		case err != nil:
			r.add(&Item{File: path, Kind: KindUnknown, Note: "a symbolic link that leads nowhere"})
		case info.IsDir() && entry.Type()&fs.ModeSymlink == 0:
			folders = append(folders, path)
		case info.Mode().IsRegular():
			if err := r.file(path); err != nil {
				return err
			}
		}
	}
	for _, folder := range folders {
		if depth+1 == maxDepth {
			return fmt.Errorf("%s: %w: more than %d folders in each other; name the one with the certificate", dir, ErrTooMuch, maxDepth)
		}
		if err := r.directory(folder, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (r *deliveryReader) file(path string) error {
	if r.files++; r.files > maxFiles {
		return fmt.Errorf("%s: %w: more than %d files; name the folder with the certificate", path, ErrTooMuch, maxFiles)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is neither a file nor a folder", path)
	case info.Size() > maxArchive:
		return r.unknown(&Item{File: path}, fmt.Sprintf("%d octets are more than any certificate has: not read", info.Size()))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	r.readable = info.Mode().Perm()&0o077 != 0
	return r.contents(path, data)
}

func (r *deliveryReader) add(item *Item) {
	item.Readable = r.readable && item.Kind == KindKey
	r.delivery.Items = append(r.delivery.Items, item)
}

// unknown adds something that was not understood, and why. It is no error of the delivery.
func (r *deliveryReader) unknown(item *Item, note string) error {
	item.Kind, item.Note = KindUnknown, note
	r.add(item)
	return nil
}

// contents reads what a file holds, a ZIP included.
func (r *deliveryReader) contents(path string, data []byte) error {
	if isZIP(data) {
		return r.archive(path, data)
	}
	if len(data) > maxFile {
		return r.unknown(&Item{File: path}, fmt.Sprintf("%d octets are more than any certificate has: not read", len(data)))
	}
	for _, p := range recognise(data) {
		if err := r.piece(path, p); err != nil {
			return err
		}
	}
	return nil
}

// piece turns one piece of a file into an item, or into several.
func (r *deliveryReader) piece(path string, p piece) error {
	item := &Item{File: path, Where: p.where, Form: p.form, Kind: KindOther, Note: p.note}
	switch p.content {
	case contentCertificate:
		c, err := NewCertificate(p.der)
		if err != nil {
			item.Kind, item.Note = KindUnknown, "a damaged certificate: "+err.Error()
			break
		}
		item.Kind, item.About, item.certificate = KindCertificate, c.Describe(), c
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
	case contentOther:
	default:
		item.Kind = KindUnknown
	}
	r.add(item)
	return nil
}

// ask asks for a password until try takes it, three times at most. try returns ErrPassword
// for a wrong one, and is called with an empty one first where that can be right.
func (r *deliveryReader) ask(file string, emptyFirst bool, try func(password []byte) error) error {
	if emptyFirst {
		if err := try(nil); err != ErrPassword {
			return err
		}
	}
	if r.options.Password == nil {
		return fmt.Errorf("%s: %w", file, ErrPassword)
	}
	for attempt := range 3 {
		password, err := r.options.Password(file, attempt > 0)
		if err != nil {
			return fmt.Errorf("%s: %w: %w", file, ErrPassword, err)
		}
		err = try(slices.Clone(password))
		clear(password)
		if err != ErrPassword {
			return err
		}
	}
	return fmt.Errorf("%s: %w", file, ErrPassword)
}
