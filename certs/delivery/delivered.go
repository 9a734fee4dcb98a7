package delivery

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/certname"
	"github.com/leafcam/leafcam/internal/inputfile"

	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A Certificate is a certificate as it was delivered, which need not be one that crypto/x509
// parses: the camera loads some that it does not.
type Certificate struct {
	Raw        []byte // DER
	Parsed     *x509.Certificate
	ParseError error  // why Parsed is nil
	SPKI       []byte // SubjectPublicKeyInfo in DER (RFC 5280 section 4.1); nil when it cannot be found

	ca bool
}

// Bounds of what is parsed, octets of DER.
const (
	MaxCertificate = 64 << 10
	MaxKey         = 16 << 10
)

// NewCertificate reads a certificate in DER. Octets behind it are left out, as the camera
// does. It fails only for what has no resemblance to a certificate.
func NewCertificate(der []byte) (*Certificate, error) {
	input := cryptobyte.String(der)
	var raw cryptobyte.String
	if !input.ReadASN1Element(&raw, casn1.SEQUENCE) {
		return nil, fmt.Errorf("no certificate in DER")
	}
	if len(raw) > MaxCertificate {
		return nil, fmt.Errorf("%w: %d octets are more than any certificate has", ErrTooMuch, len(raw))
	}
	c := &Certificate{Raw: raw}
	if c.Parsed, c.ParseError = x509.ParseCertificate(raw); c.ParseError == nil {
		c.SPKI = c.Parsed.RawSubjectPublicKeyInfo
		// Before version 3 only the names tell. The signature is not checked: certificates are many.
		c.ca = c.Parsed.IsCA || c.Parsed.Version < 3 && len(c.Parsed.DNSNames) == 0 && bytes.Equal(c.Parsed.RawIssuer, c.Parsed.RawSubject)
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

// IsCA reports whether the certificate says of itself that it is a CA's.
func (c *Certificate) IsCA() bool { return c.ca }

// KeyTooLong reports whether the key is an RSA key that no signature is checked with.
func (c *Certificate) KeyTooLong() bool {
	return c.Parsed != nil && rsaBits(c.Parsed.PublicKey) > certs.MaxRSABits
}

// tooLong says that no signature is checked with the certificate's key, or nothing.
func (c *Certificate) tooLong() string {
	if !c.KeyTooLong() {
		return ""
	}
	return fmt.Sprintf("its RSA key has %d bits, and signatures are checked with %d at most", rsaBits(c.Parsed.PublicKey), certs.MaxRSABits)
}

func rsaBits(key crypto.PublicKey) int {
	if key, isRSA := key.(*rsa.PublicKey); isRSA {
		return key.N.BitLen()
	}
	return 0
}

// encodings returns the public key as the certificate has it, and as Go writes it: the same key can be
// encoded in more ways than one.
func (c *Certificate) encodings() (list [][]byte) {
	if c.SPKI != nil {
		list = append(list, c.SPKI)
	}
	if c.Parsed != nil {
		if usual, err := x509.MarshalPKIXPublicKey(c.Parsed.PublicKey); err == nil {
			list = append(list, usual)
		}
	}
	return list
}

func (c *Certificate) selfSigned() bool { return c.Parsed != nil && certs.SelfSigned(c.Parsed) }

// Describe says in a few words what the certificate is.
func (c *Certificate) Describe() string {
	if c.Parsed == nil {
		return fmt.Sprintf("%d octets that Go cannot parse", len(c.Raw))
	}
	return fmt.Sprintf("%s, until %s", certname.Title(c.Parsed), c.Parsed.NotAfter.UTC().Format(time.DateOnly))
}

// A PrivateKey is a private key as it was delivered, decrypted.
type PrivateKey struct {
	DER    []byte        // PKCS#8, SEC 1 or PKCS#1
	Signer crypto.Signer // nil for a key that Go cannot use
	SPKI   []byte        // its public key (RFC 5280 section 4.1.2.7); nil without a Signer
	// TooLong says that it is an RSA key of more than [certs.MaxRSABits], which has no Signer.
	TooLong bool
	// Encrypted says that it came encrypted.
	Encrypted bool
	Form      string // PKCS#8, SEC 1 or PKCS#1
}

// NewPrivateKey reads a private key in DER. A key that has the outline of one and that Go cannot
// use comes without a Signer: the camera loads some of those.
func NewPrivateKey(der []byte) (*PrivateKey, error) {
	if len(der) > MaxKey {
		return nil, fmt.Errorf("%w: %d octets are more than any private key has", ErrTooMuch, len(der))
	}
	k := &PrivateKey{DER: der, Form: keyForm(der)}
	if k.Form == "" {
		return nil, fmt.Errorf("no private key in PKCS#8, SEC 1 or PKCS#1")
	}
	signer, err := certs.ParseKey(der)
	k.TooLong = errors.Is(err, certs.ErrKeyTooLong)
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

// identity tells keys apart: those of one public key are one, however they are encoded.
func (k *PrivateKey) identity() []byte {
	if k.SPKI != nil {
		return k.SPKI
	}
	return k.DER
}

// Fits reports whether the key belongs to a certificate. It is false where that cannot be told.
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
	switch {
	case k.Signer != nil:
		kind = certs.DescribePublicKey(k.Signer.Public())
	case k.TooLong:
		kind = certs.ErrKeyTooLong.Error()
	}
	if k.Encrypted {
		kind += ", encrypted"
	}
	return kind
}

// ReadCertificates reads a file with certificates in PEM, text around them allowed, or
// one or more in DER.
func ReadCertificates(path string) ([]*x509.Certificate, error) {
	data, err := inputfile.Read(path, inputfile.Small)
	if err != nil {
		return nil, err
	}
	list, err := certs.ParseCertificates(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// ReadIssuers reads the certificates of a delivery: a file, an archive or a folder, in every form that
// [Read] understands. It is an error when there is none.
func ReadIssuers(ctx context.Context, path string) ([]*x509.Certificate, error) {
	d, err := Read(ctx, []string{path}, Options{})
	if err != nil {
		return nil, err
	}
	list := d.Certificates()
	if len(list) == 0 {
		return nil, cmp.Or(d.Problem, fmt.Errorf("%s: there is no certificate in it", path))
	}
	return list, nil
}

// ReadPrivateKey reads a private key that can sign, unencrypted, in PEM or DER.
func ReadPrivateKey(path string) (*PrivateKey, error) {
	data, err := ReadFile(context.Background(), path)
	if err != nil {
		return nil, err
	}
	key, err := ParsePrivateKey(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// ParsePrivateKey reads a private key that can sign, unencrypted, in PEM or DER.
func ParsePrivateKey(data []byte) (*PrivateKey, error) {
	der, err := certs.ParseKeyPEM(data)
	if errors.Is(err, certs.ErrKeyTooLong) {
		return nil, err
	}
	if err != nil {
		der = data
	}
	key, err := NewPrivateKey(der)
	if err == nil && key.TooLong {
		return nil, certs.ErrKeyTooLong
	}
	if err != nil || key.Signer == nil {
		return nil, errors.New("no private key that can sign, unencrypted, in PEM or DER")
	}
	return key, nil
}

// Names returns the names that a certificate is for: those of its SAN (RFC 5280 section 4.2.1.6).
func (c *Certificate) Names() []string {
	if c.Parsed == nil {
		return nil
	}
	return certname.Alternative(c.Parsed.DNSNames, c.Parsed.IPAddresses)
}

// Presented returns what a server presents as a delivery: the first certificate is the leaf, the others are its issuers
// where they are. Its Problem is ErrNoCertificate when there is none that can be read.
func Presented(name string, ders [][]byte) *Delivery {
	d := &Delivery{Paths: []string{name}, Problem: ErrNoCertificate}
	for n, der := range ders {
		c, err := NewCertificate(der)
		if err != nil {
			continue
		}
		d.Items = append(d.Items, &Item{
			File: name, Where: fmt.Sprintf("certificate %d", n+1), Form: FormDER, Kind: KindCertificate, About: c.Describe(), certificate: c,
		})
	}
	if len(d.Items) == 0 {
		return d
	}
	d.Problem, d.Leaf, d.Items[0].Use = nil, d.Items[0].certificate, UseLeaf
	d.markDuplicates(KindCertificate, certificateIdentity)
	d.findChain(nil)
	d.explainRest()
	return d
}
