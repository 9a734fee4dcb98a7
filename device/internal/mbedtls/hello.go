package mbedtls

import (
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// Handshake message types (RFC 5246 section 7.4).
const (
	typeHelloRequest      = 0
	typeClientHello       = 1
	typeServerHello       = 2
	typeCertificate       = 11
	typeServerKeyExchange = 12
	typeCertificateReq    = 13
	typeServerHelloDone   = 14
	typeCertificateVerify = 15
	typeClientKeyExchange = 16
	typeFinished          = 20
)

const (
	extServerName      = 0
	extSupportedGroups = 10
	extPointFormats    = 11
	extSignatureAlgs   = 13
	extRenegotiation   = 0xff01
	formatCompressed   = 1 // ansiX962_compressed_prime (RFC 4492 section 5.1.2); uncompressed is 0
	scsvRenegotiation  = 0x00ff
	maxKeptSignatures  = 19
	maxKeptGroups      = 13
	minClientHelloBody = 38
	maxSessionID       = 32
	maxCompressionList = 16
)

// clientHello is what the server keeps of a ClientHello.
type clientHello struct {
	profile      *Profile // of the server
	offered      uint16   // version
	version      uint16   // that is spoken
	random       [32]byte
	suites       cryptobyte.String // lies in the input buffer
	groups       [maxKeptGroups]uint16
	groupCount   int
	sigAlgs      [maxKeptSignatures]uint16
	sigAlgCount  int
	renegotiate  bool // renegotiation_info or its SCSV came
	pointFormats bool
	compressed   bool // of the forms of points that the server knows, the client prefers the compressed one
	sawGroups    bool
	sawSigAlgs   bool
	agreed       agreed
}

// readClientHello returns the ClientHello by the rules of the build.
func (c *Conn) readClientHello() ([]byte, error) {
	read := c.readLoneClientHello
	if c.config.Profile.HelloInRecordLayer {
		read = c.readLayeredClientHello
	}
	msg, err := read()
	if err != nil {
		return nil, err
	}
	if len(msg) < handshakeHeaderLen+minClientHelloBody {
		return nil, c.config.Profile.helloLength.err
	}
	return msg, nil
}

// traceHello tells of a ClientHello before anything is decided about it.
func (c *Conn) traceHello(msg []byte) {
	if c.tracer != nil && c.tracer.ClientHello != nil {
		c.tracer.ClientHello(msg)
	}
}

// readLayeredClientHello reads the ClientHello as any other message
// (CAMERA.md section 10).
func (c *Conn) readLayeredClientHello() ([]byte, error) {
	if err := c.readMessage(); err != nil {
		return nil, err
	}
	msg := c.handshakeMessage()
	if msg == nil || msg[0] != typeClientHello {
		return nil, ErrUnexpectedMessage
	}
	c.traceHello(msg)
	return msg, nil
}

// readLoneClientHello reads the ClientHello, which does not go through the normal
// record layer: it must be alone in exactly one record, whose version does not
// matter, but for its first octet in some generations. It returns the handshake message (CAMERA.md section 2.1, steps 1 to 7).
func (c *Conn) readLoneClientHello() ([]byte, error) {
	p := c.config.Profile
	if err := c.fetch(recordHeaderLen); err != nil {
		return nil, err
	}
	if c.in[0] != RecordHandshake || p.checksMajor && c.in[1] < versionTLS12>>8 {
		return nil, p.firstRecord.err
	}
	length := int(binary.BigEndian.Uint16(c.in[3:]))
	if length > p.InContentLen {
		return nil, p.firstLength.err
	}
	if err := c.fetch(recordHeaderLen + length); err != nil {
		return nil, err
	}
	msg := c.in[recordHeaderLen:]
	c.in = c.in[:0]
	if len(msg) < handshakeHeaderLen {
		return nil, p.helloLength.err
	}
	if msg[0] != typeClientHello {
		return nil, p.firstRecord.err
	}
	c.traceHello(msg)
	if p.UncheckedHelloLength {
		return msg, nil
	}
	if msg[1] != 0 || len(msg) != handshakeHeaderLen+int(binary.BigEndian.Uint16(msg[2:])) {
		return nil, p.helloLength.err
	}
	return msg, nil
}

// parse reads the body of a ClientHello whose version was checked already
// (CAMERA.md section 2.1, steps 10 to 13).
func (h *clientHello) parse(body []byte) *refusal {
	malformed := &h.profile.hello
	s := cryptobyte.String(body[2:])
	s.CopyBytes(h.random[:])
	var sessionID, compressions, extensions cryptobyte.String
	if !s.ReadUint8LengthPrefixed(&sessionID) || len(sessionID) > maxSessionID {
		return malformed
	}
	if !s.ReadUint16LengthPrefixed(&h.suites) || len(h.suites) < 2 || len(h.suites)%2 != 0 {
		return malformed
	}
	if !s.ReadUint8LengthPrefixed(&compressions) || len(compressions) == 0 || len(compressions) > maxCompressionList {
		return malformed
	}
	if !s.Empty() && (!s.ReadUint16LengthPrefixed(&extensions) || !s.Empty()) {
		return malformed
	}
	for !extensions.Empty() {
		var typ uint16
		var data cryptobyte.String
		if !extensions.ReadUint16(&typ) || !extensions.ReadUint16LengthPrefixed(&data) {
			return malformed
		}
		if err := h.extension(typ, data); err != nil {
			return err
		}
	}
	if !h.sawSigAlgs {
		// The default of RFC 5246 section 7.4.1.4.1: SHA-1 with either key.
		for _, alg := range []uint16{signatureSHA1ECDSA, hashSHA1<<8 | signRSA} {
			if h.profile.hasHash(hashSHA1) {
				h.keepSignature(alg)
			}
		}
	}
	for suites := h.suites; !suites.Empty(); {
		var id uint16
		suites.ReadUint16(&id)
		h.renegotiate = h.renegotiate || id == scsvRenegotiation
	}
	return nil
}

func (h *clientHello) extension(typ uint16, data cryptobyte.String) *refusal {
	switch typ {
	case extServerName:
		var names cryptobyte.String
		if h.profile.readsServerNames && (!data.ReadUint16LengthPrefixed(&names) || !wellFormedNames(names)) {
			return &h.profile.hello // what follows the list is not looked at
		}
	case extRenegotiation:
		if len(data) != 1 || data[0] != 0 {
			return &h.profile.renegotiation
		}
		h.renegotiate = true
	case extSignatureAlgs:
		return h.signatureAlgorithms(data)
	case extSupportedGroups:
		return h.supportedGroups(data)
	case extPointFormats:
		var formats cryptobyte.String
		if !data.ReadUint8LengthPrefixed(&formats) || !data.Empty() {
			return &h.profile.hello
		}
		h.pointFormats = true
		if i := slices.IndexFunc(formats, func(f byte) bool { return f <= formatCompressed }); i >= 0 {
			h.compressed = formats[i] == formatCompressed
		}
	default:
		return h.agreed.read(h.profile, typ, data)
	}
	return nil
}

// wellFormedNames checks the lengths of the list; the names themselves have no effect.
func wellFormedNames(names cryptobyte.String) bool {
	for !names.Empty() {
		var typ uint8
		var name cryptobyte.String
		if !names.ReadUint8(&typ) || !names.ReadUint16LengthPrefixed(&name) {
			return false
		}
		if typ == 0 {
			return true // the first host name is taken, the rest is not looked at
		}
	}
	return true
}

// signatureAlgorithms keeps what the camera can sign with; a second copy of the
// extension replaces the first, unless the first algorithm counts.
func (h *clientHello) signatureAlgorithms(data cryptobyte.String) *refusal {
	var list cryptobyte.String
	if !data.ReadUint16LengthPrefixed(&list) || !data.Empty() || len(list)%2 != 0 {
		return &h.profile.hello
	}
	h.sawSigAlgs = true
	if !h.profile.firstSignature {
		h.sigAlgCount = 0
	}
	for !list.Empty() {
		var alg uint16
		list.ReadUint16(&alg)
		if h.profile.signs(alg) {
			h.keepSignature(alg)
		}
	}
	if h.sigAlgCount == 0 && !h.profile.firstSignature {
		return &refusal{alertHandshakeFailure, ErrHandshakeFailure}
	}
	return nil
}

// keepSignature keeps an algorithm that the client offers: where the first one counts, one for each type of key.
func (h *clientHello) keepSignature(alg uint16) {
	kept := h.sigAlgs[:h.sigAlgCount]
	sameKey := func(k uint16) bool { return k&0xff == alg&0xff }
	if len(kept) == maxKeptSignatures || h.profile.firstSignature && slices.ContainsFunc(kept, sameKey) {
		return
	}
	h.sigAlgs[h.sigAlgCount] = alg
	h.sigAlgCount++
}

func (h *clientHello) supportedGroups(data cryptobyte.String) *refusal {
	var list cryptobyte.String
	if !data.ReadUint16LengthPrefixed(&list) || !data.Empty() || len(list)%2 != 0 {
		return &h.profile.hello
	}
	if h.sawGroups {
		return &h.profile.groupsTwice
	}
	h.sawGroups = true
	for !list.Empty() {
		var id uint16
		list.ReadUint16(&id)
		if h.profile.keepsGroup(id) && h.groupCount < maxKeptGroups {
			h.groups[h.groupCount] = id
			h.groupCount++
		}
	}
	return nil
}

// offersGroup reports whether the client's kept groups contain id.
func (h *clientHello) offersGroup(id uint16) bool {
	for _, g := range h.groups[:h.groupCount] {
		if g == id {
			return true
		}
	}
	return false
}

// offersSuite reports whether the client's list contains id.
func (h *clientHello) offersSuite(id uint16) bool {
	for suites := h.suites; !suites.Empty(); {
		var offered uint16
		suites.ReadUint16(&offered)
		if offered == id {
			return true
		}
	}
	return false
}

// chooseSignature returns the client's first signature algorithm for the key type,
// or 0 (CAMERA.md section 2.1, step 16). Before TLS 1.2 it is SHA-1 (RFC 4492 section 5.4).
func (h *clientHello) chooseSignature(kind keyType) uint16 {
	if h.version < versionTLS12 {
		return signatureSHA1ECDSA
	}
	low := uint16(signRSA)
	if kind == keyECDSA {
		low = signECDSA
	}
	for _, alg := range h.sigAlgs[:h.sigAlgCount] {
		if alg&0xff == low {
			return alg
		}
	}
	return 0
}

// chooseSuite returns the first suite in the server's order that the client
// offers and that the certificate can serve, or why there is none (CAMERA.md section 2.1, step 14).
func (h *clientHello) chooseSuite(chain []*Certificate) (*Suite, *refusal) {
	none := &h.profile.noSuite
	for _, s := range h.profile.suites {
		switch {
		case !h.offersSuite(s.ID):
		case s.spoken(h.version) && len(chain) > 0 && h.serves(chain[0], s):
			return s.of(h.version), nil
		default:
			none = &h.profile.noUsableSuite
		}
	}
	return nil, none
}

// serves reports whether a certificate can serve a suite.
func (h *clientHello) serves(cert *Certificate, s *Suite) bool {
	if !s.fits(cert.kind) || !cert.usable(s) || s.Curves() && h.groupCount == 0 {
		return false
	}
	if (s.ecdhe || h.profile.signsForRSA) && h.chooseSignature(s.auth) == 0 {
		return false
	}
	if !s.ecdhe {
		return true
	}
	return s.auth != keyECDSA || h.offersGroup(cert.curve.id)
}

// chooseGroup returns the group for the key exchange in the server's order, or nil
// (CAMERA.md section 2.1, step 15).
func (h *clientHello) chooseGroup() *namedCurve {
	for _, c := range h.profile.groups {
		if h.offersGroup(c.id) {
			return c
		}
	}
	return nil
}
