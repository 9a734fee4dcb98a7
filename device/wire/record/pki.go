package record

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"math/rand/v2"
	"slices"
	"time"
)

// pki is what clients' certificates are made with: the same for each seed.
type pki struct {
	keys    map[string]crypto.Signer
	trusted []*issuer
	// strangers are loaded by nobody; the first one has the name of a CA that is.
	strangers []*issuer
}

// An issuer signs certificates.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// Validity of what is valid, whenever it is recorded.
var (
	longAgo    = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	past       = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	future     = time.Date(2048, 1, 1, 0, 0, 0, 0, time.UTC)
	farthest   = time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC)
	beyond2050 = time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC) // GeneralizedTime
)

func newPKI(seed uint64) (*pki, error) {
	r := rand.New(rand.NewPCG(seed, 0))
	p := &pki{keys: map[string]crypto.Signer{
		"p256": ecKey(r, elliptic.P256()), "p384": ecKey(r, elliptic.P384()), "p521": ecKey(r, elliptic.P521()),
		"p224": ecKey(r, elliptic.P224()), "rsa2048": rsaKey(r, 2048), "rsa1024": rsaKey(r, 1024), "other": ecKey(r, elliptic.P256()),
	}}
	for _, ca := range []struct {
		name    string
		key     crypto.Signer
		trusted bool
		change  func(*x509.Certificate)
	}{
		{"root EC", ecKey(r, elliptic.P256()), true, nil},
		{"root RSA", rsaKey(r, 2048), true, nil},
		{"root P-384", ecKey(r, elliptic.P384()), true, func(c *x509.Certificate) { c.MaxPathLenZero = true }},
		{"root expired", ecKey(r, elliptic.P256()), true, func(c *x509.Certificate) { c.NotAfter = past }},
		{"root no CA", ecKey(r, elliptic.P256()), true, func(c *x509.Certificate) { c.IsCA = false }},
		{"root EC", ecKey(r, elliptic.P256()), false, nil},
		{"root unknown", ecKey(r, elliptic.P256()), false, nil},
	} {
		template := caTemplate(r, ca.name)
		if ca.change != nil {
			ca.change(template)
		}
		made, err := issue(template, &issuer{template, ca.key}, ca.key)
		if err != nil {
			return nil, err
		}
		if ca.trusted {
			p.trusted = append(p.trusted, made)
		} else {
			p.strangers = append(p.strangers, made)
		}
	}
	return p, nil
}

// caTemplate is a template of a CA's certificate.
func caTemplate(r *rand.Rand, name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1 + r.Int64N(1<<40)), Subject: pkix.Name{CommonName: name, Organization: []string{"leafcam test"}},
		NotBefore: longAgo, NotAfter: farthest, BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId: octets(r, 20),
	}
}

// issue lets an issuer sign a template. The same template makes the same certificate.
func issue(template *x509.Certificate, by *issuer, key crypto.Signer) (*issuer, error) {
	der, err := x509.CreateCertificate(nil, template, by.cert, key.Public(), by.key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &issuer{cert, key}, err
}

// ecKey makes a key from random octets: the same ones make the same key.
func ecKey(r *rand.Rand, curve elliptic.Curve) *ecdsa.PrivateKey {
	for {
		scalar := octets(r, (curve.Params().BitSize+7)/8)
		scalar[0] &= byte(0xff >> (-curve.Params().BitSize & 7))
		if key, err := ecdsa.ParseRawPrivateKey(curve, scalar); err == nil {
			return key
		}
	}
}

// rsaKey does the same for RSA.
func rsaKey(r *rand.Rand, bits int) *rsa.PrivateKey {
	one := big.NewInt(1)
	for {
		p, q := prime(r, bits/2), prime(r, bits/2)
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, Primes: []*big.Int{p, q}}
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		if key.D = new(big.Int).ModInverse(big.NewInt(int64(key.E)), phi); key.D == nil || key.Validate() != nil {
			continue
		}
		key.Precompute()
		return key
	}
}

// prime returns a prime whose two highest bits are set.
func prime(r *rand.Rand, bits int) *big.Int {
	const certain = 20
	for {
		candidate := octets(r, bits/8)
		candidate[0] |= 0xc0
		candidate[len(candidate)-1] |= 1
		if p := new(big.Int).SetBytes(candidate); p.ProbablyPrime(certain) {
			return p
		}
	}
}

// An algorithm is one of signatures.
type algorithm struct {
	oid  asn1.ObjectIdentifier
	hash crypto.Hash
	rsa  bool
}

// algorithms are those that a certificate can be signed with once more, whether the camera takes them or not.
var algorithms = []algorithm{
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}, crypto.SHA1, false},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 1}, crypto.SHA224, false},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, crypto.SHA256, false},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, crypto.SHA384, false},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, crypto.SHA512, false},
	{asn1.ObjectIdentifier{1, 3, 101, 112}, crypto.SHA256, false}, // says Ed25519
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, crypto.SHA1, true},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 14}, crypto.SHA224, true},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, crypto.SHA256, true},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, crypto.SHA384, true},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, crypto.SHA512, true},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}, crypto.SHA256, true}, // says PSS, without parameters
}

// signedWith puts another algorithm into a certificate, and signs it so.
func signedWith(cert []*node, alg algorithm, by crypto.Signer) error {
	identifier := struct {
		OID        asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}{OID: alg.oid}
	if alg.rsa {
		identifier.Parameters = asn1.NullRawValue
	}
	der, err := asn1.Marshal(identifier)
	if err != nil {
		return err
	}
	parsed, _ := parseDER(der)
	tbs := cert[0].children[0]
	for i, n := range tbs.children { // the first SEQUENCE behind version and serial number
		if n.tag == 0x30 {
			tbs.children[i] = parsed[0]
			break
		}
	}
	cert[0].children[1] = parsed[0]
	return signAgain(cert, alg.hash, by)
}

// signAgain signs what is in a certificate now.
func signAgain(cert []*node, hash crypto.Hash, by crypto.Signer) error {
	h := hash.New()
	h.Write(cert[0].children[0].bytes())
	signature, err := by.Sign(nil, h.Sum(nil), hash)
	if err != nil {
		return err
	}
	cert[0].children[2] = &node{tag: asn1.TagBitString, content: append([]byte{0}, signature...)}
	return nil
}

// usualHash is the one that certificates of a key's are signed with.
func usualHash(key crypto.Signer) crypto.Hash {
	if public, ok := key.Public().(*ecdsa.PublicKey); ok {
		switch public.Curve {
		case elliptic.P384():
			return crypto.SHA384
		case elliptic.P521():
			return crypto.SHA512
		}
	}
	return crypto.SHA256
}

// pkcs8 returns all keys as they are recorded.
func (p *pki) pkcs8() (map[string][]byte, error) {
	all := map[string][]byte{}
	for name, key := range p.keys {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, err
		}
		all[name] = der
	}
	return all, nil
}

// bytesOf returns certificates as they are now.
func bytesOf(list []*node) []byte {
	var all [][]byte
	for _, n := range list {
		all = append(all, n.bytes())
	}
	return bytes.Join(all, nil)
}

// sortedKeys returns the names of keys in an order that is always the same.
func (p *pki) sortedKeys() (names []string) {
	for name := range p.keys {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
