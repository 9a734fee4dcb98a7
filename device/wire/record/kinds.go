package record

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/leafcam/leafcam/device/wire"
)

// A kind makes exchanges of one sort, none like the other.
type kind struct {
	name string
	make func(r *rand.Rand) exchange
}

// An exchange is what a client sends.
type exchange struct {
	sent  [][]byte
	plain bool // only a pause before each further write, for the network to keep them apart
}

// plainPause is that pause, milliseconds.
const plainPause = 20

// one is an exchange of a single write.
func one(data []byte) exchange { return exchange{sent: [][]byte{data}} }

// Kinds returns the names of the kinds of exchanges, as [Generate] takes them.
func Kinds() (names []string) {
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// Generate makes exchanges of these kinds by turns, all kinds when there is none. The same seed makes the same ones,
// and more of them begin alike. The error names a kind that is not known.
func Generate(seed uint64, count int, names ...string) ([]wire.Vector, error) {
	chosen := kinds
	if len(names) > 0 {
		chosen = nil
		for _, name := range names {
			i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
			if i < 0 {
				return nil, fmt.Errorf("there is no kind %q of exchanges; known: %v", name, Kinds())
			}
			chosen = append(chosen, kinds[i])
		}
	}
	var list []wire.Vector
	for i := range max(0, count) {
		k := chosen[i%len(chosen)]
		hash := fnv.New64a()
		fmt.Fprint(hash, k.name, i/len(chosen))
		ex := k.make(rand.New(rand.NewPCG(seed, hash.Sum64())))
		v := wire.Vector{Name: fmt.Sprintf("gen.%d.%s.%d", seed, k.name, i/len(chosen)), Tags: "gen " + k.name}
		for _, segment := range ex.sent {
			v.Sent = append(v.Sent, wire.Octets(segment))
		}
		if ex.plain {
			pause := plainPause
			v.GapMS = &pause
		}
		list = append(list, v)
	}
	return list, nil
}

// pick returns some of a list, at least one, in any order, some of them twice.
func pick[T any](r *rand.Rand, from []T, most int) []T {
	list := make([]T, 1+r.IntN(most))
	for i := range list {
		list[i] = from[r.IntN(len(from))]
	}
	return list
}

func octets(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// kinds are those of device/wire/VECTORS.md.
var kinds = []kind{
	{"version", func(r *rand.Rand) exchange {
		h := ordinary(r)
		h.version = []uint16{0, 2, 0x200, 0x300, 0x301, 0x302, 0x303, 0x304, 0x305, 0x3ff, 0x400, 0x7f1c, 0xfefd, 0xffff}[r.IntN(14)]
		version := []uint16{0, 0x300, 0x301, 0x302, 0x303, 0x304, 0x400, 0xffff}[r.IntN(8)]
		if r.IntN(3) == 0 {
			h.set(extVersions, append([]byte{4}, 3, 4, 3, 3))
		}
		return one(recordOf(wire.Handshake, version, h.message()))
	}},
	{"suite", func(r *rand.Rand) exchange {
		h := ordinary(r)
		h.suites = pick(r, slices.Concat(cameraSuites, otherSuites), 8)
		return one(h.record())
	}},
	{"suiteorder", func(r *rand.Rand) exchange {
		h := ordinary(r)
		h.suites = pick(r, cameraSuites, 4)
		return one(h.record())
	}},
	{"group", func(r *rand.Rand) exchange {
		h := ordinary(r)
		h.set(extGroups, list16(pick(r, allGroups, 5)...))
		return one(h.record())
	}},
	{"sig", func(r *rand.Rand) exchange {
		h := ordinary(r)
		h.set(extSignatures, list16(pick(r, allSignatures, 5)...))
		if r.IntN(3) == 0 {
			h.suites = pick(r, cameraSuites, 3)
		}
		return one(h.record())
	}},
	{"ext", func(r *rand.Rand) exchange { return one(withExtensions(r).record()) }},
	{"malformed", func(r *rand.Rand) exchange { return one(malformed(r)) }},
	{"sid", func(r *rand.Rand) exchange {
		h := ordinary(r)
		h.sessionID = octets(r, r.IntN(40))
		if r.IntN(2) == 0 {
			h.compressions = octets(r, r.IntN(20))
		}
		return one(h.record())
	}},
	{"first", func(r *rand.Rand) exchange { return first(r) }},
	{"plain", func(r *rand.Rand) exchange { return one(otherProtocol(r)) }},
	{"frag", func(r *rand.Rand) exchange { return one(fragmented(r)) }},
	{"coalesced", func(r *rand.Rand) exchange {
		h := ordinary(r)
		more := [][]byte{wire.HandshakeMessage(byte(r.IntN(25)), octets(r, r.IntN(40))), h.message(), octets(r, 1+r.IntN(6))}[r.IntN(3)]
		return one(recordOf(wire.Handshake, 0x0301, append(h.message(), more...)))
	}},
	{"tcp", func(r *rand.Rand) exchange {
		record := ordinary(r).record()
		at := 1 + r.IntN(len(record)-1)
		return exchange{sent: [][]byte{record[:at], record[at:]}, plain: true}
	}},
	{"size", func(r *rand.Rand) exchange {
		h := ordinary(r)
		h.extensions = append(h.extensions, extension{0x7777, make([]byte, 1+r.IntN(16<<10))})
		return one(h.record())
	}},
	{"mutate", func(r *rand.Rand) exchange { return one(mutated(r, withExtensions(r).record())) }},
	{"cut", func(r *rand.Rand) exchange {
		record := ordinary(r).record()
		return one(record[:1+r.IntN(len(record)-1)])
	}},
	{"flight2", func(r *rand.Rand) exchange { return secondFlight(r) }},
	{"offer", func(r *rand.Rand) exchange { return one(offering(r).record()) }},
	{"rare", func(r *rand.Rand) exchange { return rare(r) }},
}

// mutated changes some octets.
func mutated(r *rand.Rand, data []byte) []byte {
	for range 1 + r.IntN(3) {
		data[r.IntN(len(data))] = []byte{byte(r.Uint32()), 0, 1, 0xff, 0x7f}[r.IntN(5)]
	}
	return data
}

// withExtensions returns a hello whose extensions are mixed, doubled, unknown, or not what they should be.
func withExtensions(r *rand.Rand) clientHello {
	h := ordinary(r)
	more := []extension{
		{extServerName, []byte{0, 9, 0, 0, 6, 'c', 'a', 'm', 'e', 'r', 'a'}}, {extServerName, []byte{0, 4, 0, 0, 1, 'c', 0}},
		{extServerName, nil}, {extServerName, []byte{0, 0}}, {extEtM, nil}, {extEtM, []byte{0}}, {extEMS, nil}, {extEMS, []byte{0}},
		{extTicket, nil}, {extTicket, octets(r, 40)}, {16, []byte{0, 3, 2, 'h', '2'}}, {16, []byte{0, 1, 0}}, {1, []byte{1}}, {1, []byte{9}},
		{extReneg, []byte{0}}, {extReneg, []byte{1, 0}}, {extReneg, nil}, {extPointFormats, []byte{1, 1}}, {extPointFormats, []byte{2, 1, 0}},
		{extPointFormats, []byte{0}}, {extPointFormats, nil}, {extGroups, list16(24)}, {extSignatures, list16(0x0603)},
		{extVersions, []byte{2, 3, 4}}, {51, octets(r, 38)}, {45, []byte{1, 1}}, {0x0a0a, nil}, {5, []byte{1, 0, 0, 0, 0}}, {18, nil},
		{uint16(r.Uint32()), octets(r, r.IntN(30))}, {54, []byte{0}}, {54, octets(r, 20)}, {15, []byte{1}},
	}
	for range r.IntN(5) {
		h.extensions = append(h.extensions, more[r.IntN(len(more))])
	}
	if r.IntN(2) == 0 {
		r.Shuffle(len(h.extensions), func(i, j int) { h.extensions[i], h.extensions[j] = h.extensions[j], h.extensions[i] })
	}
	if len(h.extensions) > 0 && r.IntN(3) == 0 {
		h.extensions = slices.Delete(h.extensions, 0, 1+r.IntN(len(h.extensions)))
	}
	h.bare = r.IntN(12) == 0
	if r.IntN(3) == 0 {
		h.suites = append(pick(r, cameraSuites, 4), []uint16{0x00ff, 0x5600}[r.IntN(2)])
	}
	return h
}

// malformed returns a hello one of whose lengths does not fit, or that has octets too many or too few.
func malformed(r *rand.Rand) []byte {
	h := ordinary(r)
	if r.IntN(2) == 0 {
		e := &h.extensions[r.IntN(len(h.extensions))]
		switch r.IntN(4) {
		case 0:
			e.body = append(slices.Clone(e.body), octets(r, 1+r.IntN(2))...)
		case 1:
			e.body = e.body[:r.IntN(len(e.body))]
		case 2:
			e.body = slices.Clone(e.body)
			e.body[0] = byte(r.Uint32())
		case 3:
			e.body = slices.Clone(e.body)
			e.body[min(1, len(e.body)-1)] += byte(1 + r.IntN(3))
		}
		return h.record()
	}
	body := h.body()
	const sessionID = 34 // where its length is
	suites := sessionID + 1
	compressions := suites + 2 + 2*len(h.suites)
	block := compressions + 2
	switch r.IntN(6) {
	case 0:
		body[sessionID] = byte(r.Uint32())
	case 1:
		binary.BigEndian.PutUint16(body[suites:], uint16(r.IntN(100)))
	case 2:
		body[compressions] = byte(r.IntN(40))
	case 3:
		binary.BigEndian.PutUint16(body[block:], uint16(r.IntN(100)))
	case 4:
		body = body[:r.IntN(len(body))]
	case 5:
		body = append(body, octets(r, 1+r.IntN(4))...)
	}
	message := wire.HandshakeMessage(1, body)
	if r.IntN(4) == 0 {
		message[1+r.IntN(3)] += byte(1 + r.IntN(3))
	}
	return recordOf(wire.Handshake, 0x0301, message)
}
