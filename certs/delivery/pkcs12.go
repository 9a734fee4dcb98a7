package delivery

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"slices"
	"unicode/utf16"
)

// Kinds of content and of bags (RFC 7292 sections 4.1 and 4.2), and how messages are authenticated.
var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEncryptedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
	oidKeyBag        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}
	oidShroudedBag   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	oidCertBag       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}
	oidX509          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}
	oidPBMAC1        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 14}

	digests = []struct {
		oid  asn1.ObjectIdentifier
		hash func() hash.Hash
	}{
		{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, sha1.New},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, sha256.New},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, sha512.New384},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, sha512.New},
	}
)

// Structures of RFC 7292 sections 4 and 5.
type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"tag:0,explicit,optional"`
	}
	macData struct {
		MAC struct {
			Algorithm algorithm
			Digest    []byte
		}
		Salt   []byte
		Rounds *big.Int `asn1:"optional"`
	}
	pfx struct {
		Version  int
		AuthSafe contentInfo
		MAC      macData `asn1:"optional"`
	}
	encryptedData struct {
		Version int
		Content struct {
			Type      asn1.ObjectIdentifier
			Algorithm algorithm
			Encrypted asn1.RawValue `asn1:"tag:0,optional"`
		}
	}
	bag struct {
		Type       asn1.ObjectIdentifier
		Value      asn1.RawValue   `asn1:"tag:0,explicit"`
		Attributes []asn1.RawValue `asn1:"set,optional"`
	}
	shroudedKey struct {
		Algorithm algorithm
		Encrypted []byte
	}
)

// A pkcs12File is a PKCS#12 file that was taken apart as far as no password is needed.
type pkcs12File struct {
	safes         []contentInfo
	authenticated []byte
	mac           macData
}

// pkcs12Content is what was in it: keys in PKCS#8, and certificates.
type pkcs12Content struct{ keys, certificates [][]byte }

func parsePKCS12(der []byte) (*pkcs12File, error) {
	var p pfx
	if err := unmarshal(der, &p); err != nil {
		return nil, err
	}
	if p.Version != 3 || !p.AuthSafe.Type.Equal(oidData) {
		return nil, errors.New("a kind of PKCS#12 that is not known here")
	}
	f := &pkcs12File{mac: p.MAC}
	if err := unmarshal(p.AuthSafe.Content.Bytes, &f.authenticated); err != nil {
		return nil, err
	}
	return f, unmarshal(inDER(f.authenticated), &f.safes)
}

// inDER returns BER in the form of DER, and everything else as it is.
func inDER(data []byte) []byte {
	if !isBER(data) {
		return data
	}
	der, _, err := derOf(data)
	if err != nil {
		return data // which is damaged, and is said to be
	}
	return der
}

// showsKey tells, without a password, whether a private key is in it. Those who write such files encrypt each
// key by itself, and the certificates as a whole.
func (f *pkcs12File) showsKey() bool {
	for _, safe := range f.safes {
		var plain []byte
		var bags []bag
		if !safe.Type.Equal(oidData) || unmarshal(safe.Content.Bytes, &plain) != nil || unmarshal(inDER(plain), &bags) != nil {
			continue
		}
		if slices.ContainsFunc(bags, func(b bag) bool { return b.Type.Equal(oidKeyBag) || b.Type.Equal(oidShroudedBag) }) {
			return true
		}
	}
	return false
}

// authentic reports whether a MAC tells a right password from a wrong one.
func (f *pkcs12File) authentic() bool { return len(f.mac.MAC.Algorithm.OID) > 0 }

// openPKCS12 decrypts a file with a password, and returns ErrPassword for a wrong one. What comes out
// of one layer is looked at before the work for the next one is done.
func (r *deliveryReader) openPKCS12(f *pkcs12File, password []byte) (*pkcs12Content, error) {
	phrase, err := r.authenticate(f, password)
	if err != nil {
		return nil, err
	}
	content := &pkcs12Content{}
	for _, safe := range f.safes {
		if err := r.openSafe(f, safe, phrase, content); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// authenticate checks the MAC, and returns the password in the form that it was made with: some
// programs take an empty one for no octets at all.
func (r *deliveryReader) authenticate(f *pkcs12File, password []byte) (passphrase, error) {
	phrase := passphrase{password, bmpString(password)}
	if !f.authentic() {
		return phrase, nil
	}
	forms := []passphrase{phrase}
	if len(password) == 0 {
		forms = append(forms, passphrase{})
	}
	for _, form := range forms {
		mac, err := r.macOf(f, form)
		if err != nil {
			return phrase, err
		}
		if hmac.Equal(mac, f.mac.MAC.Digest) {
			return form, nil
		}
	}
	return phrase, ErrPassword
}

// macOf computes the MAC of a file (RFC 7292 appendix B.4, RFC 9579).
func (r *deliveryReader) macOf(f *pkcs12File, p passphrase) ([]byte, error) {
	if f.mac.MAC.Algorithm.OID.Equal(oidPBMAC1) {
		return r.pbmac1(f, p)
	}
	for _, digest := range digests {
		if !digest.oid.Equal(f.mac.MAC.Algorithm.OID) {
			continue
		}
		rounds, size := int64(1), digest.hash().Size()
		if f.mac.Rounds != nil {
			var err error
			if rounds, err = number(f.mac.Rounds); err != nil {
				return nil, err
			}
		}
		key, err := r.derive(work{rounds: rounds}, func() ([]byte, error) {
			return pkcs12KDF(digest.hash, kdfMAC, p.bmp, f.mac.Salt, rounds, size), nil
		})
		return sum(digest.hash, key, f.authenticated), err
	}
	return nil, errors.New("authenticated in a way not known here")
}

func (r *deliveryReader) pbmac1(f *pkcs12File, p passphrase) ([]byte, error) {
	var parameters struct{ Derivation, MAC algorithm }
	if err := unmarshal(f.mac.MAC.Algorithm.Parameters.FullBytes, &parameters); err != nil {
		return nil, err
	}
	newHash := macOf(parameters.MAC.OID)
	var length pbkdf2Parameters
	if !parameters.Derivation.OID.Equal(oidPBKDF2) || newHash == nil {
		return nil, errors.New("authenticated in a way not known here")
	}
	if err := unmarshal(parameters.Derivation.Parameters.FullBytes, &length); err != nil {
		return nil, err
	}
	const shortest, longest = 20, 64 // RFC 9579 section 6
	if length.Length < shortest || length.Length > longest {
		return nil, fmt.Errorf("damaged: a MAC with a key of %d octets", length.Length)
	}
	derive, w, err := pbkdf2Of(parameters.Derivation.Parameters.FullBytes, length.Length)
	if err != nil {
		return nil, err
	}
	key, err := r.derive(w, func() ([]byte, error) { return derive(p.text) })
	return sum(newHash, key, f.authenticated), err
}

func sum(newHash func() hash.Hash, key, message []byte) []byte {
	mac := hmac.New(newHash, key)
	mac.Write(message)
	return mac.Sum(nil)
}

// openSafe reads one part of a file, which is encrypted as a whole or not at all.
func (r *deliveryReader) openSafe(f *pkcs12File, safe contentInfo, phrase passphrase, content *pkcs12Content) error {
	var plain []byte
	switch {
	case safe.Type.Equal(oidData):
		if err := unmarshal(safe.Content.Bytes, &plain); err != nil {
			return err
		}
	case safe.Type.Equal(oidEncryptedData):
		var data encryptedData
		if err := unmarshal(safe.Content.Bytes, &data); err != nil {
			return err
		}
		if isRC2(data.Content.Algorithm.OID) {
			certificates, err := r.openRC2(safe, data.Content.Algorithm, phrase)
			content.certificates = append(content.certificates, certificates...)
			return err
		}
		s, err := schemeOf(data.Content.Algorithm)
		if err != nil {
			return err
		}
		encrypted := data.Content.Encrypted.Bytes
		if data.Content.Encrypted.IsCompound {
			var ok bool
			if encrypted, ok = joinOctets(encrypted); !ok {
				return errors.New("damaged: what is encrypted is in pieces that are no octets")
			}
		}
		if plain, err = r.open(s, phrase, encrypted); err != nil {
			return err
		}
		if err := r.take("", len(plain)); err != nil {
			return err
		}
	default:
		return errors.New("a part that is encrypted for a public key")
	}
	var bags []bag
	if err := unmarshal(inDER(plain), &bags); err != nil {
		if safe.Type.Equal(oidEncryptedData) && !f.authentic() {
			return ErrPassword // nothing else told a wrong one
		}
		return err
	}
	for _, b := range bags {
		if err := r.openBag(f, b, phrase, content); err != nil {
			return err
		}
	}
	return nil
}

func (r *deliveryReader) openBag(f *pkcs12File, b bag, phrase passphrase, content *pkcs12Content) error {
	if len(content.keys)+len(content.certificates) > r.budget.items {
		return fmt.Errorf("%w: more than %d things in it", ErrTooMuch, MaxItems)
	}
	switch {
	case b.Type.Equal(oidCertBag):
		var certificate struct {
			Type asn1.ObjectIdentifier
			Data []byte `asn1:"tag:0,explicit"`
		}
		if err := unmarshal(b.Value.Bytes, &certificate); err != nil {
			return err
		}
		if certificate.Type.Equal(oidX509) {
			content.certificates = append(content.certificates, certificate.Data)
		}
	case b.Type.Equal(oidKeyBag):
		content.keys = append(content.keys, b.Value.Bytes)
	case b.Type.Equal(oidShroudedBag):
		var key shroudedKey
		if err := unmarshal(b.Value.Bytes, &key); err != nil {
			return err
		}
		plain, err := r.openKey(b, key, phrase)
		if err == nil && keyForm(plain) == "" && !f.authentic() {
			err = ErrPassword
		}
		if err != nil {
			return err
		}
		content.keys = append(content.keys, plain)
		return r.take("", len(plain))
	}
	return nil
}

// openKey decrypts a key in PKCS#8.
func (r *deliveryReader) openKey(b bag, key shroudedKey, phrase passphrase) ([]byte, error) {
	if isRC2(key.Algorithm.OID) {
		return r.openRC2Key(b, key, phrase)
	}
	s, err := schemeOf(key.Algorithm)
	if err != nil {
		return nil, err
	}
	return r.open(s, phrase, key.Encrypted)
}

// bmpString is a password as PKCS#12 takes it.
func bmpString(password []byte) []byte {
	var out bytes.Buffer
	for _, unit := range utf16.Encode([]rune(string(password))) {
		out.Write([]byte{byte(unit >> 8), byte(unit)})
	}
	out.Write([]byte{0, 0})
	return out.Bytes()
}
