package main

import (
	"bytes"
	"strings"
	"sync"
)

// watched is an output that tells when it has a text.
type watched struct {
	until string
	found chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
	once sync.Once
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.text.Write(p)
	if strings.Contains(w.text.String(), w.until) {
		w.once.Do(func() { close(w.found) })
	}
	return n, err
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
