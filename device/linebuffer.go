package device

import "github.com/leafcam/leafcam/device/micropython"

// maxLine is where Readline gives up on a camera without a board, octets.
const maxLine = 256 << 10

// A lineBuffer is the memory of a line that is being read. It grows as MicroPython's
// vstr does, by 16 to 24 octets at a time.
type lineBuffer struct {
	heap  *heap // nil without a board
	alloc allocation
	size  int // octets
}

func (s *SSLSocket) lineBuffer() *lineBuffer {
	if s.memory == nil {
		return &lineBuffer{}
	}
	return &lineBuffer{heap: s.memory.memory.heap}
}

// grow makes room for the octet after the first n. The error is *MemoryError.
func (b *lineBuffer) grow(n int) error {
	if b.heap == nil {
		if n == maxLine {
			return &micropython.MemoryError{Allocating: maxLine}
		}
		return nil
	}
	if n < b.size {
		return nil
	}
	size := (n+1+16)&^7 + 8
	grown := b.heap.resize(b.alloc, size)
	if grown == nil {
		return &micropython.MemoryError{Allocating: size}
	}
	b.alloc, b.size = grown, size
	return nil
}

func (b *lineBuffer) free() {
	if b.heap != nil {
		b.heap.free(b.alloc)
	}
}
