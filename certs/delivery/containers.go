package delivery

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

func isZIP(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

// archive reads the files of a ZIP.
func (r *deliveryReader) archive(file string, data []byte) error {
	container := &Item{File: file, Form: FormZIP, Kind: KindContainer}
	if err := r.add(container); err != nil {
		return err
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		container.Kind, container.Note = KindUnknown, "a damaged ZIP: "+err.Error()
		return nil
	}
	left := MaxArchive
	for _, entry := range archive.File {
		name := path.Clean(entry.Name)
		if entry.FileInfo().IsDir() || r.hidden(path.Base(name)) || strings.HasPrefix(name, "__MACOSX/") {
			continue
		}
		if err := r.entry(entry, file, file+"!"+name, &left); err != nil {
			return err
		}
	}
	return nil
}

// entry reads one file of a ZIP of which some octets are left.
func (r *deliveryReader) entry(entry *zip.File, archive, inside string, left *int) error {
	if err := r.count(archive); err != nil {
		return err
	}
	if entry.Flags&1 != 0 {
		return r.unknown(&Item{File: inside, Locked: true}, "encrypted: unpack it with its password first")
	}
	content, err := unpack(entry)
	if *left -= len(content); *left < 0 {
		return fmt.Errorf("%s: %w: more than %d octets unpacked", archive, ErrTooMuch, MaxArchive)
	}
	switch {
	case errors.Is(err, errLarge):
		return r.tooMuch(&Item{File: inside}, fmt.Errorf("%w: more than %d octets: not read", ErrTooMuch, MaxFile))
	case err != nil:
		return r.unknown(&Item{File: inside}, "damaged: "+err.Error())
	}
	return r.contents(inside, content)
}

var errLarge = errors.New("too large")

// unpack unpacks one file, whatever size it claims to have. It returns what was unpacked with the
// error, too.
func unpack(entry *zip.File) ([]byte, error) {
	f, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && len(content) > MaxFile {
		err = errLarge
	}
	return content, err
}

// pkcs7 reads the certificates of a message that holds nothing else (RFC 5652 section 5.1).
func (r *deliveryReader) pkcs7(item *Item, der []byte) error {
	list, err := ParsePKCS7(der)
	switch {
	case errors.Is(err, ErrTooMuch):
		return r.tooMuch(item, err)
	case err != nil:
		return r.unknown(item, "no certificates in PKCS#7: "+err.Error())
	}
	var ders [][]byte
	for _, c := range list {
		ders = append(ders, c.Raw)
	}
	return r.unpacked(item, FormPKCS7, ders)
}

// unpacked adds a container and the certificates that were in it.
func (r *deliveryReader) unpacked(item *Item, form Form, list [][]byte) error {
	item.Kind, item.About = KindContainer, string(form)
	if err := r.add(item); err != nil {
		return err
	}
	for n, der := range list {
		if err := r.piece(item.File, piece{
			content: contentCertificate, form: form, where: within(item, fmt.Sprintf("certificate %d", n+1)), der: der,
		}); err != nil {
			return err
		}
	}
	return nil
}

// within is a place in an item.
func within(item *Item, place string) string { return strings.TrimPrefix(item.Where+", "+place, ", ") }

// pkcs12 reads keys with their certificates (RFC 7292), or certificates alone.
func (r *deliveryReader) pkcs12(item *Item, der []byte) error {
	file, err := parsePKCS12(inDER(der))
	item.HasKey = err == nil && file.showsKey()
	if r.options.LeaveEncrypted {
		item.Locked, item.Note = true, "encrypted PKCS#12"
		return r.add(item)
	}
	if err != nil {
		return r.unknown(item, "cannot be read as PKCS#12: "+err.Error())
	}
	var content *pkcs12Content
	l := &lock{
		item: item,
		try: func(password []byte) (err error) {
			content, err = r.openPKCS12(file, password)
			return err
		},
		add: func() error { return r.pkcs12Content(item, content) },
		fail: func(err error) error {
			if errors.Is(err, ErrTooMuch) {
				return r.tooMuch(item, err)
			}
			return r.unknown(item, "cannot be read as PKCS#12: "+err.Error())
		},
	}
	switch err := l.try(nil); { // some have no password
	case err == nil:
		return l.add()
	case ended(err):
		return err
	case !errors.Is(err, ErrPassword):
		return l.fail(err)
	}
	item.Locked, item.About = true, string(FormPKCS12)
	return r.later(l)
}

// pkcs12Content adds what was in a PKCS#12 file.
func (r *deliveryReader) pkcs12Content(item *Item, content *pkcs12Content) error {
	item.Locked = false
	if err := r.unpacked(item, FormPKCS12, content.certificates); err != nil {
		return err
	}
	for n, key := range content.keys {
		place := "private key"
		if n > 0 {
			place = fmt.Sprintf("private key %d", n+1)
		}
		if err := r.plainKey(&Item{File: item.File, Where: within(item, place), Form: FormPKCS12}, key, true); err != nil {
			return err
		}
	}
	return nil
}
