package calls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"strings"
	"time"
)

// ServerName is the name that the certificates of sound servers have.
const ServerName = "server.example"

// A mould is what a pair is made from.
type mould struct {
	name, issuer string // issuer "" is itself
	key          string // "p256", "p384", "p521", "p224", "rsa2048", "rsa1024"; "=NAME" is the key of another pair
	subject      string // common name; the pair's own name when ""
	ca           bool
	change       func(*x509.Certificate)
}

// moulds are all pairs, issuers first.
func moulds(now time.Time) []mould {
	ago := func(years int) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.AddDate(-10, 0, 0), now.AddDate(-years, 0, 0) }
	}
	later := func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.AddDate(30, 0, 0), now.AddDate(40, 0, 0) }
	names := func(list ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.DNSNames = list }
	}
	sha := func(alg x509.SignatureAlgorithm) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.SignatureAlgorithm = alg }
	}
	usage := func(u x509.KeyUsage) func(*x509.Certificate) { return func(c *x509.Certificate) { c.KeyUsage = u } }
	eku := func(list ...x509.ExtKeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtKeyUsage = list }
	}
	list := []mould{
		{name: "root", key: "p256", ca: true},
		{name: "root-rsa", key: "rsa2048", ca: true},
		{name: "root-p384", key: "p384", ca: true},
		{name: "root-p521", key: "p521", ca: true},
		{name: "root-rsa1024", key: "rsa1024", ca: true},
		{name: "root-p224", key: "p224", ca: true},
		{name: "root-expired", key: "=root", subject: "root", ca: true, change: ago(1)},
		{name: "root-future", key: "=root", subject: "root", ca: true, change: later},
		{name: "root-other-key", key: "p256", subject: "root", ca: true},
		{name: "root-upper", key: "=root", subject: "ROOT", ca: true},
		{name: "middle", issuer: "root", key: "p256", ca: true},
		{name: "middle-rsa", issuer: "root-rsa", key: "rsa2048", ca: true},
		{name: "middle-cross", issuer: "root-rsa", key: "=middle", subject: "middle", ca: true},
		{name: "middle-expired", issuer: "root", key: "=middle", subject: "middle", ca: true, change: ago(2)},
		{name: "middle-future", issuer: "root", key: "=middle", subject: "middle", ca: true, change: later},
		{name: "middle-no-ca", issuer: "root", key: "=middle", subject: "middle"},
		{name: "middle-no-sign", issuer: "root", key: "=middle", subject: "middle", ca: true, change: usage(x509.KeyUsageDigitalSignature)},
		{
			name: "middle-short", issuer: "root", key: "=middle", subject: "middle", ca: true,
			change: func(c *x509.Certificate) { c.MaxPathLenZero = true },
		},
		{name: "middle-sha1", issuer: "root-rsa", key: "=middle", subject: "middle", ca: true, change: sha(x509.SHA1WithRSA)},
		{name: "lower", issuer: "middle", key: "p256", ca: true},
		{name: "lower-p384", issuer: "root-p384", key: "p384", ca: true},

		{name: "leaf", issuer: "middle", key: "p256"},
		{name: "leaf-rsa", issuer: "middle-rsa", key: "rsa2048"},
		{name: "leaf-p384", issuer: "lower-p384", key: "p384"},
		{name: "leaf-p521", issuer: "root-p521", key: "p521"},
		{name: "leaf-p224", issuer: "middle", key: "p224"},
		{name: "leaf-rsa1024", issuer: "middle", key: "rsa1024"},
		{name: "leaf-direct", issuer: "root", key: "p256"},
		{name: "leaf-direct-rsa", issuer: "root-rsa", key: "rsa2048"},
		{name: "leaf-of-rsa1024", issuer: "root-rsa1024", key: "p256"},
		{name: "leaf-of-p224", issuer: "root-p224", key: "p256"},
		{name: "leaf-low", issuer: "lower", key: "p256"},
		{name: "leaf-self", key: "p256"},
		{name: "leaf-self-rsa", key: "rsa2048"},
		{name: "leaf-self-ca", key: "p256", ca: true, change: names(ServerName)},
		{name: "leaf-expired", issuer: "middle", key: "p256", change: ago(1)},
		{name: "leaf-future", issuer: "middle", key: "p256", change: later},
		{name: "leaf-sha384", issuer: "middle", key: "p256", change: sha(x509.ECDSAWithSHA384)},
		{name: "leaf-sha512", issuer: "middle-rsa", key: "p256", change: sha(x509.SHA512WithRSA)},
		{name: "leaf-sha1", issuer: "middle-rsa", key: "p256", change: sha(x509.SHA1WithRSA)},
		{name: "leaf-pss", issuer: "middle-rsa", key: "p256", change: sha(x509.SHA256WithRSAPSS)},
		{name: "leaf-client", issuer: "middle", key: "p256", change: eku(x509.ExtKeyUsageClientAuth)},
		{name: "leaf-any", issuer: "middle", key: "p256", change: eku(x509.ExtKeyUsageAny)},
		{name: "leaf-no-eku", issuer: "middle", key: "p256", change: eku()},
		{name: "leaf-agree", issuer: "middle", key: "p256", change: usage(x509.KeyUsageKeyAgreement)},
		{name: "leaf-no-usage", issuer: "middle", key: "p256", change: usage(0)},
		{name: "leaf-rsa-sign", issuer: "middle-rsa", key: "rsa2048", change: usage(x509.KeyUsageDigitalSignature)},
		{name: "leaf-rsa-encipher", issuer: "middle-rsa", key: "rsa2048", change: usage(x509.KeyUsageKeyEncipherment)},
		{name: "leaf-critical", issuer: "middle", key: "p256", change: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		}},

		{name: "named-other", issuer: "middle", key: "p256", change: names("other.example")},
		{name: "named-wildcard", issuer: "middle", key: "p256", change: names("*.example")},
		{name: "named-deep-wildcard", issuer: "middle", key: "p256", change: names("*.server.example")},
		{name: "named-part-wildcard", issuer: "middle", key: "p256", change: names("ser*.example", "*")},
		{name: "named-upper", issuer: "middle", key: "p256", change: names("SERVER.Example")},
		{name: "named-many", issuer: "middle", key: "p256", change: names("a.example", "b.example", ServerName)},
		{name: "named-none", issuer: "middle", key: "p256", subject: ServerName, change: names()},
		{name: "named-none-wildcard", issuer: "middle", key: "p256", subject: "*.example", change: names()},
		{name: "named-subject-only", issuer: "middle", key: "p256", subject: ServerName, change: names("other.example")},
		{name: "named-address", issuer: "middle", key: "p256", change: func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = nil, []net.IP{net.IPv4(192, 0, 2, 1), net.ParseIP("2001:db8::1")}
		}},
		{name: "named-address-text", issuer: "middle", key: "p256", change: names("192.0.2.1")},
		{name: "named-uri", issuer: "middle", key: "p256", change: func(c *x509.Certificate) {
			c.DNSNames, c.URIs = nil, []*url.URL{{Scheme: "https", Host: ServerName}, {Scheme: "urn", Opaque: "camera"}}
		}},
	}
	for i := range maxDepth {
		issuer := "deep-root"
		if i > 0 {
			issuer = deepName(i - 1)
		}
		list = append(list, mould{name: deepName(i), issuer: issuer, key: "=root", ca: true})
	}
	list = append(list, mould{name: "deep-root", key: "=root", ca: true})
	list = append(list, mould{name: "deep-leaf", issuer: deepName(maxDepth - 1), key: "p256"})
	return list
}

// maxDepth is how many intermediates the longest chain has: one more than Mbed TLS takes.
const maxDepth = 10

func deepName(i int) string { return fmt.Sprintf("deep-%d", i) }

// NewPairs makes the certificates that generated calls name, at that time.
func NewPairs(now time.Time) ([]Pair, error) {
	all := map[string]mould{}
	for _, m := range moulds(now) {
		all[m.name] = m
	}
	made := &maker{moulds: all, now: now, keys: map[string]crypto.Signer{}, templates: map[string]*x509.Certificate{}}
	var pairs []Pair
	for _, m := range moulds(now) {
		p, err := made.pair(m)
		if err != nil {
			return nil, fmt.Errorf("certificate %s: %w", m.name, err)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

type maker struct {
	moulds    map[string]mould
	now       time.Time
	keys      map[string]crypto.Signer
	templates map[string]*x509.Certificate
	serial    int64
}

func (m *maker) key(name string) (key crypto.Signer, err error) {
	kind := m.moulds[name].key
	if other, same := strings.CutPrefix(kind, "="); same {
		return m.key(other)
	}
	if key = m.keys[name]; key != nil {
		return key, nil
	}
	curves := map[string]elliptic.Curve{"p224": elliptic.P224(), "p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()}
	switch {
	case curves[kind] != nil:
		key, err = ecdsa.GenerateKey(curves[kind], rand.Reader)
	case kind == "rsa1024":
		key, err = rsa.GenerateKey(rand.Reader, 1024)
	default:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	m.keys[name] = key
	return key, err
}

// template returns what a pair's certificate says.
func (m *maker) template(name string) *x509.Certificate {
	if made := m.templates[name]; made != nil {
		return made
	}
	from := m.moulds[name]
	subject := from.subject
	if subject == "" {
		subject = name
	}
	m.serial++
	c := &x509.Certificate{
		SerialNumber: big.NewInt(m.serial), Subject: pkix.Name{CommonName: subject},
		NotBefore: m.now.AddDate(-1, 0, 0), NotAfter: m.now.AddDate(20, 0, 0),
		IsCA: from.ca, BasicConstraintsValid: true,
	}
	if from.ca {
		c.KeyUsage = x509.KeyUsageCertSign
	} else {
		c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		c.DNSNames = []string{ServerName}
	}
	if from.change != nil {
		from.change(c)
	}
	m.templates[name] = c
	return c
}

func (m *maker) pair(from mould) (p Pair, err error) {
	key, err := m.key(from.name)
	if err != nil {
		return p, err
	}
	issuer := from.issuer
	if issuer == "" {
		issuer = from.name
	}
	issuerKey, err := m.key(issuer)
	if err != nil {
		return p, err
	}
	parent := *m.template(issuer)
	parent.SignatureAlgorithm = 0
	der, err := x509.CreateCertificate(rand.Reader, m.template(from.name), &parent, key.Public(), issuerKey)
	if err != nil {
		return p, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	return Pair{Name: from.name, Cert: der, Key: pkcs8}, err
}
