package record

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/leafcam/leafcam/device/wire"
)

// GenerateLoads makes pairs of files for load_cert_chain: keys and certificates in every form, most of them changed. The same
// seed makes the same ones, and more of them begin alike.
func GenerateLoads(seed uint64, count int) ([]wire.LoaderCase, error) {
	p, err := newPKI(seed)
	if err != nil {
		return nil, err
	}
	var list []wire.LoaderCase
	for i := range max(0, count) {
		l := &loadDraft{pki: p, r: rand.New(rand.NewPCG(seed, uint64(i)+1))}
		c, err := l.files()
		if err != nil {
			return nil, err
		}
		c.Title = fmt.Sprintf("gen.%d.%d %s", seed, i, c.Title)
		list = append(list, c)
	}
	return list, nil
}

// DifferLoads gives pairs of files to two subjects, and returns those that do not load alike, shrunk. It asks for no
// answers to ClientHellos.
func DifferLoads(ctx context.Context, first, second Subject, ask []wire.LoaderCase, progress Progress) ([]Difference, error) {
	return differing(ctx, ask, func(ctx context.Context, c wire.LoaderCase) (*Difference, error) {
		a, err := first.Load(ctx, Setup{Cert: c.Cert, Key: c.Key})
		if err != nil {
			return nil, err
		}
		b, err := second.Load(ctx, Setup{Cert: c.Cert, Key: c.Key})
		if err != nil {
			return nil, err
		}
		does := map[bool]string{true: "loads", false: "does not load"}
		return answers(c.Title, []wire.Octets{c.Cert, c.Key},
			Answer{does[a.Result == "OK"], a.Phase, a.Line}, Answer{does[b.Result == "OK"], b.Phase, b.Line}), nil
	}, simplerLoads, progress)
}

// simplerLoads returns pairs of which one file is shorter.
func simplerLoads(c wire.LoaderCase) (list []wire.LoaderCase) {
	for n := max(len(c.Cert), len(c.Key)) / 2; n > 0; n /= 2 {
		if n <= len(c.Cert) {
			less := c
			less.Cert = c.Cert[:len(c.Cert)-n]
			list = append(list, less)
		}
		if n <= len(c.Key) {
			less := c
			less.Key = c.Key[:len(c.Key)-n]
			list = append(list, less)
		}
	}
	return list
}

// A loadDraft is a pair of files in the making.
type loadDraft struct {
	pki *pki
	r   *rand.Rand
}

// files makes one. Most have one file that is changed: two hide each other.
func (l *loadDraft) files() (c wire.LoaderCase, err error) {
	names := l.pki.sortedKeys()
	name := names[l.r.IntN(len(names))]
	key, keyForm, err := l.key(l.pki.keys[name])
	if err != nil {
		return c, err
	}
	cert, certForm, err := l.certificate(name)
	if err != nil {
		return c, err
	}
	what := "nothing changed"
	switch l.r.IntN(8) {
	case 0:
	case 1:
		c.Key, c.Cert, what = cert, key, "swapped"
		c.Title = fmt.Sprintf("%s, %s, %s, %s", name, keyForm, certForm, what)
		return c, nil
	case 2, 3, 4:
		key, what = l.changed(key)
		what = "key " + what
	default:
		cert, what = l.changed(cert)
		what = "certificate " + what
	}
	c.Cert, c.Key, c.Title = cert, key, fmt.Sprintf("%s, %s, %s, %s", name, keyForm, certForm, what)
	return c, nil
}

// key returns a key in one of its forms.
func (l *loadDraft) key(key crypto.Signer) (file []byte, form string, err error) {
	block := &pem.Block{}
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		block.Type, form = "EC PRIVATE KEY", "SEC1"
		block.Bytes, err = x509.MarshalECPrivateKey(key)
		if l.r.IntN(4) == 0 && key.Curve == elliptic.P256() {
			block.Bytes, form = withoutPublic(block.Bytes), "SEC1 without the public key"
		}
	case *rsa.PrivateKey:
		block.Type, block.Bytes, form = "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key), "PKCS#1"
	}
	if l.r.IntN(2) == 0 {
		block.Type, form = "PRIVATE KEY", "PKCS#8"
		block.Bytes, err = x509.MarshalPKCS8PrivateKey(key)
	}
	if err == nil && l.r.IntN(3) == 0 {
		return pem.EncodeToMemory(block), form + " in PEM", nil
	}
	return block.Bytes, form, err
}

// withoutPublic takes the last, optional part out of a key in SEC1.
func withoutPublic(der []byte) []byte {
	tree, _ := parseDER(der)
	tree[0].children = tree[0].children[:len(tree[0].children)-1]
	return bytesOf(tree)
}

// certificate returns one for a key, alone or in front of its issuers.
func (l *loadDraft) certificate(name string) (file []byte, form string, err error) {
	d := &draft{pki: l.pki, r: l.r, root: l.pki.trusted[l.r.IntN(3)], links: []*link{{template: leafTemplate(l.r), key: name}}}
	if l.r.IntN(3) == 0 {
		d.sign(d.links[0])
	}
	if l.r.IntN(3) == 0 {
		treeFlaw(d)
	}
	chain, err := d.made()
	if err != nil {
		return nil, "", err
	}
	form = "one certificate"
	if l.r.IntN(4) == 0 {
		chain, form = append(chain, d.root.cert.Raw), "a chain"
	}
	inPEM := l.r.IntN(3) == 0
	for _, der := range chain {
		if inPEM {
			der = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		}
		file = append(file, der...)
	}
	if inPEM {
		form += " in PEM"
	}
	return file, form, nil
}

// changed changes a file, and says how.
func (l *loadDraft) changed(file []byte) ([]byte, string) {
	file = slices.Clone(file)
	if tree, ok := parseDER(file); ok && l.r.IntN(2) == 0 {
		changeTree(l.r, &tree)
		return bytesOf(tree), "with another element"
	}
	switch l.r.IntN(7) {
	case 0:
		return nil, "that is not there"
	case 1:
		return []byte{}, "that is empty"
	case 2:
		return file[:l.r.IntN(len(file))], "cut"
	case 3:
		return append(file, [][]byte{{0}, {'\n'}, octets(l.r, 1+l.r.IntN(30)), file}[l.r.IntN(4)]...), "with more behind it"
	case 4:
		return append([][]byte{{0}, {'\n'}, {0xef, 0xbb, 0xbf}, octets(l.r, 1+l.r.IntN(30))}[l.r.IntN(4)], file...), "with more before it"
	case 5:
		at := l.r.IntN(len(file))
		return slices.Delete(file, at, min(len(file), at+1+l.r.IntN(4))), "with less in it"
	}
	return mutated(l.r, file), "damaged"
}
