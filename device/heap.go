package device

import (
	"slices"
	"sync"
)

// A heap is MicroPython's garbage-collected heap on a 32-bit board: one or several
// areas, in which a buffer takes the first gap that is large enough. Garbage counts as
// collected the moment it arises.
type heap struct {
	port  *portMemory
	mu    sync.Mutex
	areas [][]gap // the gaps of each area, in the order of their addresses
	total int     // octets that can be handed out
	used  int     // octets
}

// A gap is free memory, in octets from the start of its area.
type gap struct{ start, size int }

// An allocation is memory in use.
type allocation []extent

type extent struct {
	area int
	gap
}

// newHeap returns a heap of areas of the given sizes in octets. The collector's own tables are part
// of an area.
func newHeap(port *portMemory, sizes ...int) *heap {
	blockBits := port.block * 8
	h := &heap{port: port}
	for _, size := range sizes {
		usable := size * blockBits / (blockBits + port.tableBits) / port.block * port.block
		h.areas = append(h.areas, []gap{{0, usable}})
		h.total += usable
	}
	return h
}

// buffer allocates n octets in one piece, or returns nil.
func (h *heap) buffer(n int) allocation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.take(n)
}

// scattered allocates n octets in small pieces, or returns nil.
func (h *heap) scattered(n int) allocation {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := allocation{}
	for ; n > 0; n -= h.port.piece {
		piece := h.take(min(n, h.port.piece))
		if piece == nil {
			h.release(all)
			return nil
		}
		all = append(all, piece...)
	}
	return all
}

// resize makes a buffer n octets long, in its place where that can be. It returns nil,
// and leaves the buffer as it is, when there is no room.
func (h *heap) resize(a allocation, n int) allocation {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(a) == 1 && h.extend(&a[0], h.port.blocks(n)-a[0].size) {
		return a
	}
	moved := h.take(n)
	if moved != nil {
		h.release(a)
	}
	return moved
}

// extend takes the first n octets of the gap behind a buffer.
func (h *heap) extend(e *extent, n int) bool {
	gaps := h.areas[e.area]
	at, found := slices.BinarySearchFunc(gaps, e.start+e.size, func(g gap, start int) int { return g.start - start })
	if n < 0 || !found || gaps[at].size < n {
		return n == 0
	}
	if gaps[at].start, gaps[at].size = gaps[at].start+n, gaps[at].size-n; gaps[at].size == 0 {
		h.areas[e.area] = slices.Delete(gaps, at, at+1)
	}
	e.size += n
	h.used += n
	return true
}

// free gives memory back.
func (h *heap) free(a allocation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.release(a)
}

// inUse returns how much is handed out and how much there is, octets.
func (h *heap) inUse() (used, total int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.used, h.total
}

// clone returns a heap in the same state, to find out what would still fit.
func (h *heap) clone() *heap {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := &heap{port: h.port, total: h.total, used: h.used}
	for _, gaps := range h.areas {
		c.areas = append(c.areas, slices.Clone(gaps))
	}
	return c
}

func (h *heap) take(n int) allocation {
	n = h.port.blocks(n)
	for i, gaps := range h.areas {
		for j := range gaps {
			g := &gaps[j]
			if g.size < n {
				continue
			}
			taken := extent{i, gap{g.start, n}}
			if g.start, g.size = g.start+n, g.size-n; g.size == 0 {
				h.areas[i] = slices.Delete(gaps, j, j+1)
			}
			h.used += n
			return allocation{taken}
		}
	}
	return nil
}

func (h *heap) release(a allocation) {
	for _, e := range a {
		h.used -= e.size
		gaps := h.areas[e.area]
		at, _ := slices.BinarySearchFunc(gaps, e.start, func(g gap, start int) int { return g.start - start })
		gaps = slices.Insert(gaps, at, e.gap)
		gaps = join(gaps, at)
		h.areas[e.area] = join(gaps, at-1)
	}
}

// join makes one of the gaps i and i+1 if nothing lies between them.
func join(gaps []gap, i int) []gap {
	if i < 0 || i+1 >= len(gaps) || gaps[i].start+gaps[i].size != gaps[i+1].start {
		return gaps
	}
	gaps[i].size += gaps[i+1].size
	return slices.Delete(gaps, i+1, i+2)
}
