package delivery

import (
	"bufio"
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
	{FormGzip, gzipMagic, func(r io.Reader) (io.Reader, error) { return newGzipReader(r) }},
	{FormBzip2, "BZh", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
	{FormXz, "\xfd7zXZ\x00", func(r io.Reader) (io.Reader, error) { return xz.ReaderConfig{DictCap: maxDictionary}.NewReader(r) }},
	{FormZstd, "\x28\xb5\x2f\xfd", func(r io.Reader) (io.Reader, error) {
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxArchive), zstd.WithDecoderMaxWindow(maxDictionary))
	}},
}

const gzipMagic = "\x1f\x8b"

// A gzipReader reads the members of a gzip file (RFC 1952 section 2.2). What follows them and is none, such as padding
// and a line end, is left out, as gunzip does.
type gzipReader struct {
	in *bufio.Reader
	*gzip.Reader
}

func newGzipReader(r io.Reader) (*gzipReader, error) {
	in := bufio.NewReader(r)
	member, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &gzipReader{in, member}, nil
}

func (g *gzipReader) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	if n > 0 || !errors.Is(err, io.EOF) {
		return n, err
	}
	if next, _ := g.in.Peek(len(gzipMagic)); string(next) != gzipMagic {
		return 0, io.EOF
	}
	if err := g.Reset(g.in); err != nil {
		return 0, err
	}
	g.Multistream(false)
	return 0, nil
}

// maxDictionary is the memory that a decompressor takes, in octets.
const maxDictionary = 8 << 20

var errWindow = fmt.Errorf("it was compressed with a window of more than %d octets: decompress it first", maxDictionary)

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
	case errors.Is(err, errWindow):
		return r.tooMuch(&Item{File: file, Form: c.form}, fmt.Errorf("%w: %w", ErrTooMuch, err))
	case err != nil:
		container.Kind, container.Note, container.Damaged = KindUnknown, fmt.Sprintf("damaged %s: %s", c.form, err), true
		return nil
	}
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
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, errWindow
	case len(content) > MaxArchive, errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return nil, errLarge
	case err != nil:
		return nil, err
	}
	return content, nil
}
