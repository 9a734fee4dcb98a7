package certs

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A Certificate is a certificate as it was delivered, which need not be one that crypto/x509
// parses: the camera loads some that it does not.
type Certificate struct {
	Raw        []byte // DER
	Parsed     *x509.Certificate
	ParseError error  // why Parsed is nil
	SPKI       []byte // SubjectPublicKeyInfo in DER (RFC 5280 section 4.1); nil when it cannot be found
}

// Limits of what is parsed, octets of DER: arithmetic with larger numbers takes minutes.
const (
	maxCertificateDER = 64 << 10
	maxKeyDER         = 16 << 10
)

// NewCertificate reads a certificate in DER. Octets behind it are left out, as the camera
// does. It fails only for what has no resemblance to a certificate.
func NewCertificate(der []byte) (*Certificate, error) {
	input := cryptobyte.String(der)
	var raw cryptobyte.String
	if !input.ReadASN1Element(&raw, casn1.SEQUENCE) {
		return nil, fmt.Errorf("no certificate in DER")
	}
	if len(raw) > maxCertificateDER {
		return nil, fmt.Errorf("%d octets are more than any certificate has", len(raw))
	}
	c := &Certificate{Raw: raw}
	if c.Parsed, c.ParseError = x509.ParseCertificate(raw); c.ParseError == nil {
		c.SPKI = c.Parsed.RawSubjectPublicKeyInfo
		return c, nil
	}
	if c.SPKI = findSPKI(raw); c.SPKI == nil {
		return nil, c.ParseError
	}
	return c, nil
}

// findSPKI finds the public key in a certificate without looking closer at anything else
// (RFC 5280 section 4.1). It returns nil where the outline is not a certificate's.
func findSPKI(der []byte) []byte {
	input := cryptobyte.String(der)
	var certificate, tbs, spki cryptobyte.String
	if !input.ReadASN1(&certificate, casn1.SEQUENCE) || !certificate.ReadASN1(&tbs, casn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(casn1.Tag(0).ContextSpecific().Constructed()) {
		return nil
	}
	var number cryptobyte.String
	var tag casn1.Tag
	if !tbs.ReadAnyASN1(&number, &tag) { // the serial number, of whatever tag
		return nil
	}
	for range 4 { // signature, issuer, validity, subject
		if !tbs.SkipASN1(casn1.SEQUENCE) {
			return nil
		}
	}
	if !tbs.ReadASN1Element(&spki, casn1.SEQUENCE) {
		return nil
	}
	return spki
}

// IsCA tells whether the certificate says of itself that it is a CA's.
func (c *Certificate) IsCA() bool {
	return c.Parsed != nil && (c.Parsed.IsCA || c.Parsed.Version < 3 && SelfSigned(c.Parsed) && len(c.Parsed.DNSNames) == 0)
}

func (c *Certificate) selfSigned() bool { return c.Parsed != nil && SelfSigned(c.Parsed) }

// Describe says in a few words what the certificate is.
func (c *Certificate) Describe() string {
	if c.Parsed == nil {
		return fmt.Sprintf("%d octets that Go cannot parse", len(c.Raw))
	}
	return fmt.Sprintf("%s, until %s", Title(c.Parsed), c.Parsed.NotAfter.UTC().Format(time.DateOnly))
}

// Title returns the shortest name that a person knows a certificate by.
func Title(c *x509.Certificate) string {
	switch {
	case !c.IsCA && len(c.DNSNames) > 0:
		return c.DNSNames[0]
	case !c.IsCA && len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	case c.Subject.CommonName != "":
		return c.Subject.CommonName
	case len(c.Subject.Names) > 0:
		return c.Subject.String()
	}
	return "a certificate without a name"
}

// A PrivateKey is a private key as it was delivered, decrypted.
type PrivateKey struct {
	DER    []byte        // PKCS#8, SEC 1 or PKCS#1
	Signer crypto.Signer // nil for a key that Go cannot use
	SPKI   []byte        // its public key (RFC 5280 section 4.1.2.7); nil without a Signer
	// Encrypted says that it came encrypted.
	Encrypted bool
	Form      string // PKCS#8, SEC 1 or PKCS#1
}

// NewPrivateKey reads a private key in DER. A key that has the outline of one and that Go cannot
// use comes without a Signer: the camera loads some of those.
func NewPrivateKey(der []byte) (*PrivateKey, error) {
	if len(der) > maxKeyDER {
		return nil, fmt.Errorf("%d octets are more than any private key has", len(der))
	}
	k := &PrivateKey{DER: der, Form: keyForm(der)}
	if k.Form == "" {
		return nil, fmt.Errorf("no private key in PKCS#8, SEC 1 or PKCS#1")
	}
	signer, err := ParseKey(der)
	if err != nil {
		return k, nil
	}
	spki, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return k, nil
	}
	k.Signer, k.SPKI = signer, spki
	return k, nil
}

// keyForm tells the structures of private keys apart by their first elements: RFC 5208 section
// 5, RFC 5915 section 3, RFC 8017 appendix A.1.2.
func keyForm(der []byte) string {
	input := cryptobyte.String(der)
	var outer, number cryptobyte.String
	if !input.ReadASN1(&outer, casn1.SEQUENCE) || !outer.ReadASN1(&number, casn1.INTEGER) {
		return ""
	}
	switch {
	case outer.PeekASN1Tag(casn1.SEQUENCE):
		var algorithm cryptobyte.String
		if outer.ReadASN1(&algorithm, casn1.SEQUENCE) && algorithm.PeekASN1Tag(casn1.OBJECT_IDENTIFIER) && outer.PeekASN1Tag(casn1.OCTET_STRING) {
			return "PKCS#8"
		}
	case outer.PeekASN1Tag(casn1.OCTET_STRING):
		return "SEC 1"
	case outer.PeekASN1Tag(casn1.INTEGER):
		var n, e cryptobyte.String
		if outer.ReadASN1(&n, casn1.INTEGER) && outer.ReadASN1(&e, casn1.INTEGER) && outer.PeekASN1Tag(casn1.INTEGER) {
			return "PKCS#1"
		}
	}
	return ""
}

// Fits tells whether the key belongs to a certificate. It is false where that cannot be told.
func (k *PrivateKey) Fits(c *Certificate) bool {
	if k.SPKI == nil || c.SPKI == nil {
		return false
	}
	if bytes.Equal(k.SPKI, c.SPKI) {
		return true
	}
	if c.Parsed == nil {
		return false
	}
	// The same key can be encoded in more ways than one.
	public, ok := k.Signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(c.Parsed.PublicKey)
}

// Describe says what kind of key it is.
func (k *PrivateKey) Describe() string {
	kind := "a key that Go cannot use"
	if k.Signer != nil {
		kind = DescribePublicKey(k.Signer.Public())
	}
	if k.Encrypted {
		kind += ", encrypted"
	}
	return kind
}

// DescribePublicKey names the kind of a public key, such as "ECDSA P-256".
func DescribePublicKey(key crypto.PublicKey) string {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "a key of another kind"
}
