package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// A Flight is what a server sent, in the form of the recordings: values that are
// fresh each time are masked.
type Flight struct {
	Records          []Record     `json:"records"`
	Messages         []Message    `json:"messages"`
	Alert            *FlightAlert `json:"alert"`
	Trailing         Octets       `json:"trailing_hex,omitempty"`
	PartialHandshake Octets       `json:"partial_handshake_hex,omitempty"`
	chain            [][]byte
	keyExchanges     []keyExchange // what the masks hide
	serverRandom     []byte
	version          uint16 // of the ServerHello
}

// A Record is a TLS record in plaintext.
type Record struct {
	Type    uint8  `json:"type"`
	Version string `json:"version"`
	Length  *int   `json:"length"` // nil where an ECDSA signature makes it vary
	Body    Octets `json:"body_hex,omitempty"`
}

// A FlightAlert is the last plaintext alert.
type FlightAlert struct {
	Level       uint8  `json:"level"`
	Description uint8  `json:"description"`
	Name        string `json:"name"`
}

// A Message is a handshake message; which fields are set depends on its type.
type Message struct {
	Type string `json:"type"`

	// server_hello
	Version         string      `json:"version,omitempty"`
	Random          string      `json:"random,omitempty"`
	SessionIDLength *int        `json:"session_id_length,omitempty"`
	CipherSuite     string      `json:"cipher_suite,omitempty"`
	Compression     *int        `json:"compression,omitempty"`
	ExtensionsBlock *Octets     `json:"extensions_block_hex,omitempty"`
	Extensions      []Extension `json:"extensions,omitempty"`
	// certificate, server_hello_done
	Length *int     `json:"length,omitempty"`
	Certs  []string `json:"certs_sha256,omitempty"`
	// server_key_exchange
	CurveType          int    `json:"curve_type,omitempty"`
	NamedCurve         int    `json:"named_curve,omitempty"`
	PublicLength       int    `json:"public_length,omitempty"`
	PublicFirst        string `json:"public_first_byte,omitempty"`
	Public             string `json:"public,omitempty"`
	SignatureAlgorithm string `json:"signature_algorithm,omitempty"`
	SignatureLength    any    `json:"signature_length,omitempty"` // a number, or "varies"
	Signature          string `json:"signature,omitempty"`
	// others
	Body Octets `json:"body_hex,omitempty"`
}

// An Extension is one extension of a ServerHello.
type Extension struct {
	Type uint16 `json:"type"`
	Data Octets `json:"data_hex"`
}

// variableLength masks the length of a signature that an EC key made, or that is
// labelled as such: the recordings have it for both.
const variableLength = "varies"

// Of a SignatureAndHashAlgorithm (RFC 5246 section 7.4.1.4.1).
const (
	signECDSA          = 3
	signatureSHA1ECDSA = 0x0203
)

// keyExchange is a ServerKeyExchange as it was received.
type keyExchange struct {
	params    []byte
	alg       uint16
	signature []byte
}

// ParseFlight takes apart what a server sent. varies says that the server signs with
// an ECDSA key, whose signatures differ in length.
func ParseFlight(data []byte, varies bool) *Flight {
	p := newFlightParser(varies)
	p.add(data)
	return p.end()
}

// flightParser takes a flight apart while it comes, each octet once.
type flightParser struct {
	flight    *Flight
	varies    bool
	rest      []byte // the beginning of a record
	handshake []byte // the beginning of a message
}

func newFlightParser(varies bool) *flightParser {
	return &flightParser{flight: &Flight{Records: []Record{}, Messages: []Message{}}, varies: varies}
}

// add takes what came.
func (p *flightParser) add(data []byte) {
	p.rest = append(p.rest, data...)
	s := cryptobyte.String(p.rest)
	for !p.full() {
		begin := s
		var typ uint8
		var version uint16
		var body cryptobyte.String
		if !s.ReadUint8(&typ) || !s.ReadUint16(&version) || !s.ReadUint16LengthPrefixed(&body) {
			p.rest = begin
			return
		}
		p.record(typ, version, body)
	}
	p.rest = s
}

// maxItems is how many records, and how many messages, of a flight are taken apart. A camera's flight
// has less than ten.
const maxItems = 1024

// full reports whether nothing more is taken apart.
func (p *flightParser) full() bool {
	return len(p.flight.Records) >= maxItems || len(p.flight.Messages) >= maxItems
}

func (p *flightParser) record(typ uint8, version uint16, body cryptobyte.String) {
	f, length := p.flight, len(body)
	record := Record{Type: typ, Version: fmt.Sprintf("%04x", version), Length: &length}
	if typ == mbedtls.RecordHandshake {
		p.handshake = f.messages(append(p.handshake, body...), p.varies)
		if n := len(f.Messages); n > 0 && f.Messages[n-1].SignatureLength == variableLength {
			record.Length = nil
		}
	} else {
		record.Body = Octets(body)
	}
	if typ == mbedtls.RecordAlert && len(body) == 2 {
		f.Alert = &FlightAlert{body[0], body[1], mbedtls.AlertName(body[1])}
	}
	f.Records = append(f.Records, record)
}

// end returns the flight. What is left of a record or a message is part of it, without the room that
// was there for more.
func (p *flightParser) end() *Flight {
	if len(p.rest) > 0 {
		p.flight.Trailing = bytes.Clone(p.rest)
	}
	if len(p.handshake) > 0 {
		p.flight.PartialHandshake = bytes.Clone(p.handshake)
	}
	return p.flight
}

// Chain returns the certificates of a flight that was received, in DER and in their
// order. What was read from a file has none.
func (f *Flight) Chain() [][]byte { return f.chain }

// Done reports whether a ServerHelloDone came.
func (f *Flight) Done() bool {
	n := len(f.Messages)
	return n > 0 && f.Messages[n-1].Type == "server_hello_done"
}

// messages takes the whole messages off the front of data and returns the rest.
func (f *Flight) messages(data []byte, varies bool) []byte {
	s := cryptobyte.String(data)
	for len(f.Messages) < maxItems {
		rest := s
		var typ uint8
		var body cryptobyte.String
		if !s.ReadUint8(&typ) || !s.ReadUint24LengthPrefixed(&body) {
			return rest
		}
		f.Messages = append(f.Messages, f.message(typ, body, varies))
	}
	return s
}

func (f *Flight) message(typ uint8, body cryptobyte.String, varies bool) Message {
	length := len(body)
	switch typ {
	case 2:
		if m, ok := f.serverHello(body); ok {
			return m
		}
	case 11:
		if m, ok := f.certificates(body); ok {
			return m
		}
	case 12:
		if m, ok := f.serverKeyExchange(body, varies); ok {
			return m
		}
	case 13:
		return Message{Type: "certificate_request", Body: Octets(body)}
	case 14:
		return Message{Type: "server_hello_done", Length: &length}
	}
	return Message{Type: fmt.Sprintf("type_%d", typ), Body: Octets(body)}
}

func (f *Flight) serverHello(body cryptobyte.String) (Message, bool) {
	var version, suite uint16
	var random []byte
	var sessionID cryptobyte.String
	var compression uint8
	if !body.ReadUint16(&version) || !body.ReadBytes(&random, 32) || !body.ReadUint8LengthPrefixed(&sessionID) ||
		!body.ReadUint16(&suite) || !body.ReadUint8(&compression) {
		return Message{}, false
	}
	f.serverRandom, f.version = random, version
	block := Octets(body)
	idLen, comp := len(sessionID), int(compression)
	m := Message{
		Type: "server_hello", Version: fmt.Sprintf("%04x", version), Random: "masked(32)", SessionIDLength: &idLen,
		CipherSuite: fmt.Sprintf("%04x", suite), Compression: &comp, ExtensionsBlock: &block,
	}
	var list cryptobyte.String
	if !body.Empty() && !body.ReadUint16LengthPrefixed(&list) {
		return Message{}, false
	}
	for !list.Empty() {
		var typ uint16
		var data cryptobyte.String
		if !list.ReadUint16(&typ) || !list.ReadUint16LengthPrefixed(&data) {
			return Message{}, false
		}
		m.Extensions = append(m.Extensions, Extension{typ, Octets(data)})
	}
	return m, true
}

func (f *Flight) certificates(body cryptobyte.String) (Message, bool) {
	length := len(body)
	m := Message{Type: "certificate", Length: &length}
	var list cryptobyte.String
	if !body.ReadUint24LengthPrefixed(&list) {
		return Message{}, false
	}
	for !list.Empty() {
		var cert cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&cert) {
			return Message{}, false
		}
		f.chain = append(f.chain, cert)
		sum := sha256.Sum256(cert)
		m.Certs = append(m.Certs, hex.EncodeToString(sum[:]))
	}
	return m, true
}

func (f *Flight) serverKeyExchange(body cryptobyte.String, varies bool) (Message, bool) {
	params := []byte(body)
	var curveType uint8
	var group, alg uint16
	var public, signature cryptobyte.String
	if !body.ReadUint8(&curveType) || !body.ReadUint16(&group) || !body.ReadUint8LengthPrefixed(&public) || len(public) == 0 {
		return Message{}, false
	}
	params = params[:len(params)-len(body)]
	if f.version != 0 && f.version < VersionTLS12 {
		alg = signatureSHA1ECDSA // it goes without saying (RFC 4492 section 5.4)
	} else if !body.ReadUint16(&alg) {
		return Message{}, false
	}
	if !body.ReadUint16LengthPrefixed(&signature) {
		return Message{}, false
	}
	f.keyExchanges = append(f.keyExchanges, keyExchange{params, alg, signature})
	first := public[0]
	if first == 3 {
		first = 2 // of a compressed point: which of the two is as random as the rest
	}
	var length any = float64(len(signature)) // as JSON has numbers
	if varies || alg&0xff == signECDSA {
		length = variableLength
	}
	return Message{
		Type: "server_key_exchange", CurveType: int(curveType), NamedCurve: int(group), PublicLength: len(public),
		PublicFirst: fmt.Sprintf("%02x", first), Public: fmt.Sprintf("masked(%d)", len(public)-1),
		SignatureAlgorithm: fmt.Sprintf("%04x", alg), SignatureLength: length, Signature: "masked",
	}, true
}

// VerifySignatures checks what the mask hides: every ServerKeyExchange signature, over
// the randoms of the first ClientHello in sent and of the server, with the key that
// the server loaded.
func (f *Flight) VerifySignatures(sent []byte, key *mbedtls.PrivateKey) error {
	for _, kx := range f.keyExchanges {
		random := clientRandom(sent)
		if random == nil || f.serverRandom == nil {
			return errors.New("a ServerKeyExchange came without both hellos")
		}
		signed := append(slices.Clone(random), f.serverRandom...)
		if !key.VerifySignature(kx.alg, append(signed, kx.params...), kx.signature) {
			return fmt.Errorf("the ServerKeyExchange signature (algorithm %04x) does not verify with the loaded key", kx.alg)
		}
	}
	return nil
}

// clientRandom returns the random of the first ClientHello, which may be split over
// records, and come after records of other types; nil when there is none.
func clientRandom(sent []byte) []byte {
	const randomOffset = 4 + 2
	var handshake []byte
	s := cryptobyte.String(sent)
	var typ uint8
	var content cryptobyte.String
	for s.ReadUint8(&typ) && s.Skip(2) && s.ReadUint16LengthPrefixed(&content) {
		if typ == mbedtls.RecordHandshake {
			handshake = append(handshake, content...)
		}
	}
	if len(handshake) < randomOffset+32 {
		return nil
	}
	return handshake[randomOffset : randomOffset+32]
}
