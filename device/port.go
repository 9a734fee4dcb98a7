package device

// portMemory is what a port of MicroPython, with its Mbed TLS, takes of the heap, octets (CAMERA.md
// section 8). Another port is another value.
type portMemory struct {
	block     int // what the garbage collector hands out at least
	tableBits int // of the collector's own tables, for each block
	// piece is how large the parts are that scattered allocations consist of: small enough to fill
	// the gaps between buffers.
	piece       int
	allocHeader int // before each allocation of Mbed TLS, for the collector

	// script is a minimal script with what it imports, and what fragmentation costs; it is fitted to
	// the smallest heaps that were found to work.
	script  int
	context int // SSLContext()

	// connection is wrap_socket without its two buffers; the only connection takes first more, a
	// complete handshake session.
	connection, first, session int
	// recordOverhead is what a buffer has beside the content of a record: header, IV, MAC and padding.
	recordOverhead int

	credential int // of a key and a certificate together
	ecContext  int // of each EC key
	rsaContext int // of each RSA key

	// Work by the size of the key, the smallest first.
	ec, rsa []work
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

// port32 is a port for 32-bit processors: those of all boards of OpenMV.
var port32 = &portMemory{
	block: 16, tableBits: 3, piece: 256, allocHeader: 12,
	script: 7600, context: 1984,
	connection: 1600, first: 64, session: 464, recordOverhead: 13 + 16 + 48 + 256,
	credential: 96, ecContext: 160, rsaContext: 128,
	ec: []work{
		{bits: 256, sign: 560, agree: 1200},
		{bits: 384, sign: 560, agree: 1100},
		{bits: 521, sign: 1000, agree: 1000},
	},
	rsa: []work{
		{bits: 1024, sign: 1700, agree: 1200, blinding: 820},
		{bits: 2048, sign: 5100, agree: 1200, blinding: 1434},
		{bits: 3072, sign: 9500, agree: 1200, blinding: 2048},
		{bits: 4096, sign: 12900, agree: 1200, blinding: 2662},
	},
}

// blocks rounds a size up to whole blocks of the collector.
func (p *portMemory) blocks(n int) int { return (n + p.block - 1) / p.block * p.block }

// blocksFor returns what Mbed TLS's allocations of these sizes take together.
func (p *portMemory) blocksFor(sizes ...int) (n int) {
	for _, size := range sizes {
		n += p.blocks(size + p.allocHeader)
	}
	return n
}

// certificate returns what a certificate of length octets with this key takes.
func (p *portMemory) certificate(k KeySize, length int) int {
	size := (k.Bits + 7) / 8
	if k.RSA {
		const exponent = 4
		return p.blocksFor(length, size, exponent) + p.rsaContext
	}
	limbs := (size + 3) / 4 * 4
	return p.blocksFor(length, limbs, limbs) + p.ecContext
}

// key returns what a private key takes.
func (p *portMemory) key(k KeySize) int {
	size := (k.Bits + 7) / 8
	if k.RSA {
		const exponent = 4
		half := (size + 1) / 2
		return p.blocksFor(size, exponent, size, half, half, half, half, half) + p.rsaContext
	}
	limbs := (size + 3) / 4 * 4
	return p.blocksFor(limbs, limbs, limbs) + p.ecContext
}

// work returns what a key of that size needs; outside the table the nearest slope goes on.
func (p *portMemory) work(k KeySize) work {
	table := p.ec
	if k.RSA {
		table = p.rsa
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
