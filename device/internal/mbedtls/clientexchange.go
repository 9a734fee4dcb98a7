package mbedtls

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// readServerKeyExchange reads the server's half of an ECDHE agreement and verifies its signature (CAMERA.md section 11.4).
func (hs *handshake) readServerKeyExchange() error {
	if !hs.suite.ecdhe {
		return nil
	}
	msg, err := hs.nextHandshake()
	if err != nil {
		return err
	}
	if msg[0] != typeServerKeyExchange {
		return hs.fail(alertUnexpectedMessage, ErrUnexpectedMessage)
	}
	body := cryptobyte.String(msg[handshakeHeaderLen:])
	params := body
	if !hs.readECDHEParams(&body) {
		return hs.fail(alertIllegalParameter, ErrIllegalParameter)
	}
	params = params[:len(params)-len(body)]
	var alg uint16
	if !body.ReadUint16(&alg) {
		return hs.fail(alertDecodeError, ErrDecodeError)
	}
	hash := hs.c.config.Profile.verifiableHash(alg)
	if hash == 0 || !hs.peer.kind.signs(alg) {
		return hs.fail(alertIllegalParameter, ErrIllegalParameter)
	}
	var signature cryptobyte.String
	if !body.ReadUint16LengthPrefixed(&signature) || !body.Empty() {
		return hs.fail(alertDecodeError, ErrDecodeError)
	}
	signed := slices.Concat(hs.clientRandom[:], hs.serverRandom[:], params)
	if err := verify(hs.peer.Public(), hash, signed, signature); err != nil {
		hs.c.sendAlert(AlertFatal, alertDecryptError)
		return err
	}
	hs.c.state.Group, hs.c.state.SignatureAlgorithm = hs.exchange.curve.id, alg
	return nil
}

// readECDHEParams reads curve and point. The point need not be on the curve: that is asked when the secret is computed.
func (hs *handshake) readECDHEParams(body *cryptobyte.String) bool {
	var curveType uint8
	var group uint16
	var point cryptobyte.String
	if !body.ReadUint8(&curveType) || curveType != curveTypeNamed || !body.ReadUint16(&group) ||
		!body.ReadUint8LengthPrefixed(&point) || len(point) == 0 {
		return false
	}
	for _, curve := range hs.c.config.Profile.groups {
		if curve.id == group && curve.readsPoint(point) {
			hs.exchange.curve, hs.serverPoint = curve, slices.Clone(point)
			return true
		}
	}
	return false
}

// readsPoint reports whether mbedtls_ecp_point_read_binary takes a point, which need not be on the curve.
func (c *namedCurve) readsPoint(point []byte) bool {
	size := (c.curve.Params().BitSize + 7) / 8
	switch {
	case len(point) == 1:
		return point[0] == 0 // at infinity
	case len(point) == 1+2*size:
		return point[0] == 4
	case len(point) == 1+size:
		return point[0] == 2 || point[0] == 3 // a root is taken, and nobody looks whether it is one
	}
	return false
}

// sendClientKeyExchange sends the client's half and derives the keys.
func (hs *handshake) sendClientKeyExchange() error {
	hs.start(typeClientKeyExchange)
	appendSecret := hs.appendEncrypted
	if hs.suite.ecdhe {
		appendSecret = hs.appendPoint
	}
	preMaster, err := appendSecret()
	if err != nil {
		return err
	}
	if err := hs.send(); err != nil {
		return err
	}
	return hs.deriveKeys(preMaster, &hs.clientRandom)
}

// appendPoint returns the secret of ECDHE.
func (hs *handshake) appendPoint() ([]byte, error) {
	exchange, point, err := newKeyExchange(hs.exchange.curve)
	if err != nil {
		return nil, ErrInternal
	}
	secret, wrong := exchange.agree(hs.serverPoint, hs.c.config.Profile)
	if wrong != nil {
		return nil, errECPInvalidKey
	}
	hs.msg = append(append(hs.msg, byte(len(point))), point...)
	return secret, nil
}

// appendEncrypted returns the secret of static RSA.
func (hs *handshake) appendEncrypted() ([]byte, error) {
	preMaster := make([]byte, preMasterLen)
	rand.Read(preMaster)
	binary.BigEndian.PutUint16(preMaster, versionTLS12)
	if hs.peer.rsa == nil {
		return nil, errSSLTypeMismatch
	}
	//lint:ignore SA1019 static RSA is what the camera speaks
	encrypted, err := rsa.EncryptPKCS1v15(rand.Reader, hs.peer.rsa, preMaster)
	if err != nil {
		return nil, ErrRSABadInputData
	}
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, uint16(len(encrypted)))
	hs.msg = append(hs.msg, encrypted...)
	return preMaster, nil
}
