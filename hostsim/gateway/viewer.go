package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// viewer is the body of one viewer's answer.
type viewer struct {
	hub     *hub
	ctx     context.Context // ends when the viewer leaves
	request *http.Request
	news    chan struct{} // signals that next is another one, or that the viewer was dropped
	over    bool          // the last boundary was sent

	// Under the hub's lock.
	next    *frame // the newest that was not taken yet
	current *frame // the one that is being read
	rest    []byte // of it
	dropped error  // why the viewer gets no more
}

// Read waits for the next frame.
func (v *viewer) Read(p []byte) (int, error) {
	for {
		if n, err := v.take(p); n > 0 || err != nil {
			return n, err
		}
		select {
		case <-v.news:
		case <-v.ctx.Done():
			return 0, v.ctx.Err()
		case <-v.hub.done:
			if !errors.Is(v.hub.ended, errStopped) {
				return 0, v.hub.ended
			}
			if v.over {
				return 0, io.EOF
			}
			v.over = true
			return copy(p, "--"+boundary+"--\r\n"), nil
		}
	}
}

// take reads from the frame that is there; n is 0 where there is none. A frame is given up as soon as
// its last octet is taken.
func (v *viewer) take(p []byte) (n int, err error) {
	v.hub.mu.Lock()
	defer v.hub.mu.Unlock()
	if v.dropped != nil {
		return 0, v.dropped
	}
	if v.current == nil && v.next != nil {
		v.current, v.rest, v.next = v.next, v.next.octets, nil
	}
	n = copy(p, v.rest)
	if v.rest = v.rest[n:]; len(v.rest) == 0 {
		v.current, v.rest = nil, nil
	}
	return n, nil
}

// drop gives up what the viewer holds. The caller holds the hub's lock.
func (v *viewer) drop(reason error) {
	v.current, v.rest, v.next, v.dropped = nil, nil, nil, reason
	select {
	case v.news <- struct{}{}:
	default:
	}
}

// Close takes the viewer out.
func (v *viewer) Close() error {
	v.hub.leave(v)
	return nil
}
