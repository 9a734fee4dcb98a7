// Package lossy writes for readers that may be slow, stand still or go away, and never waits for them.
// Start with [New].
package lossy

import (
	"io"
	"sync"
	"time"
)

// A Writer passes on what is written to it, in the same pieces. A piece for which there is no room is
// left out, and counted.
type Writer struct {
	out     io.Writer
	room    int
	gap     func(left int) []byte
	gone    chan struct{} // closed when the reader is
	drained chan struct{} // closed when everything was passed on after Close

	mu     sync.Mutex
	more   *sync.Cond
	pieces [][]byte
	size   int // of pieces, octets
	left   int // pieces left out since the last one that was kept
	closed bool
	err    error
}

// New returns a writer that keeps so many octets for a slow reader. gap makes the piece that stands for
// those that were left out. The program may have to ignore SIGPIPE to hear of a reader that is gone.
func New(out io.Writer, room int, gap func(left int) []byte) *Writer {
	w := &Writer{out: out, room: room, gap: gap, gone: make(chan struct{}), drained: make(chan struct{})}
	w.more = sync.NewCond(&w.mu)
	go w.run()
	return w
}

// Write takes one piece, and returns at once. The error is that of the reader who is gone.
func (w *Writer) Write(piece []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	if w.left > 0 && w.size+len(piece) <= w.room/2 { // there is room again, and for more than this
		w.keep(w.gap(w.left))
		w.left = 0
	}
	if w.left > 0 || w.size+len(piece) > w.room {
		w.left++
		return len(piece), nil
	}
	w.keep(append([]byte(nil), piece...))
	return len(piece), nil
}

// keep adds a piece. The caller holds the lock.
func (w *Writer) keep(piece []byte) {
	w.pieces = append(w.pieces, piece)
	w.size += len(piece)
	w.more.Signal()
}

// run passes pieces on.
func (w *Writer) run() {
	defer close(w.drained)
	for {
		piece, ok := w.next()
		if !ok {
			return
		}
		_, err := w.out.Write(piece)
		w.mu.Lock()
		w.size -= len(piece)
		if err != nil {
			w.err, w.pieces = err, nil
			close(w.gone)
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
	}
}

// next waits for a piece; ok is false when there are no more.
func (w *Writer) next() (piece []byte, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pieces) == 0 {
		if w.left > 0 { // the reader has caught up
			w.keep(w.gap(w.left))
			w.left = 0
			break
		}
		if w.closed {
			return nil, false
		}
		w.more.Wait()
	}
	piece, w.pieces = w.pieces[0], w.pieces[1:]
	return piece, true
}

// Gone is closed when the reader is gone; Err tells how.
func (w *Writer) Gone() <-chan struct{} { return w.gone }

// Drained reports whether everything was passed on after Close, or the reader is gone.
func (w *Writer) Drained() bool {
	select {
	case <-w.drained:
		return true
	default:
		return false
	}
}

// Err returns why nothing is passed on any more, or nil.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close passes on what is there, for as long as it may, and returns Err. A reader that stands still
// holds on to the goroutine that writes.
func (w *Writer) Close(limit time.Duration) error {
	w.mu.Lock()
	w.closed = true
	w.more.Signal()
	w.mu.Unlock()
	select {
	case <-w.drained:
	case <-time.After(limit):
	}
	return w.Err()
}
