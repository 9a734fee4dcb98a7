package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// EncodePEM returns the certificates in PEM, in the order given.
func EncodePEM(list ...*x509.Certificate) []byte {
	var out bytes.Buffer
	for _, c := range list {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a Buffer takes everything
	}
	return out.Bytes()
}

// EncodeKeyPEM returns the private key in PKCS#8 PEM.
func (i *Identity) EncodeKeyPEM() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(i.Key)
	if err != nil {
		panic(err) // the keys of this package always encode
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// ParseCertificates reads certificates in PEM, text around them allowed, or one or
// more in DER.
func ParseCertificates(data []byte) ([]*x509.Certificate, error) {
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		list, err := x509.ParseCertificates(data)
		if err != nil || len(list) == 0 {
			return nil, errors.New("no certificate in PEM or DER")
		}
		return list, nil
	}
	var list []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(list)+1, err)
		}
		list = append(list, c)
	}
	// What is damaged or cut off is no block for package pem, which passes over it.
	if begun := bytes.Count(data, []byte("-----BEGIN CERTIFICATE-----")); begun > len(list) {
		return nil, fmt.Errorf("%d certificates begin in the PEM, and %d are whole", begun, len(list))
	}
	if len(list) == 0 {
		return nil, errors.New("PEM, but without a certificate")
	}
	return list, nil
}

// ParseKeyPEM returns the DER of the first private key in PEM. Encrypted keys are
// refused.
func ParseKeyPEM(data []byte) ([]byte, error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		var err error
		if modulusBits(block.Bytes) > MaxRSABits {
			return nil, ErrKeyTooLong
		}
		switch block.Type {
		case "PRIVATE KEY":
			_, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			_, err = x509.ParseECPrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			_, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "ENCRYPTED PRIVATE KEY":
			return nil, errors.New("the private key is encrypted; decrypt it first: openssl pkey -in FILE -out FILE")
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("private key: %w", err)
		}
		return block.Bytes, nil
	}
	return nil, errors.New("no private key in PEM")
}
