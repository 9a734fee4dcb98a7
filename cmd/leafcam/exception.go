package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/term"

	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/internal/inputfile"
	"github.com/leafcam/leafcam/internal/printable"
)

// exceptionError is an exception of the camera that ends the command. It prints as
// the last line of MicroPython's traceback and nothing else, so that it can be compared;
// a person at a terminal gets a hint below it.
type exceptionError struct {
	exception error
	hint      string
}

func (e *exceptionError) Error() string { return e.exception.Error() }
func (e *exceptionError) Unwrap() error { return e.exception }

func (e *exceptionError) print(w io.Writer) {
	fmt.Fprintln(w, e.exception)
	if e.hint != "" && isTerminal(w) {
		fmt.Fprintln(w, "leafcam: hint: "+e.hint)
	}
}

// raised is the error for an exception that ends a command. What no camera has in its place, such as
// a pipe, is a mistake of whoever named it.
func raised(exception error, hint string) error {
	var file *fs.PathError
	if errors.As(exception, &file) && (errors.Is(file, inputfile.ErrNotRegular) || errors.Is(file, inputfile.ErrTooLarge)) {
		return usage(file)
	}
	return &statusError{exitFindings, &exceptionError{exception, printable.Visible(hint)}}
}

// isTerminal tells whether somebody looks at what is written.
func isTerminal(w io.Writer) bool {
	f, ok := fileOf(w)
	return ok && term.IsTerminal(int(f.Fd()))
}

// loadHint says what to do about a pair of files that the camera does not load.
func loadHint(exception error, certFile, keyFile string) string {
	switch {
	case errors.Is(exception, micropython.ErrInvalidKey):
		if isPEM(keyFile) {
			return fmt.Sprintf("%s is PEM, and this firmware reads DER only: openssl pkey -in %s -outform DER -out server.key.der", keyFile, keyFile)
		}
		return fmt.Sprintf("%s is no unencrypted EC or RSA key in PKCS#8, SEC1 or PKCS#1 DER (the key is read first: are the files swapped?)",
			keyFile)
	case errors.Is(exception, micropython.ErrInvalidCert):
		if isPEM(certFile) {
			return fmt.Sprintf("%s is PEM, and this firmware reads DER only: openssl x509 -in %s -outform DER -out server.der", certFile, certFile)
		}
		return fmt.Sprintf("%s is no X.509 certificate in DER that Mbed TLS accepts", certFile)
	}
	return fmt.Sprintf("the camera could not read %s or %s", certFile, keyFile)
}

func isPEM(path string) bool {
	data, err := inputfile.Read(path, inputfile.Small)
	return err == nil && bytes.Contains(data, []byte("-----BEGIN"))
}
