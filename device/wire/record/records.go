package record

import (
	"crypto/elliptic"
	"encoding/binary"
	"math/rand/v2"

	"github.com/leafcam/leafcam/device/wire"
)

// anyRecord returns a record that does not belong where it comes.
func anyRecord(r *rand.Rand) []byte {
	switch r.IntN(8) {
	case 0:
		return wire.Plain(wire.Alert, []byte{byte(1 + r.IntN(2)), byte(r.IntN(120))})
	case 1:
		return wire.Plain(wire.Alert, octets(r, r.IntN(4)))
	case 2:
		return wire.Plain(wire.ChangeCipherSpec, [][]byte{{1}, {1}, {2}, {1, 1}, {}}[r.IntN(5)])
	case 3:
		return wire.Plain(wire.ApplicationData, octets(r, r.IntN(50)))
	case 4:
		return wire.Plain(wire.Handshake, wire.HandshakeMessage(byte(r.IntN(30)), octets(r, r.IntN(30))))
	case 5:
		return wire.Plain(byte(r.IntN(256)), octets(r, r.IntN(30)))
	case 6:
		return recordOf([]byte{20, 21, 22, 23}[r.IntN(4)], []uint16{0x300, 0x301, 0x304, 0x400, 0xffff}[r.IntN(5)], []byte{1, byte(r.IntN(2))})
	default:
		header := []byte{[]byte{20, 21, 22, 23, 24}[r.IntN(5)], 3, 3, 0, 0}
		binary.BigEndian.PutUint16(header[3:], []uint16{0, 1, 16384, 16385, 16640, 16704, 16705, 0xffff}[r.IntN(8)])
		return append(header, octets(r, r.IntN(60))...)
	}
}

// first returns records that come before a hello, in writes of their own or in one.
func first(r *rand.Rand) exchange {
	before := anyRecord(r)
	hello := ordinary(r).record()
	switch r.IntN(3) {
	case 0:
		return one(before)
	case 1:
		return one(append(before, hello...))
	}
	return exchange{sent: [][]byte{before, hello}}
}

// otherProtocol returns what a client says that does not speak TLS.
func otherProtocol(r *rand.Rand) []byte {
	words := []string{
		"GET / HTTP/1.1\r\nHost: camera\r\n\r\n", "\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "OPTIONS rtsp://camera RTSP/1.0\r\nCSeq: 1\r\n\r\n",
		"EHLO camera\r\n", "\x03\x00\x00\x13\x0e\xe0", "\x00\x00\x00\x85\xffSMB", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x10\x0c\x00\x04MQTT",
		"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10", "\x16", "\x16\x03", "\x16\x03\x01\x00", "HELO",
	}
	data := []byte(words[r.IntN(len(words))])
	if r.IntN(2) == 0 {
		data = append(data, octets(r, r.IntN(200))...)
	}
	if r.IntN(4) == 0 {
		data = octets(r, 1+r.IntN(300))
	}
	return data
}

// fragmented returns a hello in two or three records.
func fragmented(r *rand.Rand) []byte {
	h := ordinary(r)
	if r.IntN(4) == 0 {
		h.extensions = append(h.extensions, extension{0x7777, make([]byte, 15000+r.IntN(20000))})
	}
	message := h.message()
	var all []byte
	for len(message) > 0 {
		n := min(len(message), []int{1, 3, 4, 5, 100, 1 + r.IntN(len(message)), 16384}[r.IntN(7)], 16384)
		if len(all) > 60000 || r.IntN(3) > 0 {
			n = min(len(message), 16384)
		}
		all = append(all, recordOf(wire.Handshake, []uint16{0x301, 0x303}[r.IntN(2)], message[:n])...)
		message = message[n:]
	}
	return all
}

// secondFlight returns a hello and, behind the server's flight, what a client may send without keys.
func secondFlight(r *rand.Rand) exchange {
	h := ordinary(r)
	if r.IntN(4) == 0 {
		h.set(extGroups, list16([]uint16{23, 24, 25}[r.IntN(3)]))
	}
	if r.IntN(3) == 0 {
		h.suites = []uint16{0x009c, 0x003c, 0x002f, 0x009d, 0xc02b, 0xc02f}[r.IntN(6):][:1]
	}
	var records [][]byte
	if r.IntN(3) > 0 {
		records = append(records, wire.Plain(wire.Handshake, wire.HandshakeMessage(16, keyExchange(r))))
		if r.IntN(2) == 0 {
			records = append(records, wire.Plain(wire.ChangeCipherSpec, []byte{1}))
		}
	}
	for range r.IntN(3) {
		records = append(records, anyRecord(r))
	}
	ex := one(h.record())
	if r.IntN(2) == 0 {
		var joined []byte
		for _, record := range records {
			joined = append(joined, record...)
		}
		records = [][]byte{joined}
	}
	for _, record := range records {
		if len(record) > 0 {
			ex.sent = append(ex.sent, record)
		}
	}
	return ex
}

// keyExchange returns the body of a ClientKeyExchange: a point of a curve, or something like it.
func keyExchange(r *rand.Rand) []byte {
	curve := []elliptic.Curve{elliptic.P256(), elliptic.P256(), elliptic.P384(), elliptic.P521()}[r.IntN(4)]
	size := (curve.Params().BitSize + 7) / 8
	scalar := make([]byte, size)
	scalar[size-1], scalar[size-2] = byte(1+r.IntN(255)), byte(r.IntN(256))
	point := multiple(curve, scalar)
	switch r.IntN(10) {
	case 0:
		point[0] = byte(r.IntN(8))
	case 1:
		point = point[:r.IntN(len(point))]
	case 2:
		point = append(point, 0)
	case 3:
		point[len(point)-1] ^= 1
	case 4:
		point = append([]byte{2 + point[len(point)-1]&1}, point[1:1+size]...)
	}
	body := append([]byte{byte(len(point))}, point...)
	if r.IntN(12) == 0 {
		body = octets(r, r.IntN(300))
	}
	return body
}

// multiple returns a point of a curve, uncompressed. It is no secret, so that it needs no care.
func multiple(curve elliptic.Curve, scalar []byte) []byte {
	//lint:ignore SA1019 a generated exchange has to be the same each time, which crypto/ecdh does not promise of keys
	x, y := curve.ScalarBaseMult(scalar)
	size := (curve.Params().BitSize + 7) / 8
	point := make([]byte, 1+2*size)
	point[0] = 4
	x.FillBytes(point[1 : 1+size])
	y.FillBytes(point[1+size:])
	return point
}
