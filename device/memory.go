package device

import (
	"slices"
	"sync"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// What things take of a 32-bit board's heap, octets (CAMERA.md section 8).
const (
	allocHeader = 12 // before each allocation of Mbed TLS, for the collector

	contextMemory = 1984 // SSLContext()

	// connectionMemory is wrap_socket without its two buffers; the only connection
	// takes firstMemory more, a complete handshake sessionMemory.
	connectionMemory = 1600
	firstMemory      = 64
	sessionMemory    = 464

	// recordOverhead is what a buffer has beside the content of a record: header, IV,
	// MAC and padding.
	recordOverhead = 13 + 16 + 48 + 256

	// scriptMemory is a minimal script with what it imports, and what fragmentation
	// costs; it is fitted to the smallest heaps that were found to work.
	scriptMemory = 7600

	credentialMemory = 96  // of a key and a certificate together
	ecContext        = 160 // of each EC key
	rsaContext       = 128 // of each RSA key
)

// A KeySize is the kind and the size of a key, which decide how much memory it takes.
type KeySize struct {
	RSA  bool
	Bits int // of the modulus or of the curve's field
}

// blocksFor returns what Mbed TLS's allocations of these sizes take together.
func blocksFor(sizes ...int) (n int) {
	for _, size := range sizes {
		n += blocks(size + allocHeader)
	}
	return n
}

// certificate returns what a certificate of length octets with this key takes.
func (k KeySize) certificate(length int) int {
	size := (k.Bits + 7) / 8
	if k.RSA {
		const exponent = 4
		return blocksFor(length, size, exponent) + rsaContext
	}
	limbs := (size + 3) / 4 * 4
	return blocksFor(length, limbs, limbs) + ecContext
}

// key returns what the private key takes.
func (k KeySize) key() int {
	size := (k.Bits + 7) / 8
	if k.RSA {
		const exponent = 4
		half := (size + 1) / 2
		return blocksFor(size, exponent, size, half, half, half, half, half) + rsaContext
	}
	limbs := (size + 3) / 4 * 4
	return blocksFor(limbs, limbs, limbs) + ecContext
}

// work is what the public-key operations of a handshake need for a while, octets. The
// figures are fitted to the smallest heaps that were found to work, between which they
// are interpolated.
type work struct {
	bits     int
	sign     int // until the ServerKeyExchange is signed
	agree    int // until the keys are derived
	blinding int // what the first operation leaves in an RSA key
}

var ecWork = []work{
	{bits: 256, sign: 560, agree: 1200},
	{bits: 384, sign: 560, agree: 1100},
	{bits: 521, sign: 1000, agree: 1000},
}

var rsaWork = []work{
	{bits: 1024, sign: 1700, agree: 1200, blinding: 820},
	{bits: 2048, sign: 5100, agree: 1200, blinding: 1434},
	{bits: 3072, sign: 9500, agree: 1200, blinding: 2048},
	{bits: 4096, sign: 12900, agree: 1200, blinding: 2662},
}

// work returns what a key of that size needs; outside the table the nearest slope goes on.
func (k KeySize) work() work {
	table := ecWork
	if k.RSA {
		table = rsaWork
	}
	if k.Bits <= table[0].bits {
		return table[0]
	}
	i := 1
	for i < len(table)-1 && k.Bits > table[i].bits {
		i++
	}
	a, b := table[i-1], table[i]
	between := func(from, to int) int { return from + (to-from)*(k.Bits-a.bits)/(b.bits-a.bits) }
	return work{k.Bits, between(a.sign, b.sign), between(a.agree, b.agree), between(a.blinding, b.blinding)}
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
	heap *heap

	mu      sync.Mutex
	key     allocation
	blinded bool // the RSA key keeps its blinding values
	open    int  // connections
}

// boot switches a board on, up to the context.
func boot(areas []int) (*memory, error) {
	m := &memory{heap: newHeap(areas...)}
	for _, size := range []int{scriptMemory, contextMemory} {
		if m.heap.scattered(size) == nil {
			return nil, &MemoryError{Allocating: size}
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
	size := key.key() + credentialMemory
	if m.key = m.heap.scattered(size); m.key == nil {
		return &MemoryError{Allocating: size}
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
		if m.heap.scattered(KeySize{isRSA, bits}.certificate(len(cert.Raw))) == nil {
			return &MemoryError{Allocating: len(cert.Raw)}
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
	rest := connectionMemory
	if m.open == 0 {
		rest += firstMemory
	}
	for _, part := range []struct {
		size  int
		alloc func(int) allocation
	}{
		{allocHeader + recordOverhead + fw.InContentLen, m.heap.buffer},
		{allocHeader + recordOverhead + fw.OutContentLen, m.heap.buffer},
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
	return &memory{heap: m.heap.clone(), key: slices.Clone(m.key), blinded: m.blinded, open: m.open}
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
		return errClosed
	}
	need, short := key.work(), key.shortOfMemory()
	if op == mbedtls.OperationSign || !ecdhe {
		if !c.memory.blind(need.blinding) {
			return short
		}
	}
	size := need.sign
	if op == mbedtls.OperationSecret {
		session := c.memory.heap.scattered(sessionMemory)
		if session == nil {
			return mbedtls.ErrDecodeError
		}
		c.held = append(c.held, session...)
		if ecdhe {
			size, short = need.agree-sessionMemory, mbedtls.ErrDecodeError
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
