package record

import (
	"math/rand/v2"
	"slices"

	"github.com/leafcam/leafcam/device/wire"
)

// rareSuites are those that some cameras have besides [cameraSuites].
var rareSuites = slices.DeleteFunc(slices.Concat(ecSuites, staticSuites, rsaSuites), func(suite uint16) bool {
	return slices.Contains(cameraSuites, suite)
})

// offering returns a hello with what some firmwares grant (CAMERA.md section 10.3), now and then misshapen.
func offering(r *rand.Rand) clientHello {
	h := ordinary(r)
	h.suites = pick(r, slices.Concat(cameraSuites, rareSuites), 4)
	for range 1 + r.IntN(4) {
		e := extension{[]uint16{extMaxFragment, extEtM, extEMS}[r.IntN(3)], nil}
		if e.typ == extMaxFragment {
			e.body = []byte{byte(r.IntN(6))}
		}
		if r.IntN(8) == 0 {
			e.body = octets(r, r.IntN(3))
		}
		h.extensions = slices.Insert(h.extensions, r.IntN(len(h.extensions)+1), e)
	}
	return h
}

// rare returns a hello with suites that few cameras have, most often with a second flight.
func rare(r *rand.Rand) exchange {
	h := ordinary(r)
	if r.IntN(3) == 0 {
		h = offering(r)
	}
	h.suites = pick(r, rareSuites, 2)
	if r.IntN(4) == 0 {
		h.set(extGroups, list16(pick(r, allGroups, 2)...))
	}
	ex := one(h.record())
	switch r.IntN(4) {
	case 0:
		return ex
	case 1:
		ex.sent = append(ex.sent, anyRecord(r))
		return ex
	}
	ex.sent = append(ex.sent, slices.Concat(
		wire.Plain(wire.Handshake, wire.HandshakeMessage(16, keyExchange(r))),
		wire.Plain(wire.ChangeCipherSpec, []byte{1}),
		wire.Plain(wire.Handshake, octets(r, 1+r.IntN(120))),
	))
	return ex
}
