package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// A request's body is read before a connection to the camera is taken: up to this many octets. What
// is longer streams through. Whoever sends nothing, or sends slowly, keeps nobody else waiting but
// himself.
const spooled = 256 << 10

// How fast a body has to come.
const (
	bodySilence = 10 * time.Second // without an octet
	bodyGrace   = 10 * time.Second // before the rate counts
	bodyRate    = 4 << 10          // octets a second, from the beginning on
	bodyTotal   = 30 * time.Minute // however long it is
	bodyRest    = time.Second      // for what is left of it when the answer is there
)

// Why a request was not passed on.
var (
	errSlowBody = errors.New("the request's body comes too slowly")
	errBadBody  = errors.New("the request's body cannot be read")
)

// bodyFailed reports whether an error is of a request's body, and so the viewer's.
func bodyFailed(err error) bool {
	var tooLarge *http.MaxBytesError
	return errors.Is(err, errSlowBody) || errors.Is(err, errBadBody) || errors.As(err, &tooLarge)
}

// steady is a body that has to keep coming.
type steady struct {
	io.ReadCloser
	control *http.ResponseController
	began   time.Time
	octets  int64

	mu   sync.Mutex
	over bool // the handler has returned, and with it control's connection
	slow bool // it was too slow
}

// end is called before the handler returns. The connection to the camera may try to read on for a
// moment: an answer can come before the body has.
func (s *steady) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over = true; !s.slow { // the deadline has passed, and the server reads no more
		leave(s.control)
	}
}

// leave leaves the rest of a body to the server, which reads some of it before it sends an answer: it must
// not wait for what never comes.
func leave(control *http.ResponseController) {
	_ = control.SetReadDeadline(time.Now().Add(bodyRest))
}

// expect sets until when the next octet has to come. It is not ok once the handler has returned.
func (s *steady) expect(deadline time.Time) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		_ = s.control.SetReadDeadline(deadline)
	}
	return !s.over
}

// Read fails with errSlowBody when nothing comes for too long, or too little, and with errBadBody when
// what comes cannot be read.
func (s *steady) Read(p []byte) (int, error) {
	atRate := s.began.Add(bodyGrace + time.Duration(s.octets)*time.Second/bodyRate)
	deadline := time.Now().Add(bodySilence)
	for _, other := range []time.Time{atRate, s.began.Add(bodyTotal)} {
		if other.Before(deadline) {
			deadline = other
		}
	}
	if !s.expect(deadline) {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := s.ReadCloser.Read(p)
	s.octets += int64(n)
	if err == nil {
		return n, nil
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.slow = true
		return n, errSlowBody
	case errors.Is(err, io.EOF):
		s.expect(time.Time{})
		return n, err
	case bodyFailed(err):
		return n, err
	}
	return n, fmt.Errorf("%w: %w", errBadBody, err)
}

// spool reads the beginning of a request's body, and puts it before the rest. end has to be called before
// the handler returns.
func spool(w http.ResponseWriter, r *http.Request, limit int64) (end func(), err error) {
	if r.ContentLength == 0 || r.Body == http.NoBody {
		return func() {}, nil
	}
	if r.ContentLength > limit {
		return func() { leave(http.NewResponseController(w)) }, &http.MaxBytesError{Limit: limit}
	}
	body := &steady{ReadCloser: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w), began: time.Now()}
	begin, err := io.ReadAll(io.LimitReader(body, spooled))
	if err != nil {
		return body.end, err
	}
	if len(begin) < spooled { // it is all there: the camera is told how long it is
		_ = body.Close()
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(begin)), int64(len(begin)), nil
		if len(begin) == 0 {
			r.Body = http.NoBody
		}
		return body.end, nil
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begin), body), body}
	return body.end, nil
}
