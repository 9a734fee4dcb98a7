package record

import (
	"math/rand/v2"
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"github.com/leafcam/leafcam/device/wire"
)

// Types of extensions (IANA TLS ExtensionType Values).
const (
	extServerName   = 0
	extMaxFragment  = 1
	extGroups       = 10
	extPointFormats = 11
	extSignatures   = 13
	extEtM          = 22
	extEMS          = 23
	extTicket       = 35
	extVersions     = 43
	extReneg        = 0xff01
)

// A clientHello is taken apart, so that any part of it can be changed.
type clientHello struct {
	version      uint16
	random       [32]byte
	sessionID    []byte
	suites       []uint16
	compressions []byte
	extensions   []extension
	// bare says that there is no block of extensions at all.
	bare bool
}

type extension struct {
	typ  uint16
	body []byte
}

// cameraSuites are the suites of the cameras, in their order (CAMERA.md section 2.3).
var cameraSuites = []uint16{
	0xc02c, 0xc030, 0xc024, 0xc028, 0xc00a, 0xc014, 0xc02b, 0xc02f, 0xc023, 0xc027, 0xc009, 0xc013,
	0x009d, 0x003d, 0x0035, 0x009c, 0x003c, 0x002f,
}

// otherSuites are some that builds of Mbed TLS may have, and some that none has.
var otherSuites = []uint16{
	0xcca8, 0xcca9, 0xccaa, 0x1301, 0x1302, 0x1303, 0x009e, 0x009f, 0x0033, 0x0039, 0x000a, 0x0005, 0xc0ac, 0xc0ad, 0xc09c, 0xc09d,
	0xc0a0, 0xc05c, 0xc05d, 0xc072, 0xc086, 0xc025, 0xc026, 0xc02d, 0xc02e, 0xc004, 0xc005, 0x008c, 0x008d, 0x00a8, 0x00a9, 0x0041,
	0x0084, 0x00ff, 0x5600, 0x0a0a, 0xfafa, 0x0000, 0xffff,
}

var (
	allGroups     = []uint16{18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 256, 257, 0x11ec, 0x6399, 0x0a0a, 1, 14}
	allSignatures = []uint16{
		0x0403, 0x0503, 0x0603, 0x0303, 0x0203, 0x0103, 0x0401, 0x0501, 0x0601, 0x0301, 0x0201, 0x0101, 0x0804, 0x0805, 0x0806, 0x0809,
		0x0807, 0x0808, 0x0402, 0x0202, 0x0000, 0x0003, 0x0001, 0x0703, 0x0a0a,
	}
)

// ordinary returns a hello that every camera understands.
func ordinary(r *rand.Rand) clientHello {
	h := clientHello{version: 0x0303, suites: slices.Clone(cameraSuites), compressions: []byte{0}}
	for i := range h.random {
		h.random[i] = byte(r.Uint32())
	}
	h.extensions = []extension{
		{extReneg, []byte{0}},
		{extGroups, list16(23, 24, 25)},
		{extPointFormats, []byte{1, 0}},
		{extSignatures, list16(0x0503, 0x0403, 0x0603, 0x0401, 0x0501, 0x0601, 0x0201, 0x0203)},
	}
	return h
}

// list16 is a list with a length of two octets.
func list16(values ...uint16) []byte {
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, v := range values {
			b.AddUint16(v)
		}
	})
	return b.BytesOrPanic()
}

// set puts an extension's body in the place of the one that is there.
func (h *clientHello) set(typ uint16, body []byte) {
	for i := range h.extensions {
		if h.extensions[i].typ == typ {
			h.extensions[i].body = body
			return
		}
	}
	h.extensions = append(h.extensions, extension{typ, body})
}

// body returns the hello without the header of a message.
func (h clientHello) body() []byte {
	var b cryptobyte.Builder
	b.AddUint16(h.version)
	b.AddBytes(h.random[:])
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(h.sessionID) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, s := range h.suites {
			b.AddUint16(s)
		}
	})
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(h.compressions) })
	if !h.bare {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, e := range h.extensions {
				b.AddUint16(e.typ)
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(e.body) })
			}
		})
	}
	return b.BytesOrPanic()
}

// message returns the hello as a handshake message.
func (h clientHello) message() []byte { return wire.HandshakeMessage(1, h.body()) }

// record returns the hello in one record.
func (h clientHello) record() []byte { return recordOf(wire.Handshake, 0x0301, h.message()) }

// recordOf returns an unprotected record of any version.
func recordOf(typ uint8, version uint16, content []byte) []byte {
	rec := wire.Plain(typ, content)
	rec[1], rec[2] = byte(version>>8), byte(version)
	return rec
}

// parseHello reads what record returns; ok is false for anything else.
func parseHello(data []byte) (h clientHello, ok bool) {
	s := cryptobyte.String(data)
	var typ, msgType uint8
	var version uint16
	var rec, body, id, suites, compressions, block cryptobyte.String
	if !s.ReadUint8(&typ) || typ != wire.Handshake || !s.ReadUint16(&version) || !s.ReadUint16LengthPrefixed(&rec) || !s.Empty() ||
		!rec.ReadUint8(&msgType) || msgType != 1 || !rec.ReadUint24LengthPrefixed(&body) || !rec.Empty() {
		return h, false
	}
	if !body.ReadUint16(&h.version) || !body.CopyBytes(h.random[:]) || !body.ReadUint8LengthPrefixed(&id) ||
		!body.ReadUint16LengthPrefixed(&suites) || !body.ReadUint8LengthPrefixed(&compressions) {
		return h, false
	}
	h.sessionID, h.compressions = id, compressions
	for !suites.Empty() {
		var v uint16
		if !suites.ReadUint16(&v) {
			return h, false
		}
		h.suites = append(h.suites, v)
	}
	if h.bare = body.Empty(); h.bare {
		return h, true
	}
	if !body.ReadUint16LengthPrefixed(&block) || !body.Empty() {
		return h, false
	}
	for !block.Empty() {
		var e extension
		var content cryptobyte.String
		if !block.ReadUint16(&e.typ) || !block.ReadUint16LengthPrefixed(&content) {
			return h, false
		}
		e.body = content
		h.extensions = append(h.extensions, e)
	}
	return h, true
}
