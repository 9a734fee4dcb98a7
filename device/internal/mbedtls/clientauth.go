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
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, uint16(2*len(config.Profile.requested)))
	for _, alg := range config.Profile.requested { // CAMERA.md section 6
		hs.msg = binary.BigEndian.AppendUint16(hs.msg, alg)
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

// minClientCertificate is the least length of a certificate that is looked at, octets.
const minClientCertificate = 128

// readClientCertificate reads the client's chain and judges it (CAMERA.md section 6).
func (hs *handshake) readClientCertificate() error {
	c := hs.c
	if c.config.VerifyMode == VerifyNone {
		return nil
	}
	if err := c.readMessage(); err != nil {
		return err
	}
	msg := c.handshakeMessage()
	if msg == nil || msg[0] != typeCertificate {
		return hs.fail(alertUnexpectedMessage, ErrUnexpectedMessage)
	}
	hs.record(msg)
	body := cryptobyte.String(msg[handshakeHeaderLen:])
	var list cryptobyte.String
	if !body.ReadUint24LengthPrefixed(&list) || !body.Empty() {
		return hs.fail(alertDecodeError, ErrDecodeError)
	}
	if list.Empty() {
		if c.config.VerifyMode == VerifyOptional {
			return nil
		}
		return ErrNoClientCertificate // no alert
	}
	chain, err := hs.parseClientChain(list)
	if err != nil {
		return err
	}
	return hs.judge(chain)
}

// parseClientChain parses the certificates one by one. Those with an unknown signature algorithm are passed over, whichever place
// they have.
func (hs *handshake) parseClientChain(list cryptobyte.String) (chain []*Certificate, err error) {
	for !list.Empty() {
		if len(list) >= 3 && list[0] != 0 {
			return nil, hs.fail(alertUnsupportedCert, ErrBadCertificate) // 64 KiB or more
		}
		var der cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) || len(der) < minClientCertificate {
			return nil, hs.fail(alertDecodeError, ErrDecodeError)
		}
		// The message lies in a buffer that the next record takes.
		cert, err := hs.c.config.Profile.parseCertificate(slices.Clone(der))
		switch {
		case errors.Is(err, errX509UnknownSigAlg):
			continue
		case errors.Is(err, errX509UnknownVersion):
			hs.c.sendAlert(AlertFatal, alertUnsupportedCert, versionTLS12)
			return nil, err
		case err != nil:
			hs.c.sendAlert(AlertFatal, alertBadCertificate, versionTLS12)
			return nil, err
		}
		chain = append(chain, cert)
	}
	return chain, nil
}

// judge verifies the client's chain and keeps the certificate that is to sign. In the optional mode what is wrong with
// the chain is borne, unless it is too long to be verified.
func (hs *handshake) judge(chain []*Certificate) error {
	config := hs.c.config
	wrong, err := verifyChain(chain, config.CAs, config.Clock())
	var usage verifyFlags
	if len(chain) > 0 {
		hs.peer = chain[0]
		usage = clientUsage(chain[0])
	}
	switch {
	case err != nil || config.VerifyMode == VerifyOptional:
	case wrong != 0:
		err = (wrong | usage).err()
	case usage != 0:
		err = ErrBadCertificate
	}
	if len(config.CAs) == 0 && config.VerifyMode == VerifyRequired {
		err = ErrCAChainRequired
	}
	if err != nil {
		hs.c.sendAlert(AlertFatal, (wrong | usage).alert(), versionTLS12)
		return err
	}
	if len(chain) > 0 {
		return nil
	}
	if config.Profile.KeepsPeer {
		hs.peer = &Certificate{} // without a key, so that nothing fits it
		return nil
	}
	return ErrInternal // in silence: no certificate is left to take the key from
}

// signs tells whether a key makes signatures of that kind.
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
	c := hs.c
	if hs.peer == nil {
		return nil
	}
	if err := c.readMessage(); err != nil {
		return err
	}
	msg := c.handshakeMessage()
	if msg == nil || msg[0] != typeCertificateVerify {
		return ErrUnexpectedMessage
	}
	body := cryptobyte.String(msg[handshakeHeaderLen:])
	var alg uint16
	var signature cryptobyte.String
	if !body.ReadUint16(&alg) {
		return ErrDecodeError
	}
	if !slices.Contains(c.config.Profile.requested, alg) || !hs.peer.kind.signs(alg) {
		return ErrIllegalParameter
	}
	if !body.ReadUint16LengthPrefixed(&signature) || !body.Empty() {
		return ErrDecodeError
	}
	if err := verify(hs.peer.Public(), signatureHash(alg), hs.messages, signature); err != nil {
		return err
	}
	hs.record(msg)
	return nil
}

// NoClientCertificateAlert sends the alert that goes with ErrNoClientCertificate when the
// handshake runs inside a read or write.
func (c *Conn) NoClientCertificateAlert(err error) {
	if errors.Is(err, ErrNoClientCertificate) {
		c.sendAlert(AlertFatal, alertHandshakeFailure, versionTLS12)
	}
}
