package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
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

// raised is the error for an exception that ends a command.
func raised(exception error, hint string) error {
	return &statusError{exitFindings, &exceptionError{exception, hint}}
}

// isTerminal tells whether somebody looks at what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// loadHint says what to do about a pair of files that the camera does not load.
func loadHint(exception error, certFile, keyFile string) string {
	switch exception.Error() {
	case "ValueError: invalid key":
		if isPEM(keyFile) {
			return fmt.Sprintf("%s is PEM, and this firmware reads DER only: openssl pkey -in %s -outform DER -out server.key.der", keyFile, keyFile)
		}
		return fmt.Sprintf("%s is no unencrypted EC or RSA key in PKCS#8, SEC1 or PKCS#1 DER (the key is read first: are the files swapped?)", keyFile)
	case "ValueError: invalid cert":
		if isPEM(certFile) {
			return fmt.Sprintf("%s is PEM, and this firmware reads DER only: openssl x509 -in %s -outform DER -out server.der", certFile, certFile)
		}
		return fmt.Sprintf("%s is no X.509 certificate in DER that Mbed TLS accepts", certFile)
	}
	return fmt.Sprintf("the camera could not read %s or %s", certFile, keyFile)
}

func isPEM(path string) bool {
	data, err := os.ReadFile(path)
	return err == nil && bytes.Contains(data, []byte("-----BEGIN"))
}
