package delivery

import (
	"crypto/ed25519"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/certs"
)

// isRC2 reports whether that is PKCS#12's encryption with RC2, of 128 or of 40 bits (RFC 7292 appendix C).
func isRC2(oid asn1.ObjectIdentifier) bool {
	return oid.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 5}) || oid.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 6})
}

// openRC2 returns the certificates of a part that is encrypted with RC2, as Windows and OpenSSL did
// until 2021. Go has no RC2, and the library that has it would also decrypt keys that are in there,
// however long that takes. So the part is put into a file of its own behind a key: the library takes
// one key only, and refuses every further one before it does any work.
func (r *deliveryReader) openRC2(safe contentInfo, a algorithm, phrase passphrase) ([][]byte, error) {
	_, rounds, err := saltAndRounds(a.Parameters.FullBytes)
	if err != nil {
		return nil, err
	}
	file, err := behindKey(safe, phrase)
	if err != nil {
		return nil, err
	}
	joined, err := r.decodeRC2(file, rounds, phrase, func(_ any, list []*x509.Certificate) (joined []byte, err error) {
		for _, c := range list {
			joined = append(joined, c.Raw...)
		}
		return joined, nil
	})
	return inARow(joined), err
}

// openRC2Key returns a key in PKCS#8 that is encrypted with RC2. The library wants a certificate with
// it, and gets one of no meaning.
func (r *deliveryReader) openRC2Key(b bag, key shroudedKey, phrase passphrase) ([]byte, error) {
	if len(key.Encrypted) > MaxKey {
		return nil, fmt.Errorf("%w: %d octets are more than any private key has", errRounds, len(key.Encrypted))
	}
	_, rounds, err := saltAndRounds(key.Algorithm.Parameters.FullBytes)
	if err != nil {
		return nil, err
	}
	file, err := besideCertificate(b, phrase)
	if err != nil {
		return nil, err
	}
	return r.decodeRC2(file, rounds, phrase, func(key any, _ []*x509.Certificate) ([]byte, error) { return x509.MarshalPKCS8PrivateKey(key) })
}

// decodeRC2 lets the library open a file with one part that is encrypted, and takes what is wanted.
func (r *deliveryReader) decodeRC2(
	file []byte, rounds int64, phrase passphrase, take func(key any, list []*x509.Certificate) ([]byte, error),
) ([]byte, error) {
	const blocks = 2 // key and IV
	taken, err := r.derive(work{rounds: product(rounds, blocks)}, func() (taken []byte, err error) {
		defer func() {
			if recover() != nil { // it trusts the length of the ciphertext
				taken, err = nil, errors.New("damaged")
			}
		}()
		key, first, others, err := pkcs12.DecodeChain(file, string(phrase.text))
		if err != nil {
			return nil, err
		}
		return take(key, append([]*x509.Certificate{first}, others...))
	})
	switch {
	case err == nil, ended(err), errors.Is(err, ErrTooMuch):
		return taken, err
	case errors.Is(err, pkcs12.ErrDecryption), errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, ErrPassword
	}
	return nil, fmt.Errorf("what is encrypted with RC2 in it is neither one key nor a list of certificates (%w)", err)
}

// inARow takes DER apart that stands in a row.
func inARow(joined []byte) (list [][]byte) {
	rest := cryptobyte.String(joined)
	var element cryptobyte.String
	for rest.ReadASN1Element(&element, casn1.SEQUENCE) {
		list = append(list, element)
	}
	return list
}

// behindKey makes a PKCS#12 file of a part, behind a key of no meaning.
func behindKey(safe contentInfo, phrase passphrase) ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		return nil, err
	}
	bags, err := asn1.Marshal([]bag{{Type: oidKeyBag, Value: explicit(key)}})
	if err != nil {
		return nil, err
	}
	keySafe, err := data(bags)
	if err != nil {
		return nil, err
	}
	safe.Content = explicit(safe.Content.Bytes)
	return fileOf(phrase, keySafe, safe)
}

// besideCertificate makes a PKCS#12 file of a key, beside a certificate of no meaning.
func besideCertificate(key bag, phrase passphrase) ([]byte, error) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"localhost"}})
	if err != nil {
		return nil, err
	}
	certificate, err := asn1.Marshal(struct {
		Type asn1.ObjectIdentifier
		Data []byte `asn1:"tag:0,explicit"`
	}{oidX509, id.DER()})
	if err != nil {
		return nil, err
	}
	bags, err := asn1.Marshal([]bag{
		{Type: key.Type, Value: explicit(key.Value.Bytes)}, {Type: oidCertBag, Value: explicit(certificate)},
	})
	if err != nil {
		return nil, err
	}
	safe, err := data(bags)
	if err != nil {
		return nil, err
	}
	return fileOf(phrase, safe)
}

// fileOf makes a PKCS#12 file of parts, with a MAC of one round.
func fileOf(phrase passphrase, safes ...contentInfo) ([]byte, error) {
	authenticated, err := asn1.Marshal(safes)
	if err != nil {
		return nil, err
	}
	file := pfx{Version: 3}
	if file.AuthSafe, err = data(authenticated); err != nil {
		return nil, err
	}
	file.MAC.MAC.Algorithm.OID, file.MAC.Salt = digests[0].oid, []byte{0}
	mac := pkcs12KDF(sha1.New, kdfMAC, phrase.bmp, file.MAC.Salt, 1, sha1.Size)
	file.MAC.MAC.Digest = sum(sha1.New, mac, authenticated)
	return asn1.Marshal(file)
}

// data is a part of a file that is not encrypted.
func data(content []byte) (contentInfo, error) {
	octets, err := asn1.Marshal(content)
	return contentInfo{oidData, explicit(octets)}, err
}

// explicit puts DER behind the tag [0].
func explicit(der []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: der}
}
