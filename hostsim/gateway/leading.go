package gateway

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// leading is a request whose answer decides for those who ask for the same.
type leading struct {
	known chan struct{} // closed when it is there
	alone bool          // it is no stream, or is shared with nobody
	err   error         // why the camera did not answer
}

// RoundTrip answers from a stream that is there already, or asks the camera.
func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	key, ok := sharedBy(r)
	if !ok {
		response, _, err := u.ask(r, left(r))
		return response, err
	}
	limit := time.NewTimer(u.wait + u.stall)
	defer limit.Stop()
	for {
		u.mu.Lock()
		if response := u.join(key, r); response != nil {
			u.mu.Unlock()
			return response, nil
		}
		// Whoever asks for the same waits until it is known whether that is a stream.
		ahead := u.leading[key]
		if ahead == nil {
			ahead = &leading{known: make(chan struct{})}
			u.leading[key] = ahead
			u.mu.Unlock()
			return u.lead(r, key, ahead)
		}
		page := u.pages.has(key)
		u.mu.Unlock()
		// What was a page the last time is most likely one again: where a connection is free, nothing is lost by asking.
		if page && left(r).Err() == nil && u.queue.take() {
			return u.beside(r, key)
		}
		select {
		case <-ahead.known:
		case <-limit.C:
			return nil, errBusy
		case <-left(r).Done():
			return nil, left(r).Err()
		case <-u.stopped:
			return nil, errStopped
		}
		switch {
		case ahead.err != nil:
			return nil, ahead.err
		case ahead.alone:
			response, _, err := u.ask(r, left(r))
			return response, err
		}
	}
}

// join lets a request share a stream; nil when there is none for it. The caller holds u.mu.
func (u *upstream) join(key string, r *http.Request) *http.Response {
	for _, h := range u.hubs[key] {
		if h.suits(r) {
			if response := h.join(r, sharedHeader(h.header)); response != nil {
				return response
			}
		}
	}
	return nil
}

// lead asks the camera for what nobody streams yet.
func (u *upstream) lead(r *http.Request, key string, answer *leading) (*http.Response, error) {
	defer func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.leading, key)
		close(answer.known)
	}()
	o := outlive(r)
	response, taken, err := u.ask(o.request, left(r))
	if err != nil {
		o.cancel()
		if left(r).Err() == nil { // it is the camera's failure, and everybody's
			answer.err = err
			u.notePage(key, false)
		}
		return nil, err
	}
	response, answer.alone, err = u.share(o, key, response, taken)
	return response, err
}

// beside asks the camera while another request leads, over a connection that was taken.
func (u *upstream) beside(r *http.Request, key string) (*http.Response, error) {
	o := outlive(r)
	taken := newPlace(u.queue.release)
	response, err := u.send(o.request, taken)
	if err != nil {
		o.cancel()
		if left(r).Err() == nil {
			u.notePage(key, false)
		}
		return nil, err
	}
	response, _, err = u.share(o, key, response, taken)
	return response, err
}

// notePage notes whether the camera answered with a page.
func (u *upstream) notePage(key string, page bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pages.note(key, page)
}

// outlived is a viewer's request whose answer may outlive the viewer: a stream goes on for those who came later.
type outlived struct {
	viewer  *http.Request
	request *http.Request   // to the camera
	ctx     context.Context // of request
	cancel  context.CancelFunc
	stop    func() bool // keeps the request from ending with the viewer's
}

func outlive(r *http.Request) *outlived {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	return &outlived{r, r.Clone(ctx), ctx, cancel, context.AfterFunc(r.Context(), cancel)}
}

// share begins to share the camera's answer, if it is a stream that is to be shared. Otherwise the answer is for its
// viewer alone. Where others share such a stream already, the viewer joins them, and the answer's connection is
// given back.
func (u *upstream) share(o *outlived, key string, response *http.Response, taken *place) (shown *http.Response, alone bool, err error) {
	boundary := streamBoundary(response)
	names, shared := varies(response.Header)
	if boundary == "" || !shared {
		u.notePage(key, boundary == "" && response.StatusCode == http.StatusOK)
		response.Body = &closing{response.Body, o.cancel}
		return response, true, nil
	}
	if !o.stop() || !taken.hold() { // the viewer left meanwhile, or the camera fell silent
		o.cancel()
		_ = response.Body.Close()
		return nil, false, context.Canceled
	}
	h := newHub(u, key, o.viewer, response.Header, names)
	h.place = taken
	u.mu.Lock()
	u.pages.note(key, false)
	if first := u.joinOther(h, o.viewer); first != nil {
		u.mu.Unlock()
		o.cancel()
		_ = response.Body.Close()
		taken.letGo()
		return first, false, nil
	}
	first := h.join(o.viewer, h.header)
	u.hubs[key] = append(u.hubs[key], h)
	u.mu.Unlock()
	u.running.Go(func() {
		defer o.cancel()
		h.run(o.ctx, response, boundary)
	})
	return first, false, nil
}

// joinOther lets a request that was answered with a stream share one that is the same and came first, under the
// headers of its own answer; nil when there is none. The caller holds u.mu.
func (u *upstream) joinOther(h *hub, r *http.Request) *http.Response {
	for _, other := range u.hubs[h.key] {
		if slices.Equal(other.varies, h.varies) && other.suits(r) {
			if response := other.join(r, h.header); response != nil {
				return response
			}
		}
	}
	return nil
}
