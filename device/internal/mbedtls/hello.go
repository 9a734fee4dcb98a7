package mbedtls

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// Handshake message types (RFC 5246 section 7.4).
const (
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
	random       [32]byte
	suites       cryptobyte.String // lies in the input buffer
	groups       [maxKeptGroups]uint16
	groupCount   int
	sigAlgs      [maxKeptSignatures]uint16
	sigAlgCount  int
	renegotiate  bool // renegotiation_info or its SCSV came
	pointFormats bool
	sawGroups    bool
	sawSigAlgs   bool
	agreed       agreed
}

// helloError is a failure that is told to the client by an alert.
type helloError struct {
	alert uint8
	err   *Error
}

var (
	helloDecode    = &helloError{alertDecodeError, ErrDecodeError}
	helloHandshake = &helloError{alertHandshakeFailure, ErrHandshakeFailure}
	helloIllegal   = &helloError{alertIllegalParameter, ErrIllegalParameter}
)

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
		return nil, ErrDecodeError
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
// matter. It returns the handshake message (CAMERA.md section 2.1, steps 1 to 7).
func (c *Conn) readLoneClientHello() ([]byte, error) {
	if err := c.fetch(recordHeaderLen); err != nil {
		return nil, err
	}
	if c.in[0] != RecordHandshake {
		return nil, ErrUnexpectedMessage
	}
	length := int(binary.BigEndian.Uint16(c.in[3:]))
	if length > c.config.Profile.InContentLen {
		return nil, ErrIllegalParameter
	}
	if err := c.fetch(recordHeaderLen + length); err != nil {
		return nil, err
	}
	msg := c.in[recordHeaderLen:]
	c.in = c.in[:0]
	if len(msg) < handshakeHeaderLen {
		return nil, ErrDecodeError
	}
	if msg[0] != typeClientHello {
		return nil, ErrUnexpectedMessage
	}
	c.traceHello(msg)
	if c.config.Profile.UncheckedHelloLength {
		return msg, nil
	}
	if msg[1] != 0 || len(msg) != handshakeHeaderLen+int(binary.BigEndian.Uint16(msg[2:])) {
		return nil, ErrDecodeError
	}
	return msg, nil
}

// parse reads the body of a ClientHello whose version was checked already
// (CAMERA.md section 2.1, steps 10 to 13).
func (h *clientHello) parse(body []byte) *helloError {
	s := cryptobyte.String(body[2:])
	s.CopyBytes(h.random[:])
	var sessionID, compressions, extensions cryptobyte.String
	if !s.ReadUint8LengthPrefixed(&sessionID) || len(sessionID) > maxSessionID {
		return helloDecode
	}
	if !s.ReadUint16LengthPrefixed(&h.suites) || len(h.suites) < 2 || len(h.suites)%2 != 0 {
		return helloDecode
	}
	if !s.ReadUint8LengthPrefixed(&compressions) || len(compressions) == 0 || len(compressions) > maxCompressionList {
		return helloDecode
	}
	if !s.Empty() && (!s.ReadUint16LengthPrefixed(&extensions) || !s.Empty()) {
		return helloDecode
	}
	for !extensions.Empty() {
		var typ uint16
		var data cryptobyte.String
		if !extensions.ReadUint16(&typ) || !extensions.ReadUint16LengthPrefixed(&data) {
			return helloDecode
		}
		if err := h.extension(typ, data); err != nil {
			return err
		}
	}
	if !h.sawSigAlgs {
		// The default of RFC 5246 section 7.4.1.4.1: SHA-1 with either key.
		for _, alg := range []uint16{0x0203, 0x0201} {
			if h.profile.signs(alg) {
				h.sigAlgs[h.sigAlgCount] = alg
				h.sigAlgCount++
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

func (h *clientHello) extension(typ uint16, data cryptobyte.String) *helloError {
	switch typ {
	case extServerName:
		var names cryptobyte.String
		if !data.ReadUint16LengthPrefixed(&names) {
			return helloDecode
		}
		return checkServerNames(names) // what follows the list is not looked at
	case extRenegotiation:
		if len(data) != 1 || data[0] != 0 {
			return helloHandshake
		}
		h.renegotiate = true
	case extSignatureAlgs:
		return h.signatureAlgorithms(data)
	case extSupportedGroups:
		return h.supportedGroups(data)
	case extPointFormats:
		var formats cryptobyte.String
		if !data.ReadUint8LengthPrefixed(&formats) || !data.Empty() {
			return helloDecode
		}
		h.pointFormats = true
	default:
		return h.agreed.read(h.profile, typ, data)
	}
	return nil
}

// checkServerNames checks the lengths of the list; the names themselves have no effect.
func checkServerNames(names cryptobyte.String) *helloError {
	for !names.Empty() {
		var typ uint8
		var name cryptobyte.String
		if !names.ReadUint8(&typ) || !names.ReadUint16LengthPrefixed(&name) {
			return helloDecode
		}
		if typ == 0 {
			return nil // the first host name is taken, the rest is not looked at
		}
	}
	return nil
}

// signatureAlgorithms keeps what the camera can sign with; a second copy of the
// extension replaces the first.
func (h *clientHello) signatureAlgorithms(data cryptobyte.String) *helloError {
	var list cryptobyte.String
	if !data.ReadUint16LengthPrefixed(&list) || !data.Empty() || len(list)%2 != 0 {
		return helloDecode
	}
	h.sawSigAlgs, h.sigAlgCount = true, 0
	for !list.Empty() {
		var alg uint16
		list.ReadUint16(&alg)
		if h.profile.signs(alg) && alg>>8 != hashSHA1 && h.sigAlgCount < maxKeptSignatures {
			h.sigAlgs[h.sigAlgCount] = alg
			h.sigAlgCount++
		}
	}
	if h.sigAlgCount == 0 {
		return helloHandshake
	}
	return nil
}

func (h *clientHello) supportedGroups(data cryptobyte.String) *helloError {
	var list cryptobyte.String
	if !data.ReadUint16LengthPrefixed(&list) || !data.Empty() || len(list)%2 != 0 {
		return helloDecode
	}
	if h.sawGroups {
		return helloIllegal
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

// offersGroup tells whether the client's kept groups contain id.
func (h *clientHello) offersGroup(id uint16) bool {
	for _, g := range h.groups[:h.groupCount] {
		if g == id {
			return true
		}
	}
	return false
}

// offersSuite tells whether the client's list contains id.
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
// or 0 (CAMERA.md section 2.1, step 16).
func (h *clientHello) chooseSignature(kind keyType) uint16 {
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
// offers and that the certificate can serve, or nil (CAMERA.md section 2.1, step 14).
func (h *clientHello) chooseSuite(chain []*Certificate) *Suite {
	if len(chain) == 0 {
		return nil
	}
	cert := chain[0]
	for _, s := range h.profile.suites {
		if !s.fits(cert.kind) || !cert.usable(s) || !h.offersSuite(s.ID) || s.Curves() && h.groupCount == 0 {
			continue
		}
		if !s.ecdhe {
			return s
		}
		if h.chooseSignature(s.auth) == 0 {
			continue
		}
		if s.auth == keyECDSA && !h.offersGroup(cert.curve.id) {
			continue
		}
		return s
	}
	return nil
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
