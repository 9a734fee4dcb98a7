package delivery

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/certname"
)

// request reads a certificate request.
func (r *deliveryReader) request(item *Item, der []byte) error {
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return r.unknown(item, "a damaged certificate request: "+err.Error())
	}
	item.Kind, item.request = KindRequest, request
	item.About = strings.Join(append([]string{certs.DescribePublicKey(request.PublicKey)}, RequestNames(request)...), ", ")
	return r.add(item)
}

// RequestNames returns the names that a certificate request asks for.
func RequestNames(request *x509.CertificateRequest) []string {
	names := certname.Alternative(request.DNSNames, request.IPAddresses)
	if len(names) == 0 && request.Subject.CommonName != "" {
		names = append(names, request.Subject.CommonName)
	}
	return names
}

// encryptedKey keeps a private key, to be decrypted when all is read.
func (r *deliveryReader) encryptedKey(item *Item, p piece) error {
	item.Locked, item.HasKey, item.About = true, true, "an encrypted private key"
	if r.options.LeaveEncrypted {
		item.Kind, item.Note = KindOther, "an encrypted private key"
		return r.add(item)
	}
	try, err := r.decrypter(p)
	if err != nil {
		return r.undecrypted(item, err)
	}
	var plain []byte
	return r.later(&lock{
		item: item,
		try: func(password []byte) (err error) {
			plain, err = try(password)
			return err
		},
		add: func() error {
			if err := r.take(item.File, len(plain)); err != nil {
				return err
			}
			return r.plainKey(item, plain, true)
		},
		fail: func(err error) error { return r.undecrypted(item, err) },
	})
}

// decrypter returns what decrypts a key, once it is known that this takes reasonable time.
func (r *deliveryReader) decrypter(p piece) (func(password []byte) ([]byte, error), error) {
	if p.content != contentEncryptedKey {
		return func(password []byte) ([]byte, error) { return decryptPEM(p.block, password) }, nil
	}
	var key shroudedKey
	if err := unmarshal(p.der, &key); err != nil {
		return nil, err
	}
	if isRC2(key.Algorithm.OID) {
		shrouded := bag{Type: oidShroudedBag, Value: asn1.RawValue{Bytes: p.der}}
		return func(password []byte) ([]byte, error) {
			return r.openRC2Key(shrouded, key, passphrase{password, bmpString(password)})
		}, nil
	}
	s, err := schemeOf(key.Algorithm)
	if err == nil {
		err = s.work.bounded()
	}
	return func(password []byte) ([]byte, error) {
		plain, err := r.open(s, passphrase{password, bmpString(password)}, key.Encrypted)
		if err == nil && keyForm(plain) == "" {
			err = ErrPassword
		}
		return plain, err
	}, err
}

// decryptPEM decrypts a key that PEM itself encrypts (RFC 1421).
func decryptPEM(block *pem.Block, password []byte) ([]byte, error) {
	//lint:ignore SA1019 such keys exist, and are read only to be written in a better form
	plain, err := x509.DecryptPEMBlock(block, password)
	if errors.Is(err, x509.IncorrectPasswordError) || err == nil && keyForm(plain) == "" {
		return nil, ErrPassword
	}
	return plain, err
}

// undecrypted adds what is not decrypted here, whatever the password. What has ended the reading of
// all is returned.
func (r *deliveryReader) undecrypted(item *Item, err error) error {
	switch {
	case ended(err):
		return err
	case errors.Is(err, ErrTooMuch):
		return r.tooMuch(item, err)
	}
	return r.unknown(item, "an encrypted private key that cannot be decrypted here ("+err.Error()+"): openssl pkey -in FILE -out FILE")
}

// leastKey is fewer octets than any private key has, and more than an example of its beginning.
const leastKey = 32

// plainKey adds a key in DER.
func (r *deliveryReader) plainKey(item *Item, der []byte, encrypted bool) error {
	item.Locked, item.HasKey = false, item.HasKey || len(der) >= leastKey
	key, err := NewPrivateKey(der)
	if errors.Is(err, ErrTooMuch) {
		return r.tooMuch(item, err)
	}
	if err != nil {
		return r.unknown(item, "no usable private key: "+err.Error())
	}
	key.Encrypted = encrypted
	item.Kind, item.About, item.key = KindKey, key.Describe(), key
	return r.add(item)
}
