package mbedtls

import (
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/binary"
)

const curveTypeNamed = 3

// keyExchange is the server's half of an ECDHE agreement.
type keyExchange struct {
	curve   *namedCurve
	private *ecdh.PrivateKey
}

// appendKeyExchange appends the body of the ServerKeyExchange. When there is no
// common group or the key cannot sign, the handshake ends without an alert
// (CAMERA.md sections 1.5 and 2.1, step 15).
func (hs *handshake) appendKeyExchange() error {
	curve := hs.hello.chooseGroup()
	if curve == nil {
		return ErrHandshakeFailure
	}
	done, err := hs.c.config.compute(OperationSign, hs.suite)
	if err != nil {
		return err
	}
	defer done()
	private, err := curve.ecdh.GenerateKey(rand.Reader)
	if err != nil {
		return ErrInternal
	}
	hs.exchange = keyExchange{curve, private}
	alg := hs.hello.chooseSignature(hs.suite.auth)

	params := len(hs.msg)
	point := private.PublicKey().Bytes()
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
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, alg)
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, uint16(len(signature)))
	hs.msg = append(hs.msg, signature...)
	hs.c.state.Group, hs.c.state.SignatureAlgorithm = curve.id, alg
	return nil
}

// agree returns the pre-master secret for the body of an ECDHE ClientKeyExchange.
func (k *keyExchange) agree(body []byte) ([]byte, error) {
	if len(body) < 2 || int(body[0]) != len(body)-1 {
		return nil, ErrDecodeError
	}
	point := body[1:]
	if point[0] == 2 || point[0] == 3 {
		// Compressed points are taken, although the server never offered them.
		x, y := elliptic.UnmarshalCompressed(k.curve.curve, point)
		if x == nil {
			return nil, ErrDecodeError
		}
		size := len(point) - 1
		uncompressed := make([]byte, 1+2*size)
		uncompressed[0] = 4
		x.FillBytes(uncompressed[1 : 1+size])
		y.FillBytes(uncompressed[1+size:])
		point = uncompressed
	}
	public, err := k.curve.ecdh.NewPublicKey(point)
	if err != nil {
		return nil, ErrDecodeError
	}
	secret, err := k.private.ECDH(public)
	if err != nil {
		return nil, ErrDecodeError
	}
	return secret, nil
}

const preMasterLen = 48

// decryptPreMaster returns the pre-master secret for the body of a static-RSA
// ClientKeyExchange. It never fails: whatever is wrong, the secret is random, and
// neither timing nor answer tells why (RFC 5246 section 7.4.7.1). The length has to
// be that of the certificate's modulus, as in Mbed TLS, and that of the key's, because
// rsa.DecryptPKCS1v15SessionKey would take a shorter ciphertext.
func (config *Config) decryptPreMaster(body []byte) []byte {
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
	versionOK := subtle.ConstantTimeByteEq(secret[0], versionTLS12>>8) & subtle.ConstantTimeByteEq(secret[1], versionTLS12&0xff)
	subtle.ConstantTimeCopy(1-versionOK, secret, random)
	return secret
}
