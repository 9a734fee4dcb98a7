package main

import (
	"fmt"
	"io"
	"sync"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/internal/printable"
)

// A statusLine is the last line of a terminal, which says what is under way. Elsewhere nothing is written.
type statusLine struct {
	mu    sync.Mutex
	w     io.Writer
	width int // 0: no terminal
	shown bool
}

func newStatusLine(w io.Writer) *statusLine {
	s := &statusLine{w: w}
	if isTerminal(w) {
		s.width = tableOptions(w).Width
	}
	return s
}

// set shows a text, cut to the terminal's width so that it never wraps.
func (s *statusLine) set(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.width < 2 {
		return
	}
	fmt.Fprintf(s.w, "\r\x1b[K%s", text.Trim(printable.Visible(what), s.width-1))
	s.shown = true
}

// clear takes the text away.
func (s *statusLine) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown {
		fmt.Fprint(s.w, "\r\x1b[K")
		s.shown = false
	}
}
