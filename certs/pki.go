package certs

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"time"
)

// PKIOptions says what a test PKI is made of. The zero value is an ECDSA P-256 root
// with one intermediate.
type PKIOptions struct {
	Name             string  // of the root, "leafcam test root" by default
	RootKey          KeyType // KeyECDSAP256 by default
	IntermediateKeys []KeyType
	// Intermediates is how many there are between root and leaf; 0 means one, and -1
	// none at all.
	Intermediates int
}

// A PKI is a root and its intermediates. Use it for tests only.
type PKI struct {
	Root *Identity
	// Intermediates are in the order of a chain: the issuer of the leaves comes
	// first, the one that the root signed last.
	Intermediates []*Identity

	sizes []int // of the intermediates' certificates, where they are to have certain ones
}

// caValidity is how long the certificates of a test CA are valid.
const caValidity = 30 * 24 * time.Hour

// backdating allows for clocks that are behind.
const backdating = time.Hour

// NewPKI makes a root and its intermediates. Each intermediate takes its key type
// from IntermediateKeys, counted from the leaf's issuer; missing ones are ECDSAP256.
func NewPKI(o PKIOptions) (*PKI, error) {
	if o.Name == "" {
		o.Name = "leafcam test root"
	}
	count := o.Intermediates
	switch {
	case count == 0:
		count = 1
	case count < 0:
		count = 0
	}
	if len(o.IntermediateKeys) > count {
		return nil, fmt.Errorf("%d intermediate keys for %d intermediates", len(o.IntermediateKeys), count)
	}
	root, err := newCA(o.Name, o.RootKey, nil, -1)
	if err != nil {
		return nil, err
	}
	p := &PKI{Root: root, Intermediates: make([]*Identity, count)}
	issuer := root
	for i := count - 1; i >= 0; i-- {
		var key KeyType
		if i < len(o.IntermediateKeys) {
			key = o.IntermediateKeys[i]
		}
		name := fmt.Sprintf("%s, intermediate %d", o.Name, i+1)
		if issuer, err = newCA(name, key, issuer, i); err != nil {
			return nil, err
		}
		p.Intermediates[i] = issuer
	}
	return p, nil
}

// newCA makes a CA certificate; a nil issuer makes a root, and a negative pathLen
// leaves the path length open.
func newCA(name string, keyType KeyType, issuer *Identity, pathLen int) (*Identity, error) {
	key, err := keyType.generate()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          newSerial(),
		Subject:               pkix.Name{Organization: []string{testOrganization}, CommonName: name},
		NotBefore:             time.Now().Add(-backdating),
		NotAfter:              time.Now().Add(caValidity),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            pathLen,
		MaxPathLenZero:        pathLen == 0,
	}
	if issuer != nil {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	self := &Identity{Certificate: template, Key: key}
	if issuer == nil {
		issuer = self
	}
	return sign(self, issuer)
}

// LeafOptions says what a leaf certificate is made of.
type LeafOptions struct {
	DNS []string // names for the SAN
	IPs []net.IP // addresses for the SAN
	Key KeyType  // KeyECDSAP256 by default

	NotBefore time.Time // an hour ago by default
	NotAfter  time.Time // 30 days later by default

	// AIA is the caIssuers URL (RFC 5280 section 4.2.2.1); "" leaves the extension out.
	AIA string

	// Client makes it a client's certificate: for clientAuth in the place of serverAuth.
	Client bool

	ca bool
}

const leafValidity = 30 * 24 * time.Hour

// Issue makes a leaf that the first intermediate signs, or the root where there is none.
func (p *PKI) Issue(o LeafOptions) (*Identity, error) {
	issuer := p.Root
	if len(p.Intermediates) > 0 {
		issuer = p.Intermediates[0]
	}
	return newLeaf(o, issuer)
}

// NewSelfSigned makes a self-signed server certificate that is no CA.
func NewSelfSigned(o LeafOptions) (*Identity, error) { return newLeaf(o, nil) }

// NewSelfSignedCA makes a self-signed server certificate that is a CA.
func NewSelfSignedCA(o LeafOptions) (*Identity, error) {
	o.ca = true
	return newLeaf(o, nil)
}

func newLeaf(o LeafOptions, issuer *Identity) (*Identity, error) {
	if len(o.DNS)+len(o.IPs) == 0 {
		return nil, errors.New("a leaf certificate needs a DNS name or an IP address")
	}
	if o.NotBefore.IsZero() {
		o.NotBefore = time.Now().Add(-backdating)
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = o.NotBefore.Add(leafValidity)
	}
	if !o.NotAfter.After(o.NotBefore) {
		return nil, fmt.Errorf("the certificate would end (%s) before it begins (%s)", o.NotAfter, o.NotBefore)
	}
	key, err := o.Key.generate()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          newSerial(),
		NotBefore:             o.NotBefore,
		NotAfter:              o.NotAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              o.DNS,
		IPAddresses:           o.IPs,
	}
	if o.Key == KeyRSA2048 {
		template.KeyUsage |= x509.KeyUsageKeyEncipherment // for the camera's static-RSA suites
	}
	if len(o.DNS) > 0 {
		template.Subject.CommonName = o.DNS[0]
	} else {
		template.Subject.CommonName = o.IPs[0].String()
	}
	if o.AIA != "" {
		template.IssuingCertificateURL = []string{o.AIA}
	}
	if o.Client {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	if o.ca {
		template.IsCA, template.KeyUsage = true, template.KeyUsage|x509.KeyUsageCertSign
	}
	self := &Identity{Certificate: template, Key: key}
	if issuer == nil {
		issuer = self
	}
	return sign(self, issuer)
}

// sign turns a template into a certificate.
func sign(subject, issuer *Identity) (*Identity, error) {
	der, err := x509.CreateCertificate(rand.Reader, subject.Certificate, issuer.Certificate, subject.Key.Public(), issuer.Key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Identity{cert, subject.Key}, nil
}

// newSerial returns 127 random bits: positive, and within the 20 octets of RFC 5280
// section 4.1.2.2.
func newSerial() *big.Int {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return serial.Add(serial, big.NewInt(1))
}

// testOrganization is in the name of every CA of a test PKI.
const testOrganization = "leafcam"

// FromTestPKI reports whether a certificate in DER was issued by a CA of a [PKI], whose keys
// protect nothing.
func FromTestPKI(der []byte) bool {
	c, err := x509.ParseCertificate(der)
	return err == nil && slices.Contains(c.Issuer.Organization, testOrganization)
}

// Chain returns the certificates of the intermediates, the leaf's issuer first.
func (p *PKI) Chain() []*x509.Certificate {
	var chain []*x509.Certificate
	for _, i := range p.Intermediates {
		chain = append(chain, i.Certificate)
	}
	return chain
}
