package certs

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A KeyType is a kind of key that a camera and a CA have in common.
type KeyType string

// The key types of a test PKI.
const (
	KeyECDSAP256 KeyType = "ecdsa-p256"
	KeyECDSAP384 KeyType = "ecdsa-p384"
	KeyRSA2048   KeyType = "rsa-2048"

	keyRSA4096 KeyType = "rsa-4096" // of CAs only
)

// KeyTypes returns all key types, the default first.
func KeyTypes() []KeyType { return []KeyType{KeyECDSAP256, KeyECDSAP384, KeyRSA2048} }

// ParseKeyType returns the key type of that name, or an error that lists the names.
func ParseKeyType(name string) (KeyType, error) {
	var names []string
	for _, t := range KeyTypes() {
		if string(t) == name {
			return t, nil
		}
		names = append(names, string(t))
	}
	return "", fmt.Errorf("unknown key type %q; known: %s", name, strings.Join(names, ", "))
}

// generate makes a key; the zero KeyType means ECDSAP256.
func (t KeyType) generate() (crypto.Signer, error) {
	switch t {
	case KeyECDSAP256, "":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case KeyECDSAP384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case KeyRSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case keyRSA4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	}
	return nil, fmt.Errorf("unknown key type %q", t)
}

// An Identity is a certificate with its private key.
type Identity struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// DER returns the certificate in DER.
func (i *Identity) DER() []byte { return i.Certificate.Raw }

// KeyDER returns the private key as [MarshalKey] does.
func (i *Identity) KeyDER() []byte {
	der, err := MarshalKey(i.Key)
	if err != nil {
		panic(err) // the keys of this package always encode
	}
	return der
}

// MarshalKey returns a private key in the DER that every firmware loads: SEC1 for EC (RFC 5915), PKCS#1 for RSA (RFC 8017
// appendix A.1.2). Firmwares before MicroPython 1.24 do not load PKCS#8 (CAMERA.md section 10), in which other keys
// are. The error is of a key that has no form.
func MarshalKey(key crypto.PrivateKey) ([]byte, error) {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		return x509.MarshalECPrivateKey(key)
	case *rsa.PrivateKey:
		return x509.MarshalPKCS1PrivateKey(key), nil
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// ErrKeyTooLong is of an RSA key that is longer than [MaxRSABits].
var ErrKeyTooLong = fmt.Errorf("an RSA key of more than %d bits, which no camera loads", MaxRSABits)

// ParseKey reads a private key in DER: PKCS#8, SEC 1 or PKCS#1.
func ParseKey(der []byte) (crypto.Signer, error) {
	if modulusBits(der) > MaxRSABits {
		return nil, ErrKeyTooLong
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer, nil
		}
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("no private key in PKCS#8, SEC 1 or PKCS#1: %w", err)
	}
	return key, nil
}

// modulusBits returns about how long the modulus of an RSA key is, without any arithmetic; 0 of other
// keys (RFC 5208 section 5, RFC 8017 appendix A.1.2).
func modulusBits(der []byte) int {
	input := cryptobyte.String(der)
	var outer, version, modulus cryptobyte.String
	if !input.ReadASN1(&outer, casn1.SEQUENCE) || !outer.ReadASN1(&version, casn1.INTEGER) {
		return 0
	}
	if outer.PeekASN1Tag(casn1.SEQUENCE) { // PKCS#8
		var inner cryptobyte.String
		if !outer.SkipASN1(casn1.SEQUENCE) || !outer.ReadASN1(&inner, casn1.OCTET_STRING) {
			return 0
		}
		return modulusBits(inner)
	}
	if !outer.ReadASN1(&modulus, casn1.INTEGER) {
		return 0
	}
	return 8 * len(bytes.TrimLeft(modulus, "\x00"))
}
