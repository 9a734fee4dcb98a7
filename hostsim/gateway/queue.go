package gateway

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// What a request without a connection to the camera gets.
var (
	errBusy = errors.New("all connections to the camera are taken")
	errFull = errors.New("too many requests wait for a connection to the camera")
)

// Bounds of the queue.
const (
	maxWaiting      = 128 // requests in all
	maxWaitingAlike = 32  // of one viewer's address for one path
)

// queue hands out the connections to the camera. Who waits is served in turns: one request of each
// viewer and path, then the next of each.
type queue struct {
	mu      sync.Mutex
	free    int
	size    int
	waiting map[string][]*waiter // by viewer and path
	turns   []string             // keys of waiting, the next one first
	count   int
}

// waiter is a request in the queue.
type waiter struct{ given chan struct{} }

func newQueue(size int) *queue {
	return &queue{free: size, size: size, waiting: map[string][]*waiter{}}
}

// taken returns how many connections are given out.
func (q *queue) taken() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size - q.free
}

// acquire waits for a connection, until a limit, or until one of the contexts or stopped ends.
func (q *queue) acquire(ctx, left context.Context, key string, limit time.Duration, stopped <-chan struct{}) error {
	if err := cmp.Or(ctx.Err(), left.Err()); err != nil {
		return err
	}
	w, err := q.enter(key)
	if w == nil {
		return err
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-w.given:
		return nil
	case <-timer.C:
		err = errBusy
	case <-stopped:
		err = errStopped
	case <-ctx.Done():
		err = ctx.Err()
	case <-left.Done():
		err = left.Err()
	}
	q.leave(key, w)
	return err
}

// take takes a connection if one is free, which is when nobody waits.
func (q *queue) take() (taken bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free == 0 {
		return false
	}
	q.free--
	return true
}

// enter takes a free connection, or a place in the queue: then w is not nil.
func (q *queue) enter(key string) (w *waiter, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free > 0 {
		q.free--
		return nil, nil
	}
	if q.count == maxWaiting || len(q.waiting[key]) == maxWaitingAlike {
		return nil, errFull
	}
	w = &waiter{make(chan struct{})}
	if len(q.waiting[key]) == 0 {
		q.turns = append(q.turns, key)
	}
	q.waiting[key] = append(q.waiting[key], w)
	q.count++
	return w, nil
}

// leave gives a place up, and the connection that was given meanwhile.
func (q *queue) leave(key string, w *waiter) {
	q.mu.Lock()
	i := slices.Index(q.waiting[key], w)
	if i >= 0 {
		q.remove(key, i)
	}
	q.mu.Unlock()
	if i < 0 {
		q.release()
	}
}

// release gives a connection back, or to who is next.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.turns) == 0 {
		q.free++
		return
	}
	key := q.turns[0]
	w := q.waiting[key][0]
	q.remove(key, 0)
	if len(q.waiting[key]) > 0 {
		q.turns = append(q.turns[1:], key)
	}
	close(w.given)
}

// remove takes a waiter out, and its key when it was the last one.
func (q *queue) remove(key string, i int) {
	q.count--
	if q.waiting[key] = slices.Delete(q.waiting[key], i, i+1); len(q.waiting[key]) == 0 {
		delete(q.waiting, key)
		q.turns = slices.DeleteFunc(q.turns, func(k string) bool { return k == key })
	}
}
