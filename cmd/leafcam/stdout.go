package main

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// A standardOutput is standard output that remembers its first error. Commands print tables with many small
// writes: what comes of them is asked once, at the end.
type standardOutput struct {
	out io.Writer

	mu  sync.Mutex
	err error
}

// Write writes, unless that has failed before: what follows a gap would look like the whole.
func (s *standardOutput) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.out.Write(p)
	s.err = err
	return n, err
}

// failed returns the error of an output that is not whole: the disk is full, or the reader is gone.
func (s *standardOutput) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		return nil
	}
	return environment(fmt.Errorf("the output is not whole: %w", s.err))
}

// fileOf returns the file that is written to, if it is one.
func fileOf(w io.Writer) (*os.File, bool) {
	if s, ok := w.(*standardOutput); ok {
		w = s.out
	}
	f, ok := w.(*os.File)
	return f, ok
}
