package device

import (
	"slices"
	"sync"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/device/micropython"
)

// A KeySize is the kind and the size of a key, which decide how much memory it takes.
type KeySize struct {
	RSA  bool
	Bits int // of the modulus or of the curve's field
}

// shortOfMemory is what the signature fails with when its memory is missing.
func (k KeySize) shortOfMemory() *mbedtls.Error {
	const largeRSA = 3072
	if k.RSA && k.Bits < largeRSA {
		return mbedtls.ErrRSAPrivateAlloc
	}
	return mbedtls.ErrMPIAlloc
}

// A memory is the memory of a board that runs one script with one context.
type memory struct {
	port *portMemory
	heap *heap

	mu      sync.Mutex
	key     allocation
	blinded bool // the RSA key keeps its blinding values
	open    int  // connections
}

// boot switches a board on, up to the context.
func boot(b *Board) (*memory, error) {
	port := b.memory()
	m := &memory{port: port, heap: newHeap(port, b.Heap...)}
	for _, size := range []int{port.script, port.context} {
		if m.heap.scattered(size) == nil {
			return nil, &micropython.MemoryError{Allocating: size}
		}
	}
	return m, nil
}

// loadKey charges a key in the place of the one before. m may be nil, as for
// loadCertificates: then nothing is charged.
func (m *memory) loadKey(key KeySize) error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heap.free(m.key)
	size := m.port.key(key) + m.port.credential
	if m.key = m.heap.scattered(size); m.key == nil {
		return &micropython.MemoryError{Allocating: size}
	}
	m.blinded = false
	return nil
}

func (m *memory) loadCertificates(chain []*mbedtls.Certificate) error {
	if m == nil {
		return nil
	}
	for _, cert := range chain {
		isRSA, bits := cert.KeySize()
		if m.heap.scattered(m.port.certificate(KeySize{isRSA, bits}, len(cert.Raw))) == nil {
			return &micropython.MemoryError{Allocating: len(cert.Raw)}
		}
	}
	return nil
}

// blind charges what an RSA key keeps from its first operation on.
func (m *memory) blind(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n == 0 || m.blinded {
		return true
	}
	kept := m.heap.scattered(n)
	m.key = append(m.key, kept...)
	m.blinded = kept != nil
	return m.blinded
}

// connect allocates what wrap_socket needs, or returns nil.
func (m *memory) connect(fw *Firmware) *connection {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &connection{memory: m}
	rest := m.port.connection
	if m.open == 0 {
		rest += m.port.first
	}
	for _, part := range []struct {
		size  int
		alloc func(int) allocation
	}{
		{m.port.allocHeader + m.port.recordOverhead + fw.InContentLen, m.heap.buffer},
		{m.port.allocHeader + m.port.recordOverhead + fw.OutContentLen, m.heap.buffer},
		{rest, m.heap.scattered},
	} {
		taken := part.alloc(part.size)
		if taken == nil {
			m.heap.free(c.held)
			return nil
		}
		c.held = append(c.held, taken...)
	}
	m.open++
	return c
}

// clone returns a memory in the same state, to find out what would still fit.
func (m *memory) clone() *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &memory{port: m.port, heap: m.heap.clone(), key: slices.Clone(m.key), blinded: m.blinded, open: m.open}
}

// fit returns how many more connections can be open at a time once their handshakes
// are done. It leaves the memory full.
func (m *memory) fit(fw *Firmware, key KeySize) (n int) {
	for ; ; n++ {
		c := m.connect(fw)
		if c == nil {
			return n
		}
		for _, op := range []mbedtls.Operation{mbedtls.OperationSign, mbedtls.OperationSecret} {
			if c.compute(op, true, key) != nil {
				return n
			}
			c.computed()
		}
	}
}

// connection is the memory of one TLS connection.
type connection struct {
	memory  *memory
	mu      sync.Mutex
	held    allocation
	working allocation
	closed  bool
}

// compute charges what a public-key operation needs, until computed is called. The
// second operation also brings what the connection keeps after its handshake.
func (c *connection) compute(op mbedtls.Operation, ecdhe bool, key KeySize) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return micropython.ErrClosed
	}
	need, short := c.memory.port.work(key), key.shortOfMemory()
	if op == mbedtls.OperationSign || !ecdhe {
		if !c.memory.blind(need.blinding) {
			return short
		}
	}
	size := need.sign
	if op == mbedtls.OperationSecret {
		session := c.memory.heap.scattered(c.memory.port.session)
		if session == nil {
			return mbedtls.ErrDecodeError
		}
		c.held = append(c.held, session...)
		if ecdhe {
			size, short = need.agree-c.memory.port.session, mbedtls.ErrDecodeError
		}
	}
	if c.working = c.memory.heap.scattered(size); c.working == nil {
		return short
	}
	return nil
}

// computed gives back what the operation alone needed.
func (c *connection) computed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.memory.heap.free(c.working)
	c.working = nil
}

// close gives everything back. Closing again does nothing.
func (c *connection) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	c.memory.heap.free(c.held)
	c.memory.heap.free(c.working)
	c.held, c.working = nil, nil
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	c.memory.open--
}
