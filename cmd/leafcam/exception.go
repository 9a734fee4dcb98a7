package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/term"

	"github.com/leafcam/leafcam/internal/inputfile"
	"github.com/leafcam/leafcam/internal/printable"
)

// exceptionError is an exception of the camera that ends the command. It prints as
// the last line of MicroPython's traceback, alone on its line so that it can be compared;
// what it comes from and what mends it follows, a line each.
type exceptionError struct {
	exception error
	hints     []string
}

func (e *exceptionError) Error() string { return e.exception.Error() }
func (e *exceptionError) Unwrap() error { return e.exception }

func (e *exceptionError) print(w io.Writer) {
	fmt.Fprintln(w, e.exception)
	for _, hint := range e.hints {
		fmt.Fprintln(w, "leafcam: "+printable.Visible(hint))
	}
}

// raised is the error for an exception that ends a command. What no camera has in its place, such as
// a pipe, is a mistake of whoever named it.
func raised(exception error, hints ...string) error {
	var file *fs.PathError
	if errors.As(exception, &file) && (errors.Is(file, inputfile.ErrNotRegular) || errors.Is(file, inputfile.ErrTooLarge)) {
		return usage(file)
	}
	return &statusError{exitFindings, &exceptionError{exception, hints}}
}

// isTerminal reports whether somebody looks at what is written.
func isTerminal(w io.Writer) bool {
	f, ok := fileOf(w)
	return ok && term.IsTerminal(int(f.Fd()))
}
