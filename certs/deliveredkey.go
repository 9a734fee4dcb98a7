package certs

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"
)

// request reads a certificate request.
func (r *deliveryReader) request(item *Item, der []byte) error {
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return r.unknown(item, "a damaged certificate request: "+err.Error())
	}
	item.Kind, item.request = KindRequest, request
	item.About = strings.Join(append([]string{DescribePublicKey(request.PublicKey)}, RequestNames(request)...), ", ")
	r.add(item)
	return nil
}

// RequestNames returns the names that a certificate request asks for.
func RequestNames(request *x509.CertificateRequest) []string {
	names := append([]string{}, request.DNSNames...)
	for _, ip := range request.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 && request.Subject.CommonName != "" {
		names = append(names, request.Subject.CommonName)
	}
	return names
}

// encryptedKey decrypts a private key.
func (r *deliveryReader) encryptedKey(item *Item, p piece) error {
	if r.options.LeaveEncrypted {
		item.Kind, item.Note = KindOther, "an encrypted private key"
		r.add(item)
		return nil
	}
	var plain []byte
	var err error
	switch p.content {
	case contentEncryptedKey:
		if problem := tooCostly(p.der); problem != "" {
			return r.unknown(item, problem)
		}
		err = r.ask(item.File, false, func(password []byte) error {
			key, err := pkcs8.ParsePKCS8PrivateKey(p.der, password)
			switch {
			case err == nil:
				plain, err = x509.MarshalPKCS8PrivateKey(key)
				return err
			case strings.Contains(err.Error(), "incorrect password"):
				return ErrPassword
			}
			return err
		})
	default:
		err = r.ask(item.File, false, func(password []byte) error {
			//lint:ignore SA1019 such keys exist, and are read only to be written in a better form
			decrypted, err := x509.DecryptPEMBlock(p.block, password)
			if err == nil && keyForm(decrypted) == "" {
				err = x509.IncorrectPasswordError
			}
			plain = decrypted
			if err == x509.IncorrectPasswordError {
				return ErrPassword
			}
			return err
		})
	}
	if err != nil {
		if errors.Is(err, ErrPassword) {
			return r.locked(item, err)
		}
		return r.unknown(item, "an encrypted private key that cannot be decrypted here ("+err.Error()+"): openssl pkey -in FILE -out FILE")
	}
	return r.plainKey(item, plain, true)
}

// locked adds what cannot be decrypted, and returns why.
func (r *deliveryReader) locked(item *Item, err error) error {
	item.Kind, item.Note = KindOther, "encrypted, and "+ErrPassword.Error()
	r.add(item)
	return err
}

// plainKey adds a key in DER.
func (r *deliveryReader) plainKey(item *Item, der []byte, encrypted bool) error {
	key, err := NewPrivateKey(der)
	if err != nil {
		return r.unknown(item, "no usable private key: "+err.Error())
	}
	key.Encrypted = encrypted
	item.Kind, item.About, item.key = KindKey, key.Describe(), key
	r.add(item)
	return nil
}

// tooCostly says why a key in encrypted PKCS#8 is not tried: its derivation (RFC 8018 section
// 5.2, RFC 7914 section 7) would take minutes, or all memory.
func tooCostly(der []byte) string {
	var outer struct {
		Algorithm struct {
			OID        asn1.ObjectIdentifier
			Parameters struct {
				Derivation struct {
					OID        asn1.ObjectIdentifier
					Parameters asn1.RawValue
				}
				Cipher asn1.RawValue
			}
		}
		Data []byte
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return "an encrypted private key of an old kind (PKCS#5 version 1): openssl pkey -in FILE -out FILE decrypts it"
	}
	derivation := outer.Algorithm.Parameters.Derivation
	if derivation.OID.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}) { // scrypt
		var p struct {
			Salt    []byte
			N, R, P int64
			Length  int64 `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(derivation.Parameters.FullBytes, &p); err != nil || p.N < 1 || p.R < 1 || p.P < 1 || p.N > 1<<20 || p.R > 64 || p.P > 16 {
			return "scrypt with parameters that would take too much memory: not decrypted"
		}
		return ""
	}
	if n := maxIterations(der, 0); n > iterationLimit {
		return fmt.Sprintf("%d rounds of key derivation would take too long: not decrypted", n)
	}
	return ""
}
