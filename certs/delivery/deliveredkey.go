package delivery

import (
	"crypto/x509"
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

// encryptedKey decrypts a private key.
func (r *deliveryReader) encryptedKey(item *Item, p piece) error {
	item.Locked = true
	if r.options.LeaveEncrypted {
		item.Kind, item.Note = KindOther, "an encrypted private key"
		return r.add(item)
	}
	try := func(password []byte) ([]byte, error) { return decryptPEM(p.block, password) }
	if p.content == contentEncryptedKey {
		var key shroudedKey
		if err := unmarshal(p.der, &key); err != nil {
			return r.unknown(item, "an encrypted private key, "+err.Error())
		}
		s, err := pkcs8Scheme(key.Algorithm)
		if err != nil {
			return r.undecrypted(item, err)
		}
		try = func(password []byte) ([]byte, error) {
			plain, err := r.open(s, passphrase{text: password}, key.Encrypted)
			if err == nil && keyForm(plain) == "" {
				err = ErrPassword
			}
			return plain, err
		}
	}
	var plain []byte
	err := r.ask(item.File, false, func(password []byte) (err error) {
		plain, err = try(password)
		return err
	})
	switch {
	case errors.Is(err, ErrPassword):
		return r.locked(item, err)
	case err != nil:
		return r.undecrypted(item, err)
	}
	if err := r.take(item.File, len(plain)); err != nil {
		return err
	}
	return r.plainKey(item, plain, true)
}

// pkcs8Scheme returns how a key in PKCS#8 is encrypted (RFC 5958 section 3), once it is known to be
// decrypted in reasonable time.
func pkcs8Scheme(a algorithm) (*scheme, error) {
	if !a.OID.Equal(oidPBES2) {
		return nil, errOldKind
	}
	s, err := pbes2(a.Parameters.FullBytes)
	if err != nil {
		return nil, err
	}
	return s, s.work.bounded()
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

// locked adds what cannot be decrypted, and returns why.
func (r *deliveryReader) locked(item *Item, err error) error {
	item.Locked = true
	item.Kind, item.Note = KindOther, "encrypted, and "+ErrPassword.Error()
	return errors.Join(err, r.add(item))
}

// plainKey adds a key in DER.
func (r *deliveryReader) plainKey(item *Item, der []byte, encrypted bool) error {
	item.Locked = false
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
