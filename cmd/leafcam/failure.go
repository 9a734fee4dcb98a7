package main

import (
	"context"
	"errors"
	"io"

	"github.com/leafcam/leafcam/hostsim/asclient"
)

// A failure is how a command ended that has nothing else to print, in JSON.
type failure struct {
	Format    int      `json:"format"`
	Status    int      `json:"status"`    // the exit status
	Error     string   `json:"error"`     // in plain words
	Exception string   `json:"exception"` // of the camera, with its line ends; "" for none
	Hints     []string `json:"hints"`
}

// alsoInJSON runs a command. Where JSON is wanted and it fails before it has printed anything, its error is printed as JSON.
func alsoInJSON(wanted bool, out io.Writer, command func(out io.Writer) error) error {
	if !wanted {
		return command(out)
	}
	noted := &notedWriter{Writer: out}
	err := command(noted)
	if err == nil || noted.written || errors.Is(err, context.Canceled) {
		return err
	}
	said := failure{Format: outputFormat, Status: exitUsage, Error: err.Error(), Hints: []string{}}
	var status *statusError
	if errors.As(err, &status) {
		said.Status = status.status
	}
	var exception *exceptionError
	if errors.As(err, &exception) {
		said.Error, said.Exception = asclient.OneLine(exception.exception), exception.Error()
		said.Hints = append(said.Hints, exception.hints...)
	}
	if wrong := writeJSON(out, said); wrong != nil {
		return environment(wrong)
	}
	return err
}

// A notedWriter remembers whether something was written.
type notedWriter struct {
	io.Writer
	written bool
}

func (w *notedWriter) Write(p []byte) (int, error) {
	w.written = true
	return w.Writer.Write(p)
}
