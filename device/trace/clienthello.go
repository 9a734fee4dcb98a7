package trace

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// A ClientHello is what a client offered, read tolerantly: it tells about clients
// that the camera refused, too.
type ClientHello struct {
	Version             Codepoint   `json:"version"`            // of the message (RFC 5246 section 7.4.1.2)
	SupportedVersions   []Codepoint `json:"supported_versions"` // of the extension (RFC 8446 section 4.2.1)
	CipherSuites        []Codepoint `json:"cipher_suites"`
	Groups              []Codepoint `json:"groups"`
	SignatureAlgorithms []Codepoint `json:"signature_algorithms"`
	Extensions          []Codepoint `json:"extensions"`  // types, in their order
	ServerName          string      `json:"server_name"` // the first host name of the SNI
	ALPN                []string    `json:"alpn"`
	Length              int         `json:"length"` // of the handshake message with its header, octets
}

// GroupNames returns the names of the offered groups; unknown ones are left out.
func (h *ClientHello) GroupNames() []string {
	var names []string
	for _, g := range h.Groups {
		if name := mbedtls.GroupName(uint16(g)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Types of the extensions that a ClientHello is looked through for (IANA TLS
// ExtensionType Values).
const (
	extServerName          = 0
	extSupportedGroups     = 10
	extSignatureAlgorithms = 13
	extALPN                = 16
	extSupportedVersions   = 43
)

const handshakeHeaderLen = 4

// ParseClientHello reads a handshake message with its header as far as it can be read.
func ParseClientHello(msg []byte) *ClientHello {
	h := &ClientHello{Length: len(msg)}
	if len(msg) < handshakeHeaderLen+2 {
		return h
	}
	h.Version = Codepoint(binary.BigEndian.Uint16(msg[handshakeHeaderLen:]))
	s := cryptobyte.String(msg[handshakeHeaderLen+2:])
	var sessionID, suites, compressions, extensions cryptobyte.String
	if !s.Skip(32) || !s.ReadUint8LengthPrefixed(&sessionID) || !s.ReadUint16LengthPrefixed(&suites) {
		return h
	}
	h.CipherSuites = codepoints(suites)
	if !s.ReadUint8LengthPrefixed(&compressions) || !s.ReadUint16LengthPrefixed(&extensions) {
		return h
	}
	for !extensions.Empty() {
		var typ uint16
		var data cryptobyte.String
		if !extensions.ReadUint16(&typ) || !extensions.ReadUint16LengthPrefixed(&data) {
			return h
		}
		h.Extensions = append(h.Extensions, Codepoint(typ))
		h.readExtension(typ, data)
	}
	return h
}

func (h *ClientHello) readExtension(typ uint16, data cryptobyte.String) {
	var list cryptobyte.String
	switch typ {
	case extServerName:
		var nameType uint8
		var name cryptobyte.String
		if data.ReadUint16LengthPrefixed(&list) && list.ReadUint8(&nameType) && nameType == 0 && list.ReadUint16LengthPrefixed(&name) {
			h.ServerName = string(name)
		}
	case extSupportedGroups:
		if data.ReadUint16LengthPrefixed(&list) {
			h.Groups = codepoints(list)
		}
	case extSignatureAlgorithms:
		if data.ReadUint16LengthPrefixed(&list) {
			h.SignatureAlgorithms = codepoints(list)
		}
	case extSupportedVersions:
		if data.ReadUint8LengthPrefixed(&list) {
			h.SupportedVersions = codepoints(list)
		}
	case extALPN:
		if !data.ReadUint16LengthPrefixed(&list) {
			return
		}
		var name cryptobyte.String
		for list.ReadUint8LengthPrefixed(&name) {
			h.ALPN = append(h.ALPN, string(name))
		}
	}
}

func codepoints(s cryptobyte.String) []Codepoint {
	var list []Codepoint
	var v uint16
	for s.ReadUint16(&v) {
		list = append(list, Codepoint(v))
	}
	return list
}
