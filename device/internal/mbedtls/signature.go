package mbedtls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // the hashes of signatureHash
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
)

// The two octets of a SignatureAndHashAlgorithm (RFC 5246 section 7.4.1.4.1).
const (
	hashSHA1  = 2
	signRSA   = 1
	signECDSA = 3
)

// signatureHash returns the hash of a signature algorithm that the camera can
// make, or 0.
func signatureHash(alg uint16) crypto.Hash {
	if low := alg & 0xff; low != signRSA && low != signECDSA {
		return 0
	}
	switch alg >> 8 {
	case hashSHA1:
		return crypto.SHA1
	case 4:
		return crypto.SHA256
	case 5:
		return crypto.SHA384
	case 6:
		return crypto.SHA512
	}
	return 0
}

// sign signs a digest with the loaded key, whatever the algorithm's key type says:
// nobody compared key and certificate (CAMERA.md section 1.5).
func (k *PrivateKey) sign(hash crypto.Hash, digest []byte) ([]byte, error) {
	switch {
	case k == nil:
		return nil, ErrPKBadInputData // a later load failed and took the key away
	case k.kind == keyECDH:
		return nil, ErrPKTypeMismatch
	case k.ec != nil:
		sig, err := ecdsa.SignASN1(rand.Reader, k.ec, digest)
		if err != nil {
			return nil, ErrInternal
		}
		return sig, nil
	case k.rsa == nil:
		return nil, ErrRSAVerifyFailed
	}
	sig, err := rsa.SignPKCS1v15(nil, k.rsa, hash, digest)
	if errors.Is(err, rsa.ErrMessageTooLong) {
		return nil, ErrRSABadInputData
	}
	if err != nil {
		return nil, ErrRSAVerifyFailed
	}
	return sig, nil
}

// VerifySignature checks a ServerKeyExchange signature made by a camera with the
// key k; signed is the concatenation of both randoms and the parameters. It
// serves the checks of recorded exchanges.
func (k *PrivateKey) VerifySignature(alg uint16, signed, sig []byte) bool {
	hash := signatureHash(alg)
	if hash == 0 {
		return false
	}
	return verifies(k.Public(), hash, signed, sig)
}

// verifies checks an ECDSA or RSA PKCS#1 v1.5 signature over signed.
func verifies(public crypto.PublicKey, hash crypto.Hash, signed, sig []byte) bool {
	h := hash.New()
	h.Write(signed)
	digest := h.Sum(nil)
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, hash, digest, sig) == nil
	}
	return false
}
