package mbedtls

import (
	"encoding/binary"
	"slices"
)

// minServerHelloBody is the least length of a ServerHello without its header, octets.
const minServerHelloBody = 38

// readServerHello (CAMERA.md section 11.2).
func (hs *handshake) readServerHello() error {
	msg, err := hs.nextHandshake()
	if err != nil {
		return err
	}
	if len(msg) < handshakeHeaderLen+minServerHelloBody || msg[0] != typeServerHello {
		return hs.fail(alertDecodeError, ErrDecodeError)
	}
	body := msg[handshakeHeaderLen:]
	if version := binary.BigEndian.Uint16(body); version != versionTLS12 {
		// The record of this alert carries the version that the server chose.
		hs.c.version = version
		return hs.fail(alertProtocolVersion, ErrBadProtocolVersion)
	}
	copy(hs.serverRandom[:], body[2:])
	idLen := int(body[34])
	if idLen > maxSessionID || len(body) < minServerHelloBody+idLen || len(body) == minServerHelloBody+idLen+1 {
		return hs.fail(alertDecodeError, ErrDecodeError)
	}
	choice, rest := body[35+idLen:minServerHelloBody+idLen], body[minServerHelloBody+idLen:]
	var extensions []byte
	if len(rest) > 0 {
		length := int(binary.BigEndian.Uint16(rest))
		if extensions = rest[2:]; len(extensions) != length || length > 0 && length < 4 {
			return hs.fail(alertDecodeError, ErrDecodeError)
		}
	}
	if choice[2] != 0 {
		return hs.fail(alertIllegalParameter, ErrFeatureUnavailable) // a compression
	}
	if err := hs.takeSuite(binary.BigEndian.Uint16(choice)); err != nil {
		return err
	}
	return hs.readServerExtensions(extensions)
}

// takeSuite agrees on the server's choice.
func (hs *handshake) takeSuite(id uint16) error {
	profile := hs.c.config.Profile
	for _, s := range profile.suites {
		if s.ID == id {
			hs.suite, hs.c.state.Suite = s, s
			hs.transcript = s.prf()
			hs.transcript.Write(hs.messages)
			return nil
		}
	}
	if profile.PSK && slices.Contains(pskSuites, id) {
		return hs.fail(alertHandshakeFailure, ErrHandshakeFailure)
	}
	return hs.fail(alertInternalError, ErrBadInputData)
}

// readServerExtensions reads those that mean something to the client, whether they were offered or not.
func (hs *handshake) readServerExtensions(list []byte) error {
	for len(list) > 0 {
		typ, length := binary.BigEndian.Uint16(list), int(binary.BigEndian.Uint16(list[2:]))
		if length+4 > len(list) {
			return hs.fail(alertDecodeError, ErrDecodeError)
		}
		data := list[4 : 4+length]
		switch typ {
		case extRenegotiation:
			if len(data) != 1 || data[0] != 0 {
				return hs.fail(alertHandshakeFailure, ErrHandshakeFailure)
			}
		case extPointFormats:
			if err := hs.checkPointFormats(data); err != nil {
				return err
			}
		}
		list = list[4+length:]
		if len(list) > 0 && len(list) < 4 {
			return ErrDecodeError // in silence
		}
	}
	return nil
}

// checkPointFormats asks for a format that the client knows. It sends uncompressed points, whatever comes first.
func (hs *handshake) checkPointFormats(data []byte) error {
	if len(data) == 0 || int(data[0]) != len(data)-1 {
		return hs.fail(alertDecodeError, ErrDecodeError)
	}
	for _, format := range data[1:] {
		if format <= 1 {
			return nil
		}
	}
	return hs.fail(alertHandshakeFailure, ErrHandshakeFailure)
}
