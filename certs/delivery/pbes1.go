package delivery

import (
	"crypto/des"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha1"
	"encoding/asn1"
	"errors"
	"hash"
)

// What programs wrote before PBES2: PBES1 (RFC 8018 section 6.1) with DES, and PKCS#12's own encryption
// (RFC 7292 appendix C) of keys in PKCS#8. MD2 and RC2 are in no standard library; RC2 is read in PKCS#12.
var (
	oidMD5DES  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 3}
	oidSHA1DES = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 10}
	oidRC4128  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 1}
	oidRC440   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 2}
	oid2DES    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 4}
)

// pbes1 reads the parameters of PBES1 with DES; the key derivation is PBKDF1 (RFC 8018 section 5.1).
func pbes1(der []byte, newHash func() hash.Hash) (*scheme, error) {
	salt, rounds, err := saltAndRounds(der)
	if err != nil {
		return nil, err
	}
	const keyLen = 8
	return &scheme{work: work{rounds: rounds}, keyLen: keyLen, derive: func(p passphrase) ([]byte, error) {
		h := newHash()
		h.Write(p.text)
		h.Write(salt)
		derived := h.Sum(nil)
		for range rounds - 1 {
			h.Reset()
			h.Write(derived)
			derived = h.Sum(derived[:0])
		}
		return derived[:keyLen+des.BlockSize], nil
	}, block: des.NewCipher}, nil
}

// pkcs12Scheme reads the parameters of PKCS#12's encryption with triple DES of two or three keys.
func pkcs12Scheme(der []byte, derivedLen int) (*scheme, error) {
	salt, rounds, err := saltAndRounds(der)
	if err != nil {
		return nil, err
	}
	const keyLen, third = 24, 8
	blocks := (derivedLen+sha1.Size-1)/sha1.Size + 1
	return &scheme{work: work{rounds: product(rounds, int64(blocks))}, keyLen: keyLen, derive: func(p passphrase) ([]byte, error) {
		key := pkcs12KDF(sha1.New, kdfKey, p.bmp, salt, rounds, derivedLen)
		if derivedLen < keyLen {
			key = append(key, key[:third]...)
		}
		return append(key, pkcs12KDF(sha1.New, kdfIV, p.bmp, salt, rounds, des.BlockSize)...), nil
	}, block: des.NewTripleDESCipher}, nil
}

// rc4Scheme reads the parameters of PKCS#12's encryption with RC4, which has no blocks.
func rc4Scheme(der []byte, keyLen int) (*scheme, error) {
	salt, rounds, err := saltAndRounds(der)
	if err != nil {
		return nil, err
	}
	return &scheme{work: work{rounds: rounds}, keyLen: keyLen, derive: func(p passphrase) ([]byte, error) {
		return pkcs12KDF(sha1.New, kdfKey, p.bmp, salt, rounds, keyLen), nil
	}, stream: func(key, data []byte) ([]byte, error) {
		c, err := rc4.NewCipher(key)
		if err != nil {
			return nil, err
		}
		plain := make([]byte, len(data))
		c.XORKeyStream(plain, data)
		return plain, nil
	}}, nil
}

// oldScheme returns how something is encrypted that is not encrypted by PBES2.
func oldScheme(a algorithm) (*scheme, error) {
	parameters := a.Parameters.FullBytes
	const twoKeys, threeKeys, long, short = 16, 24, 16, 5 // octets
	switch {
	case a.OID.Equal(oidPBE3DES):
		return pkcs12Scheme(parameters, threeKeys)
	case a.OID.Equal(oid2DES):
		return pkcs12Scheme(parameters, twoKeys)
	case a.OID.Equal(oidRC4128):
		return rc4Scheme(parameters, long)
	case a.OID.Equal(oidRC440):
		return rc4Scheme(parameters, short)
	case a.OID.Equal(oidMD5DES):
		return pbes1(parameters, md5.New)
	case a.OID.Equal(oidSHA1DES):
		return pbes1(parameters, sha1.New)
	case a.OID.Equal(oidJCEKS):
		return jceks(parameters)
	case a.OID.Equal(oidJKS):
		return &scheme{derive: func(p passphrase) ([]byte, error) { return p.text, nil }, stream: openJKS}, nil
	}
	return nil, errors.New("encrypted in a way that is not known here (" + a.OID.String() + ")")
}
