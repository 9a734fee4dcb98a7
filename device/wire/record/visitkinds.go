package record

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // of old signatures
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/device/wire"
)

// GenerateVisits makes visits with client certificates, and what their server has to trust. The same seed makes the same
// ones, and more of them begin alike.
func GenerateVisits(seed uint64, count int) (head wire.ClientHead, list []wire.ClientVisit, err error) {
	p, err := newPKI(seed)
	if err != nil {
		return head, nil, err
	}
	for _, ca := range p.trusted {
		head.CAs = append(head.CAs, ca.cert.Raw)
	}
	keys, err := p.pkcs8()
	if err != nil {
		return head, nil, err
	}
	head.Keys = map[string]wire.Octets{}
	for name, der := range keys {
		head.Keys[name] = der
	}
	for i := range max(0, count) {
		d := &draft{pki: p, r: rand.New(rand.NewPCG(seed, uint64(i)+1))}
		v, err := d.visit()
		if err != nil {
			return head, nil, err
		}
		v.Name = fmt.Sprintf("gen.%d.%d %s", seed, i, strings.Join(d.faults, ", "))
		list = append(list, v)
	}
	return head, list, nil
}

// A draft is a chain in the making, the leaf last.
type draft struct {
	pki    *pki
	r      *rand.Rand
	root   *issuer
	links  []*link
	faults []string
	// reshape changes the chain once it is made, the leaf first.
	reshape []func(chain [][]byte) [][]byte
	signer  string // of the CertificateVerify
}

// A link is one certificate of it.
type link struct {
	template *x509.Certificate
	key      string // the name of its key
	by       crypto.Signer
	rewrite  []func(cert *[]*node, by crypto.Signer) error // of what is still a certificate
}

// A flaw is something that can be wrong with a chain, or odd.
type flaw struct {
	name string
	make func(d *draft)
}

// visit makes one.
func (d *draft) visit() (v wire.ClientVisit, err error) {
	r := d.r
	d.root = d.pki.trusted[r.IntN(3)]
	for range []int{0, 0, 1, 1, 2}[r.IntN(5)] {
		template := caTemplate(r, fmt.Sprintf("intermediate %d", len(d.links)+1))
		d.links = append(d.links, &link{template: template, key: []string{"p256", "p384", "rsa2048"}[r.IntN(3)]})
	}
	leaf := &link{template: leafTemplate(r), key: []string{"p256", "p256", "p384", "p521", "rsa2048"}[r.IntN(5)]}
	d.links, d.signer = append(d.links, leaf), leaf.key
	for range []int{0, 1, 1, 1, 1, 2, 2, 3}[r.IntN(8)] {
		f := flaws[r.IntN(len(flaws))]
		d.faults = append(d.faults, f.name)
		f.make(d)
	}
	if len(d.faults) == 0 {
		d.faults = []string{"nothing"}
	}
	chain, err := d.made()
	if err != nil {
		return v, fmt.Errorf("%s: %w", strings.Join(d.faults, ", "), err)
	}
	for _, reshape := range d.reshape {
		chain = reshape(chain)
	}
	v = wire.ClientVisit{Verify: []int{1, 2, 2, 2}[r.IntN(4)], Chain: []wire.Octets{}, Key: d.signer}
	for _, der := range chain {
		v.Chain = append(v.Chain, der)
	}
	return v, nil
}

// made returns the certificates, the leaf first.
func (d *draft) made() (chain [][]byte, err error) {
	above := d.root
	for _, l := range d.links {
		key := d.pki.keys[l.key]
		by := &issuer{above.cert, above.key}
		if l.by != nil { // the name of one, the signature of another
			by.cert, by.key = &x509.Certificate{RawSubject: above.cert.RawSubject, PublicKey: l.by.Public()}, l.by
		}
		der, err := x509.CreateCertificate(nil, l.template, by.cert, key.Public(), by.key)
		if err != nil {
			return nil, err
		}
		tree, _ := parseDER(der)
		for _, rewrite := range l.rewrite {
			if !isCertificate(tree) {
				break
			}
			if err := rewrite(&tree, by.key); err != nil {
				return nil, err
			}
		}
		chain = append([][]byte{bytesOf(tree)}, chain...)
		subject := rawSubject(l.template)
		above = &issuer{&x509.Certificate{RawSubject: subject, PublicKey: key.Public(), SubjectKeyId: l.template.SubjectKeyId}, key}
	}
	return chain, nil
}

// isCertificate reports whether what was changed has the parts of a certificate.
func isCertificate(tree []*node) bool {
	return len(tree) == 1 && len(tree[0].children) == 3 && len(tree[0].children[0].children) > 0
}

// rawSubject returns a template's subject in DER.
func rawSubject(template *x509.Certificate) []byte {
	der, err := asn1.Marshal(template.Subject.ToRDNSequence())
	if err != nil {
		panic(err) // names of flaws are all printable
	}
	return der
}

// leafTemplate is a template of a client's certificate.
func leafTemplate(r *rand.Rand) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1 + r.Int64N(1<<40)), Subject: pkix.Name{CommonName: "client", SerialNumber: fmt.Sprint(r.IntN(1000))},
		NotBefore: longAgo, NotAfter: farthest, BasicConstraintsValid: r.IntN(2) == 0,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

func (d *draft) leaf() *link { return d.links[len(d.links)-1] }

// any returns a link, which is the leaf as often as not.
func (d *draft) any() *link {
	if d.r.IntN(2) == 0 {
		return d.leaf()
	}
	return d.links[d.r.IntN(len(d.links))]
}

// above returns an intermediate, or the leaf where there is none.
func (d *draft) above() *link { return d.links[d.r.IntN(max(1, len(d.links)-1))] }

// extension adds an extension to a template.
func (l *link) extension(critical bool, value []byte, oid ...int) {
	l.template.ExtraExtensions = append(l.template.ExtraExtensions, pkix.Extension{Id: oid, Critical: critical, Value: value})
}

// sign lets a link be signed with one of the algorithms that its issuer can use.
func (d *draft) sign(l *link) {
	n := d.r.IntN(len(algorithms))
	l.rewrite = append(l.rewrite, func(cert *[]*node, by crypto.Signer) error {
		_, isRSA := by.Public().(*rsa.PublicKey)
		for algorithms[n].rsa != isRSA {
			n = (n + 1) % len(algorithms)
		}
		return signedWith(*cert, algorithms[n], by)
	})
}

// flaws are those of chains, leaves, intermediates and lists. What finds most is there several times.
var flaws = []flaw{
	{"expired", func(d *draft) { d.any().template.NotAfter = past }},
	{"not yet valid", func(d *draft) { d.any().template.NotBefore = future }},
	{"valid beyond 2050", func(d *draft) { d.any().template.NotAfter = beyond2050 }},
	{"keyUsage", func(d *draft) { d.leaf().template.KeyUsage = x509.KeyUsage(d.r.IntN(512)) }},
	{"extKeyUsage", func(d *draft) {
		d.leaf().template.ExtKeyUsage = [][]x509.ExtKeyUsage{
			nil, {x509.ExtKeyUsageServerAuth}, {x509.ExtKeyUsageAny}, {x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
			{x509.ExtKeyUsageCodeSigning}, {x509.ExtKeyUsageEmailProtection, x509.ExtKeyUsageTimeStamping},
		}[d.r.IntN(6)]
	}},
	{"unknown extKeyUsage", func(d *draft) {
		d.leaf().template.ExtKeyUsage = nil
		d.leaf().template.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 2, 3, 4}}
	}},
	{"extKeyUsage of an intermediate", func(d *draft) { d.above().template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }},
	{"a leaf that is a CA", func(d *draft) {
		t := d.leaf().template
		t.BasicConstraintsValid, t.IsCA = true, true
	}},
	{"an intermediate that is no CA", func(d *draft) {
		t := d.above().template
		t.IsCA, t.MaxPathLen, t.MaxPathLenZero = false, 0, false
	}},
	{"an intermediate without basicConstraints", func(d *draft) {
		t := d.above().template
		t.BasicConstraintsValid, t.IsCA, t.MaxPathLen, t.MaxPathLenZero = false, false, 0, false
	}},
	{"keyUsage of an intermediate", func(d *draft) { d.above().template.KeyUsage = x509.KeyUsage(d.r.IntN(512)) }},
	{"pathlen", func(d *draft) {
		if t := d.above().template; t.IsCA {
			t.MaxPathLen, t.MaxPathLenZero = d.r.IntN(3), true
		}
	}},
	{"a root of the same name", func(d *draft) { d.root = d.pki.strangers[0] }},
	{"an unknown root", func(d *draft) { d.root = d.pki.strangers[1] }},
	{"an expired root", func(d *draft) { d.root = d.pki.trusted[3] }},
	{"a root that is no CA", func(d *draft) { d.root = d.pki.trusted[4] }},
	{"signed by another", func(d *draft) { d.any().by = d.pki.keys["other"] }},
	{"signature algorithm", func(d *draft) { d.sign(d.any()) }},
	{"key", func(d *draft) {
		names := d.pki.sortedKeys()
		l := d.any()
		l.key = names[d.r.IntN(len(names))]
		if l == d.leaf() {
			d.signer = l.key
		}
	}},
	{"CertificateVerify by another", func(d *draft) { d.signer = []string{"other", "rsa2048", "p384"}[d.r.IntN(3)] }},
	{"no CertificateVerify", func(d *draft) { d.signer = "" }},
	{"missing intermediate", func(d *draft) {
		d.reshape = append(d.reshape, func(chain [][]byte) [][]byte {
			if len(chain) < 2 {
				return chain
			}
			at := 1 + d.r.IntN(len(chain)-1)
			return slices.Delete(chain, at, at+1)
		})
	}},
	{"another order", func(d *draft) {
		d.reshape = append(d.reshape, func(chain [][]byte) [][]byte {
			d.r.Shuffle(len(chain), func(i, j int) { chain[i], chain[j] = chain[j], chain[i] })
			return chain
		})
	}},
	{"twice", func(d *draft) {
		d.reshape = append(d.reshape, func(chain [][]byte) [][]byte {
			if len(chain) == 0 {
				return chain
			}
			return slices.Insert(chain, d.r.IntN(len(chain)+1), chain[d.r.IntN(len(chain))])
		})
	}},
	{"with a root", func(d *draft) {
		extra := append(slices.Clone(d.pki.trusted), d.pki.strangers...)[d.r.IntN(7)].cert.Raw
		d.reshape = append(d.reshape, func(chain [][]byte) [][]byte { return append(chain, extra) })
	}},
	{"a root alone", func(d *draft) {
		extra := d.pki.trusted[d.r.IntN(len(d.pki.trusted))].cert.Raw
		d.reshape = append(d.reshape, func([][]byte) [][]byte { return [][]byte{extra} })
	}},
	{"many", func(d *draft) {
		n := 5 + d.r.IntN(6)
		d.reshape = append(d.reshape, func(chain [][]byte) [][]byte {
			for i := range n {
				chain = append(chain, d.pki.trusted[i%len(d.pki.trusted)].cert.Raw)
			}
			return chain
		})
	}},
	{"none", func(d *draft) { d.reshape = append(d.reshape, func([][]byte) [][]byte { return nil }) }},
	{"no certificate among them", func(d *draft) {
		junk := octets(d.r, 100+d.r.IntN(200))
		d.reshape = append(d.reshape, func(chain [][]byte) [][]byte { return slices.Insert(chain, d.r.IntN(len(chain)+1), junk) })
	}},
	{"serial number", func(d *draft) {
		n := new(big.Int).SetBytes(octets(d.r, 1+d.r.IntN(40)))
		d.any().template.SerialNumber = n.Add(n, big.NewInt(1))
	}},
	{"no subject", func(d *draft) { d.leaf().template.Subject = pkix.Name{} }},
	{"unknown extension", func(d *draft) { d.any().extension(d.r.IntN(2) == 0, octets(d.r, d.r.IntN(20)), 1, 2, 3, 4, 5) }},
	{"nameConstraints", func(d *draft) {
		l := d.above()
		l.template.PermittedDNSDomainsCritical, l.template.PermittedDNSDomains = d.r.IntN(2) == 0, []string{"example.com"}
	}},
	{"policies", func(d *draft) {
		value := [][]byte{{0x30, 6, 0x30, 4, 6, 2, 0x2a, 3}, {0x30, 8, 0x30, 6, 6, 4, 0x55, 0x1d, 0x20, 0}, {0x30, 0}}[d.r.IntN(3)]
		d.any().extension(d.r.IntN(2) == 0, value, 2, 5, 29, 32)
	}},
	{"names", func(d *draft) {
		l := d.any()
		l.template.DNSNames, l.template.EmailAddresses = []string{"client.example.com"}, []string{"a@example.com"}
	}},
	{"changed and signed anew", treeFlaw},
	{"changed and signed anew", treeFlaw},
	{"changed and signed anew", treeFlaw},
	{"changed and signed anew", treeFlaw},
	{"changed around the signature", func(d *draft) {
		l := d.any()
		l.rewrite = append(l.rewrite, func(cert *[]*node, _ crypto.Signer) error {
			changeTree(d.r, cert)
			return nil
		})
	}},
	{"damaged", func(d *draft) {
		d.reshape = append(d.reshape, func(chain [][]byte) [][]byte {
			if len(chain) > 0 {
				at := d.r.IntN(len(chain))
				chain[at] = mutated(d.r, slices.Clone(chain[at]))
			}
			return chain
		})
	}},
	{"cut", func(d *draft) {
		d.reshape = append(d.reshape, func(chain [][]byte) [][]byte {
			if len(chain) > 0 {
				at := d.r.IntN(len(chain))
				chain[at] = chain[at][:d.r.IntN(len(chain[at]))]
			}
			return chain
		})
	}},
}

// treeFlaw changes an element of what is signed.
func treeFlaw(d *draft) {
	l := d.any()
	l.rewrite = append(l.rewrite, func(cert *[]*node, by crypto.Signer) error {
		changeTree(d.r, &(*cert)[0].children[0].children)
		return signAgain(*cert, usualHash(by), by)
	})
}
