package gateway

import "sync"

// copied is how much of an answer is passed on at a time, in octets.
const copied = 32 << 10

// buffers are what answers are passed on through. One that an answer has done with serves the next.
type buffers struct{ pool sync.Pool }

// Get returns a buffer.
func (b *buffers) Get() []byte {
	if held, ok := b.pool.Get().(*[copied]byte); ok {
		return held[:]
	}
	return new([copied]byte)[:]
}

// Put takes it back.
func (b *buffers) Put(buffer []byte) { b.pool.Put((*[copied]byte)(buffer)) }
