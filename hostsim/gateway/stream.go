package gateway

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
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
type frame struct {
	octets []byte
	number uint64 // of the stream
}

// hub fans one stream of the camera out.
type hub struct {
	upstream *upstream
	key      string      // sharedBy
	varies   []string    // names of headers that viewers have in common besides
	header   http.Header // of the camera's answer to the first one

	// place is the stream's as long as it is viewed, the camera's absence included: those who wait
	// for one come after those who watch.
	place *place

	mu      sync.Mutex
	request *http.Request // of a viewer: with it the stream is asked for again
	viewed  map[*viewer]bool
	number  uint64        // of the newest frame
	ended   error         // nil while it runs
	done    chan struct{} // closed when it has ended
	changed chan struct{} // signals that a viewer came or went
}

func newHub(u *upstream, key string, r *http.Request, header http.Header, varies []string) *hub {
	header = header.Clone()
	header.Del("Content-Length")
	return &hub{
		upstream: u, key: key, varies: varies, request: outliving(r), header: header,
		viewed: map[*viewer]bool{}, done: make(chan struct{}), changed: make(chan struct{}, 1),
	}
}

// outliving returns a viewer's request that does not end with the viewer.
func outliving(r *http.Request) *http.Request { return r.Clone(context.WithoutCancel(r.Context())) }

// join adds a viewer and returns the answer for it, with these headers; nil when the stream has ended.
func (h *hub) join(r *http.Request, header http.Header) *http.Response {
	v := &viewer{hub: h, ctx: left(r), request: r, news: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended != nil {
		return nil
	}
	h.viewed[v] = true
	h.signal()
	header = header.Clone()
	header.Set("Content-Type", "multipart/x-mixed-replace; boundary="+boundary)
	header.Set("Cache-Control", "no-store")
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: v, ContentLength: -1, Request: r,
	}
}

func (h *hub) leave(v *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.viewed, v)
	v.drop(context.Canceled)
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

// suits reports whether the camera would answer a request as it answered those who view the stream.
func (h *hub) suits(r *http.Request) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return alike(h.request, r, h.varies)
}

// asking returns the request with which the stream is asked for again: that of someone who views it.
func (h *hub) asking() *http.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	for v := range h.viewed {
		h.request = outliving(v.request)
		break
	}
	return h.request
}

// show hands a frame to every viewer; who has not taken the one before gets this one instead.
func (h *hub) show(octets []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.number++
	f := &frame{octets, h.number}
	h.makeRoom(int64(len(octets)))
	for v := range h.viewed {
		v.next = f
		select {
		case v.news <- struct{}{}:
		default:
		}
	}
}

// makeRoom drops viewers until the frames that are held leave room for one more: first those that are
// at the oldest frame.
func (h *hub) makeRoom(octets int64) {
	held := map[*frame]int64{}
	for v := range h.viewed {
		if v.current != nil {
			held[v.current] = int64(len(v.current.octets))
		}
	}
	total := octets
	for _, size := range held {
		total += size
	}
	for total > h.upstream.memory && len(held) > 0 {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(held)), func(a, b *frame) int { return cmp.Compare(a.number, b.number) })
		total -= held[oldest]
		delete(held, oldest)
		for v := range h.viewed {
			if v.current == oldest {
				delete(h.viewed, v)
				v.drop(errTooSlow)
			}
		}
	}
}

// run reads the stream, and asks the camera again when it breaks off, until nobody views it or the
// camera was away for too long. response is the answer that is there already.
func (h *hub) run(ctx context.Context, response *http.Response, mark string) {
	defer h.place.letGo()
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
		h.upstream.counts.asked(err)
		log.Warn("stream broke off: the camera is asked again", "error", err.Error(), "viewers", h.count())
		var refused error
		if response, mark, refused = h.again(ctx, lost); refused != nil {
			cancel(refused)
		}
		if response == nil {
			break
		}
		h.upstream.counts.restarts.Add(1)
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

// Why a stream ends, for one viewer or for all.
var (
	errUnwatched = errors.New("it has no viewer any more")
	errRefused   = errors.New("the camera demands a login that its viewers do not have")
	errOthers    = errors.New("the camera's new answer is for others than those who view the stream")
	errTooSlow   = errors.New("the viewer takes too slowly, and others need the memory")
)

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

// again asks the camera for the stream until it has it, or patience ends. A camera that demands a login
// has ended the stream for those who view it: the error is errRefused. One whose new answer is not for all of
// them has ended it, too, with errOthers: each viewer asks for himself.
func (h *hub) again(ctx context.Context, lost time.Time) (*http.Response, string, error) {
	for time.Since(lost) < h.upstream.patience {
		select {
		case <-ctx.Done():
			return nil, "", nil
		case <-time.After(retry):
		}
		try, cancel := context.WithCancel(ctx)
		timer := time.AfterFunc(retryWithin, cancel)
		h.place.hold()
		response, err := h.upstream.send(h.asking().Clone(try), h.place)
		if !timer.Stop() || err != nil {
			if err == nil {
				_ = response.Body.Close()
			}
			cancel()
			continue
		}
		mark := streamBoundary(response)
		names, shared := varies(response.Header)
		if mark != "" && shared && slices.Equal(names, h.varies) {
			response.Body = &closing{response.Body, cancel}
			return response, mark, nil
		}
		_ = response.Body.Close()
		cancel()
		switch {
		case mark != "":
			return nil, "", errOthers
		case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
			return nil, "", errRefused
		}
	}
	return nil, "", nil
}

// read shows the frames of one answer until it ends.
func (h *hub) read(ctx context.Context, response *http.Response, mark string) (frames int, err error) {
	// Closing the body is what ends a read.
	closeBody := sync.OnceFunc(func() { _ = response.Body.Close() })
	defer closeBody()
	stop := context.AfterFunc(ctx, closeBody)
	defer stop()
	// Octets of which no frame comes are as good as none.
	silence := time.AfterFunc(h.upstream.stall, closeBody)
	defer silence.Stop()
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
		silence.Reset(h.upstream.stall)
		h.show(f)
		h.upstream.counts.frame()
	}
}

// readFrame reads one part and makes it a frame. With a length it is there as soon as its last
// octet is; without one, when the next one begins.
func readFrame(part *multipart.Part) ([]byte, error) {
	if length, bad := strconv.Atoi(part.Header.Get("Content-Length")); bad == nil {
		if length < 0 || length > maxFrame {
			return nil, fmt.Errorf("a frame of %d octets", length)
		}
		f := begin(part.Header, length)
		if _, err := io.CopyN(f, part, int64(length)); errors.Is(err, io.EOF) {
			return nil, io.ErrUnexpectedEOF
		} else if err != nil {
			return nil, err
		}
		f.WriteString("\r\n")
		return f.Bytes(), nil
	}
	content, err := io.ReadAll(io.LimitReader(part, maxFrame+1))
	switch {
	case err != nil:
		return nil, err
	case len(content) > maxFrame:
		return nil, fmt.Errorf("a frame of more than %d octets", maxFrame)
	}
	f := begin(part.Header, len(content))
	f.Write(content)
	f.WriteString("\r\n")
	return f.Bytes(), nil
}

// begin returns a buffer with what stands before a frame's content.
func begin(header textproto.MIMEHeader, length int) *bytes.Buffer {
	f := &bytes.Buffer{}
	fmt.Fprintf(f, "--%s\r\n", boundary)
	header.Set("Content-Length", strconv.Itoa(length))
	_ = http.Header(header).Write(f) // a buffer takes everything
	f.WriteString("\r\n")
	f.Grow(length + len("\r\n"))
	return f
}
