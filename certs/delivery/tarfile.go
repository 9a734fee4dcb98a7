package delivery

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
)

// isTar reports whether data are an archive of tar: its first header is one.
func isTar(data []byte) bool {
	const header = 512
	if len(data) < header || data[0] == 0 {
		return false
	}
	_, err := tar.NewReader(bytes.NewReader(data)).Next()
	return err == nil
}

// tarFile reads an archive that is a file.
func (r *deliveryReader) tarFile(file string, data []byte) error {
	if err := r.add(&Item{File: file, Form: FormTar, Kind: KindContainer}); err != nil {
		return err
	}
	return r.tar(file, data)
}

// tar reads the files of an archive.
func (r *deliveryReader) tar(file string, data []byte) error {
	archive := tar.NewReader(bytes.NewReader(data))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return r.unknown(&Item{File: file, Form: FormTar, Damaged: true}, "a damaged tar archive: "+err.Error())
		}
		name := path.Clean(header.Name)
		inside := file + "!" + name
		switch {
		case header.Typeflag == tar.TypeSymlink || header.Typeflag == tar.TypeLink:
			note := fmt.Sprintf("a link to %s: archive the file itself (tar --dereference)", header.Linkname)
			if err := r.unknown(&Item{File: inside}, note); err != nil {
				return err
			}
			continue
		case header.Typeflag != tar.TypeReg, r.hidden(path.Base(name)):
			continue
		}
		if err := r.count(file); err != nil {
			return err
		}
		if err := r.tarEntry(inside, archive); err != nil {
			return err
		}
	}
}

// tarEntry reads one file of an archive.
func (r *deliveryReader) tarEntry(inside string, content io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(content, MaxFile+1))
	switch {
	case len(data) > MaxFile:
		return r.tooMuch(&Item{File: inside}, fmt.Errorf("%w: more than %d octets: not read", ErrTooMuch, MaxFile))
	case err != nil:
		return r.unknown(&Item{File: inside, Damaged: true}, "damaged: "+err.Error())
	}
	return r.contents(inside, data)
}
