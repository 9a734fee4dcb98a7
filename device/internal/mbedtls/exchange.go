package mbedtls

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/binary"
)

const curveTypeNamed = 3

// keyExchange is the server's half of an ECDHE agreement.
type keyExchange struct {
	curve   *namedCurve
	private *ecdh.PrivateKey // nil on curves for which the standard library has none
	scalar  []byte           // there
}

// newKeyExchange returns a new key and its public point.
func newKeyExchange(curve *namedCurve) (k keyExchange, point []byte, err error) {
	if curve.ecdh == nil {
		scalar, point, err := curve.generate()
		return keyExchange{curve: curve, scalar: scalar}, point, err
	}
	private, err := curve.ecdh.GenerateKey(rand.Reader)
	if err != nil {
		return k, nil, err
	}
	return keyExchange{curve: curve, private: private}, private.PublicKey().Bytes(), nil
}

// appendKeyExchange appends the body of the ServerKeyExchange. When there is no
// common group or the key cannot sign, the handshake ends without an alert
// (CAMERA.md sections 1.5 and 2.1, step 15).
func (hs *handshake) appendKeyExchange() error {
	curve := hs.hello.chooseGroup()
	if curve == nil {
		return hs.refuse(&hs.c.config.Profile.noGroup)
	}
	done, err := hs.c.config.compute(OperationSign, hs.suite)
	if err != nil {
		return err
	}
	defer done()
	exchange, point, err := newKeyExchange(curve)
	if err != nil {
		return ErrInternal
	}
	hs.exchange = exchange
	if hs.hello.compressed && hs.hello.profile.followsFormats {
		point = compressed(point)
	}
	alg := hs.hello.chooseSignature(hs.suite.auth)

	params := len(hs.msg)
	hs.msg = append(hs.msg, curveTypeNamed)
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, curve.id)
	hs.msg = append(hs.msg, byte(len(point)))
	hs.msg = append(hs.msg, point...)

	hash := signatureHash(alg)
	h := hash.New()
	h.Write(hs.hello.random[:])
	h.Write(hs.serverRandom[:])
	h.Write(hs.msg[params:])
	signature, err := hs.c.config.Key.sign(hash, h.Sum(hs.digest[:0]))
	if err != nil {
		return err
	}
	if hs.hello.version >= versionTLS12 {
		hs.msg = binary.BigEndian.AppendUint16(hs.msg, alg)
	}
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, uint16(len(signature)))
	hs.msg = append(hs.msg, signature...)
	hs.c.state.Group, hs.c.state.SignatureAlgorithm = curve.id, alg
	return nil
}

// agree returns the pre-master secret for the body of an ECDHE ClientKeyExchange.
func (hs *handshake) agree(body []byte) ([]byte, error) {
	p := hs.c.config.Profile
	if len(body) < 2 || int(body[0]) != len(body)-1 {
		return nil, hs.refuse(&p.point)
	}
	secret, wrong := hs.exchange.agree(body[1:], p)
	if wrong != nil {
		return nil, hs.refuse(wrong)
	}
	return secret, nil
}

// agree returns the secret with the owner of a point, or what is wrong with the point.
func (k *keyExchange) agree(point []byte, p *Profile) ([]byte, *refusal) {
	size := (k.curve.curve.Params().BitSize + 7) / 8
	switch {
	case p.compressed && (point[0] == 2 || point[0] == 3):
		// Compressed points are taken, although the server never offered them.
		if point = k.curve.expand(point); point == nil {
			return nil, &p.offCurve
		}
	case len(point) == 1 && point[0] == 0:
		return nil, &p.offCurve // the point at infinity
	case point[0] != 4 || len(point) != 1+2*size:
		return nil, &p.point
	}
	if k.private == nil {
		secret := k.curve.agree(k.scalar, point)
		if secret == nil {
			return nil, &p.offCurve
		}
		return secret, nil
	}
	public, err := k.curve.ecdh.NewPublicKey(point)
	if err != nil {
		return nil, &p.offCurve
	}
	secret, err := k.private.ECDH(public)
	if err != nil {
		return nil, &p.offCurve
	}
	return secret, nil
}

const preMasterLen = 48

// decryptPreMaster returns the pre-master secret for the body of a static-RSA
// ClientKeyExchange. It never fails: whatever is wrong, the secret is random, and
// neither timing nor answer tells why (RFC 5246 section 7.4.7.1). The secret begins with the version that the client
// offered. The length has to
// be that of the certificate's modulus, as in Mbed TLS, and that of the key's, because
// rsa.DecryptPKCS1v15SessionKey would take a shorter ciphertext.
func (config *Config) decryptPreMaster(body []byte, offered uint16) []byte {
	secret, random := make([]byte, preMasterLen), make([]byte, preMasterLen)
	rand.Read(secret)
	rand.Read(random)
	certKey := config.Chain[0].rsa
	key := config.Key
	if len(body) < 2 || int(binary.BigEndian.Uint16(body)) != len(body)-2 {
		return secret
	}
	ciphertext := body[2:]
	if certKey == nil || len(ciphertext) != certKey.Size() || key == nil || key.rsa == nil || len(ciphertext) != key.size {
		return secret
	}
	//lint:ignore SA1019 static RSA is what the camera speaks
	if rsa.DecryptPKCS1v15SessionKey(nil, key.rsa, ciphertext, secret) != nil {
		return random
	}
	versionOK := subtle.ConstantTimeByteEq(secret[0], byte(offered>>8)) & subtle.ConstantTimeByteEq(secret[1], byte(offered))
	subtle.ConstantTimeCopy(1-versionOK, secret, random)
	return secret
}
