package delivery

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// A compression packs one file: what is in it may be an archive.
type compression struct {
	form  Form
	magic string
	open  func(io.Reader) (io.Reader, error)
}

var compressions = []compression{
	{FormGzip, "\x1f\x8b", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{FormBzip2, "BZh", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
	{FormXz, "\xfd7zXZ\x00", func(r io.Reader) (io.Reader, error) { return xz.ReaderConfig{DictCap: maxDictionary}.NewReader(r) }},
	{FormZstd, "\x28\xb5\x2f\xfd", func(r io.Reader) (io.Reader, error) {
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxArchive), zstd.WithDecoderMaxWindow(maxDictionary))
	}},
}

// maxDictionary is the memory that a decompressor takes, in octets.
const maxDictionary = 8 << 20

// compressionOf returns how data are compressed, or nil.
func compressionOf(data []byte) *compression {
	for i := range compressions {
		if bytes.HasPrefix(data, []byte(compressions[i].magic)) {
			return &compressions[i]
		}
	}
	return nil
}

// decompressed reads a compressed file: an archive, or one file of a delivery.
func (r *deliveryReader) decompressed(file string, c *compression, data []byte) error {
	container := &Item{File: file, Form: c.form, Kind: KindContainer}
	if err := r.add(container); err != nil {
		return err
	}
	content, err := c.unpack(data)
	switch {
	case errors.Is(err, errLarge):
		return r.tooMuch(&Item{File: file, Form: c.form}, fmt.Errorf("%w: more than %d octets: not read", ErrTooMuch, MaxArchive))
	case err != nil:
		container.Kind, container.Note, container.Damaged = KindUnknown, fmt.Sprintf("damaged %s: %s", c.form, err), true
		return nil
	case compressionOf(content) != nil || isZIP(content):
		return r.unknown(&Item{File: file + "!"}, "an archive in a compressed file: unpack it first")
	}
	r.archived = file
	defer func() { r.archived = "" }()
	if isTar(content) {
		return r.tar(file, content)
	}
	return r.contents(file+"!", content)
}

// unpack unpacks a file, whatever size it claims to have.
func (c *compression) unpack(data []byte) ([]byte, error) {
	unpacked, err := c.open(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if closer, ok := unpacked.(interface{ Close() }); ok {
		defer closer.Close()
	}
	content, err := io.ReadAll(io.LimitReader(unpacked, MaxArchive+1))
	switch {
	case len(content) > MaxArchive, errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, errLarge
	case err != nil:
		return nil, err
	}
	return content, nil
}
