package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// boundary separates the frames that viewers get.
const boundary = "leafcam-frame"

const (
	maxFrame    = 8 << 20                // octets
	retry       = 250 * time.Millisecond // between two tries to reach it
	retryWithin = 5 * time.Second        // one try
	linger      = 2 * time.Second        // a stream goes on without viewers: a page may be reloaded
)

// A frame is one part of a stream as viewers get it, boundary and headers included. All viewers
// share it.
type frame []byte

// hub fans one stream of the camera out.
type hub struct {
	upstream *upstream
	key      string
	request  *http.Request // with which the stream is asked for again
	header   http.Header

	mu      sync.Mutex
	viewed  map[*viewer]bool
	ended   error         // nil while it runs
	done    chan struct{} // closed when it has ended
	changed chan struct{} // signals that a viewer came or went
}

func newHub(u *upstream, key string, r *http.Request, header http.Header) *hub {
	header = header.Clone()
	header.Del("Content-Length")
	header.Set("Content-Type", "multipart/x-mixed-replace; boundary="+boundary)
	header.Set("Cache-Control", "no-store")
	return &hub{
		upstream: u, key: key, request: r.Clone(context.WithoutCancel(r.Context())), header: header,
		viewed: map[*viewer]bool{}, done: make(chan struct{}), changed: make(chan struct{}, 1),
	}
}

// join adds a viewer and returns the answer for it; nil when the stream has ended.
func (h *hub) join(r *http.Request) *http.Response {
	v := &viewer{hub: h, ctx: left(r), next: make(chan frame, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended != nil {
		return nil
	}
	h.viewed[v] = true
	h.signal()
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h.header.Clone(), Body: v, ContentLength: -1, Request: r,
	}
}

func (h *hub) leave(v *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.viewed, v)
	h.signal()
}

func (h *hub) signal() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.viewed)
}

// show hands a frame to every viewer; who has not taken the one before gets this one instead.
func (h *hub) show(f frame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for v := range h.viewed {
		select {
		case <-v.next:
		default:
		}
		v.next <- f
	}
}

// run reads the stream, and asks the camera again when it breaks off, until nobody views it or the
// camera was away for too long. response is the answer that is there already.
func (h *hub) run(ctx context.Context, response *http.Response, mark string) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		cancel(h.unwatched(ctx))
	}()
	log := h.upstream.log.With("stream", h.key)
	log.Info("stream begins")
	lost := time.Time{}
	for {
		frames, err := h.read(ctx, response, mark)
		if frames > 0 || lost.IsZero() {
			lost = time.Now()
		}
		if ctx.Err() != nil {
			break
		}
		log.Warn("stream broke off: the camera is asked again", "error", err.Error(), "viewers", h.count())
		if response, mark = h.again(ctx, lost); response == nil {
			break
		}
		log.Info("stream goes on", "away", time.Since(lost).Round(time.Millisecond).String())
	}
	reason := context.Cause(ctx)
	if reason == nil {
		reason = fmt.Errorf("the camera was away for %s", h.upstream.patience)
		cancel(reason)
	}
	<-watched
	h.end(reason)
	log.Info("stream ends", "reason", reason.Error())
}

func (h *hub) end(reason error) {
	h.upstream.forget(h)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = reason
	close(h.done)
}

// errUnwatched is why a stream ends that nobody views.
var errUnwatched = errors.New("nobody views it any more")

// unwatched returns once nobody has viewed the stream for a while, or the gateway stops. From
// then on nobody can join.
func (h *hub) unwatched(ctx context.Context) error {
	for {
		var alone <-chan time.Time
		if h.count() == 0 {
			alone = time.After(linger)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.upstream.stopped:
			return errStopped
		case <-h.changed:
		case <-alone:
			if h.abandon() {
				return errUnwatched
			}
		}
	}
}

// abandon lets nobody join any more, if nobody is there.
func (h *hub) abandon() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.viewed) > 0 {
		return false
	}
	h.ended = errUnwatched
	return true
}

// again asks the camera for the stream until it has it, or patience ends.
func (h *hub) again(ctx context.Context, lost time.Time) (*http.Response, string) {
	for time.Since(lost) < h.upstream.patience {
		select {
		case <-ctx.Done():
			return nil, ""
		case <-time.After(retry):
		}
		try, cancel := context.WithCancel(ctx)
		timer := time.AfterFunc(retryWithin, cancel)
		response, err := h.upstream.ask(h.request.Clone(try))
		if !timer.Stop() || err != nil {
			if err == nil {
				_ = response.Body.Close()
			}
			cancel()
			continue
		}
		if mark := streamBoundary(response); mark != "" {
			response.Body = &closing{response.Body, cancel}
			return response, mark
		}
		_ = response.Body.Close()
		cancel()
	}
	return nil, ""
}

// read shows the frames of one answer until it ends.
func (h *hub) read(ctx context.Context, response *http.Response, mark string) (frames int, err error) {
	// Closing the body is what ends a read.
	closeBody := sync.OnceFunc(func() { _ = response.Body.Close() })
	defer closeBody()
	stop := context.AfterFunc(ctx, closeBody)
	defer stop()
	parts := multipart.NewReader(response.Body, mark)
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return frames, err
		}
		f, err := readFrame(part)
		if err != nil {
			return frames, err
		}
		frames++
		h.show(f)
	}
}

// readFrame reads one part and makes it a frame. With a length it is there as soon as its last
// octet is; without one, when the next one begins.
func readFrame(part *multipart.Part) (frame, error) {
	var content []byte
	var err error
	if length, bad := strconv.Atoi(part.Header.Get("Content-Length")); bad == nil {
		if length < 0 || length > maxFrame {
			return nil, fmt.Errorf("a frame of %d octets", length)
		}
		content = make([]byte, length)
		_, err = io.ReadFull(part, content)
	} else {
		content, err = io.ReadAll(io.LimitReader(part, maxFrame+1))
		if len(content) > maxFrame {
			return nil, fmt.Errorf("a frame of more than %d octets", maxFrame)
		}
	}
	if err != nil {
		return nil, err
	}
	var f bytes.Buffer
	fmt.Fprintf(&f, "--%s\r\n", boundary)
	part.Header.Set("Content-Length", strconv.Itoa(len(content)))
	if err := http.Header(part.Header).Write(&f); err != nil {
		return nil, err
	}
	f.WriteString("\r\n")
	f.Write(content)
	f.WriteString("\r\n")
	return f.Bytes(), nil
}

// viewer is the body of one viewer's answer.
type viewer struct {
	hub  *hub
	ctx  context.Context
	next chan frame // the newest that was not taken yet
	rest frame      // of the one that is being read
	over bool       // the last boundary was sent
}

// Read waits for the next frame.
func (v *viewer) Read(p []byte) (int, error) {
	if len(v.rest) == 0 {
		select {
		case v.rest = <-v.next:
		case <-v.ctx.Done():
			return 0, v.ctx.Err()
		case <-v.hub.done:
			if !errors.Is(v.hub.ended, errStopped) {
				return 0, v.hub.ended
			}
			if v.over {
				return 0, io.EOF
			}
			v.rest, v.over = frame("--"+boundary+"--\r\n"), true
		}
	}
	n := copy(p, v.rest)
	v.rest = v.rest[n:]
	return n, nil
}

// Close takes the viewer out.
func (v *viewer) Close() error {
	v.hub.leave(v)
	return nil
}
