package inputfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// What can be wrong with a file that exists and may be read.
var (
	ErrNotRegular = errors.New("not a regular file")
	ErrTooLarge   = errors.New("too large")
)

// Limits of what is read, in octets.
const (
	Small = 1 << 20  // certificates, keys, passwords
	Large = 64 << 20 // what a program wrote
)

// patience is how long an octet may take to come: some files of the system call themselves regular, and
// wait for something to happen.
const patience = time.Second

// Read reads a regular file of at most limit octets. A larger one is ErrTooLarge, and what is no regular
// file ErrNotRegular with what it is, at once: a FIFO is not waited for.
func Read(path string, limit int64) ([]byte, error) {
	f, info, err := open(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() > limit {
		return nil, tooLarge(path, limit)
	}
	data := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(impatient{f}, limit+1)); err != nil {
		return nil, err
	}
	if int64(data.Len()) > limit { // it grew, or did not tell its size
		return nil, tooLarge(path, limit)
	}
	return data.Bytes(), nil
}

// impatient is a file under a deadline. Files on a disk have none, and need none.
type impatient struct{ *os.File }

func (f impatient) Read(p []byte) (int, error) {
	_ = f.SetReadDeadline(time.Now().Add(patience))
	return f.File.Read(p)
}

// Append opens a regular file to write behind its end, and makes one with that mode where nothing is.
func Append(path string, mode fs.FileMode) (*os.File, error) {
	f, _, err := open(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, mode)
	return f, err
}

// open looks before it opens, since opening does something to some devices, and again afterwards.
func open(path string, flag int, mode fs.FileMode) (*os.File, fs.FileInfo, error) {
	if info, err := os.Stat(path); err == nil {
		if err := Regular(path, info); err != nil {
			return nil, nil, err
		}
	}
	f, err := os.OpenFile(path, flag|nonBlocking, mode)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = Regular(path, info)
	}
	if err != nil {
		_ = f.Close() // the error that follows is the first one
		return nil, nil, err
	}
	return f, info, nil
}

// Regular returns ErrNotRegular for what is none, with what it is.
func Regular(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return &fs.PathError{Op: "open", Path: path, Err: &kindError{kind(info.Mode())}}
}

const folder = "a folder"

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return folder
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// kindError is ErrNotRegular with what it is instead.
type kindError struct{ what string }

func (e *kindError) Error() string {
	if e.what == folder {
		return "this is a folder, and not a file"
	}
	return "this is " + e.what + ", and neither a file nor a folder"
}

func (e *kindError) Is(target error) bool { return target == ErrNotRegular }

func tooLarge(path string, limit int64) error {
	return &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: more than %d octets", ErrTooLarge, limit)}
}
