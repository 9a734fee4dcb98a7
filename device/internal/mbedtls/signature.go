package mbedtls

import (
	"crypto"
	"crypto/ecdsa"
	_ "crypto/md5" // the hashes of signatureHash and of certificates
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The two octets of a SignatureAndHashAlgorithm (RFC 5246 section 7.4.1.4.1).
const (
	hashMD5    = 1
	hashSHA1   = 2
	hashSHA256 = 4
	hashSHA384 = 5
	signRSA    = 1
	signECDSA  = 3

	hashSHA224         = 3
	signatureSHA1ECDSA = hashSHA1<<8 | signECDSA
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
	case hashSHA224:
		return crypto.SHA224
	case 4:
		return crypto.SHA256
	case 5:
		return crypto.SHA384
	case 6:
		return crypto.SHA512
	}
	return 0
}

// verifiableHash returns the hash of a signature algorithm that a client verifies, or 0: unless the build is strict, MD5
// and SHA-1 will do, which no client offers.
func (p *Profile) verifiableHash(alg uint16) crypto.Hash {
	switch low := alg & 0xff; {
	case low != signRSA && low != signECDSA:
		return 0
	case p.StrictSignatures && !slices.Contains(p.offered, uint8(alg>>8)):
		return 0
	case alg>>8 == hashMD5:
		return crypto.MD5
	}
	return signatureHash(alg)
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
	return VerifySignature(k.Public(), alg, signed, sig)
}

// VerifySignature checks a signature by the owner of a public key.
func VerifySignature(public crypto.PublicKey, alg uint16, signed, sig []byte) bool {
	hash := signatureHash(alg)
	return hash != 0 && verify(public, hash, signed, sig) == nil
}

// verify checks an ECDSA or RSA PKCS#1 v1.5 signature over signed. Its errors are those of mbedtls_pk_verify.
func verify(public crypto.PublicKey, hash crypto.Hash, signed, sig []byte) error {
	sum := digest(hash, signed)
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return verifyECDSA(key, sum, sig)
	case *rsa.PublicKey:
		if key == nil {
			return ErrPKBadInputData
		}
		return verifyRSA(key, hash, sum, sig)
	}
	return ErrPKTypeMismatch
}

// verifyECDSA reads the signature as loosely as Mbed TLS does: numbers are taken for unsigned, lengths need not be minimal.
func verifyECDSA(key *ecdsa.PublicKey, digest, sig []byte) error {
	outer := berReader{sig}
	seq, err := outer.only(tagSequence)
	if err != nil {
		return errECPBadInputData.with(err)
	}
	var strict cryptobyte.Builder
	var failed error
	strict.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for range 2 {
			number, err := seq.value(tagInteger)
			if err != nil {
				failed = errECPBadInputData.with(err)
				return
			}
			b.AddASN1BigInt(new(big.Int).SetBytes(number))
		}
	})
	switch {
	case failed != nil:
		return failed
	case !ecdsa.VerifyASN1(key, digest, strict.BytesOrPanic()):
		return ErrECPVerifyFailed
	case !seq.empty():
		return ErrPKSigLenMismatch
	}
	return nil
}

// aroundHash is what PKCS #1 v1.5 puts around a hash of the SHA-2 family: its algorithm, and the least padding (RFC 8017
// section 9.2), octets.
const aroundHash = 19 + 11

func verifyRSA(key *rsa.PublicKey, hash crypto.Hash, digest, sig []byte) error {
	size := key.Size()
	switch {
	case len(sig) < size:
		return ErrRSAVerifyFailed
	case rsa.VerifyPKCS1v15(key, hash, digest, sig[:size]) == nil:
		if len(sig) > size {
			return ErrPKSigLenMismatch
		}
		return nil
	case size < hash.Size()+aroundHash:
		return ErrRSABadInputData
	case new(big.Int).SetBytes(sig[:size]).Cmp(key.N) >= 0:
		return errRSAPublicFailed.with(errMPIBadInputData)
	}
	return ErrRSAVerifyFailed
}
