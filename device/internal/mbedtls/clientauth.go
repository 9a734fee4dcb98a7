package mbedtls

import (
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// A VerifyMode is what SSLContext.verify_mode is set to.
type VerifyMode int

// The modes of MicroPython: CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED.
const (
	VerifyNone VerifyMode = iota
	VerifyOptional
	VerifyRequired
)

// Certificate types of a CertificateRequest (RFC 5246 section 7.4.4, RFC 8422 section 5.5).
const (
	certTypeRSASign   = 1
	certTypeECDSASign = 64
)

func (hs *handshake) sendCertificateRequest() error {
	config := hs.c.config
	if config.VerifyMode == VerifyNone {
		return nil
	}
	hs.start(typeCertificateReq)
	hs.msg = append(hs.msg, 2, certTypeRSASign, certTypeECDSASign)
	if hs.hello.version >= versionTLS12 {
		hs.msg = binary.BigEndian.AppendUint16(hs.msg, uint16(2*len(config.Profile.requested)))
		for _, alg := range config.Profile.requested { // CAMERA.md section 6
			hs.msg = binary.BigEndian.AppendUint16(hs.msg, alg)
		}
	}
	names := len(hs.msg)
	hs.msg = append(hs.msg, 0, 0)
	for _, ca := range config.CAs {
		hs.msg = binary.BigEndian.AppendUint16(hs.msg, uint16(len(ca.rawSubject)))
		hs.msg = append(hs.msg, ca.rawSubject...)
	}
	binary.BigEndian.PutUint16(hs.msg[names:], uint16(len(hs.msg)-names-2))
	return hs.send()
}

// readClientCertificate reads the client's chain and judges it (CAMERA.md section 6).
func (hs *handshake) readClientCertificate() error {
	c, p := hs.c, hs.c.config.Profile
	if c.config.VerifyMode == VerifyNone {
		return nil
	}
	if err := c.readMessage(); err != nil {
		return err
	}
	msg := c.handshakeMessage()
	switch {
	case msg == nil:
		return hs.refuse(&p.certRecord)
	case msg[0] != typeCertificate:
		return hs.refuse(&p.certMessage)
	}
	hs.record(msg)
	body := cryptobyte.String(msg[handshakeHeaderLen:])
	var list cryptobyte.String
	if !body.ReadUint24LengthPrefixed(&list) || !body.Empty() {
		return hs.refuse(&p.certList)
	}
	if list.Empty() {
		if c.config.VerifyMode == VerifyOptional {
			return nil
		}
		return ErrNoClientCertificate // no alert
	}
	chain, err := hs.parsePeerChain(list)
	if err != nil {
		return err
	}
	return hs.judge(chain, clientUsage)
}

// signs reports whether a key makes signatures of that kind.
func (k keyType) signs(alg uint16) bool {
	switch alg & 0xff {
	case signRSA:
		return k == keyRSA
	case signECDSA:
		return k == keyECDSA
	}
	return false
}

// readCertificateVerify: none of its failures sends an alert (CAMERA.md section 6).
func (hs *handshake) readCertificateVerify() error {
	c, p := hs.c, hs.c.config.Profile
	if hs.peer == nil {
		return nil
	}
	if err := c.readMessage(); err != nil {
		return err
	}
	msg := c.handshakeMessage()
	if msg == nil || msg[0] != typeCertificateVerify {
		return hs.refuse(&p.verifyMessage)
	}
	body := cryptobyte.String(msg[handshakeHeaderLen:])
	hash := hs.peer.kind.oldSignatureHash()
	if hs.hello.version >= versionTLS12 {
		var alg uint16
		if !body.ReadUint16(&alg) {
			return hs.refuse(&p.verifyForm)
		}
		if !slices.Contains(p.requested, alg) || !hs.peer.kind.signs(alg) {
			return hs.refuse(&p.verifyAlg)
		}
		hash = signatureHash(alg)
	}
	var signature cryptobyte.String
	if !body.ReadUint16LengthPrefixed(&signature) || !body.Empty() {
		return hs.refuse(&p.verifyForm)
	}
	if err := verify(hs.peer.Public(), hash, hs.messages, signature); err != nil {
		return err
	}
	hs.record(msg)
	return nil
}

// NoClientCertificateAlert sends the alert that goes with ErrNoClientCertificate when the
// handshake runs inside a read or write.
func (c *Conn) NoClientCertificateAlert(err error) {
	if errors.Is(err, ErrNoClientCertificate) {
		c.sendAlert(AlertFatal, alertHandshakeFailure)
	}
}
