package delivery_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/program"
)

// A generator makes deliveries from a seed: kinds of keys, chains, wrappings, layouts, orders and archives. What
// went in is what has to come out.
type generator struct {
	*mathrand.Rand
	t        *testing.T
	fixtures map[string]*generatedChain
}

// A generatedChain is a leaf with its key and its issuers.
type generatedChain struct {
	name   string
	leaf   []byte
	key    crypto.Signer
	chain  []*x509.Certificate // without the root
	issuer *certs.Identity     // nil of a self-signed leaf
	root   *x509.Certificate
}

func newGenerator(t *testing.T, seed uint64) *generator {
	return &generator{mathrand.New(mathrand.NewPCG(seed, seed)), t, map[string]*generatedChain{}}
}

// pick chooses one of a list.
func pick[T any](g *generator, list ...T) T { return list[g.IntN(len(list))] }

// chainOf returns a leaf with a kind of key below so many intermediates; below none it is self-signed.
func (g *generator) chainOf(kind string, links int) *generatedChain {
	name := fmt.Sprintf("%s, %d", kind, links)
	if c := g.fixtures[name]; c != nil {
		return c
	}
	c := &generatedChain{name: name}
	if kind == "ed25519" {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(g.t, err)
		c.key = key
	} else {
		key, err := certs.GenerateKey(certs.KeyType(kind))
		require.NoError(g.t, err)
		c.key = key
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(g.Int64()), DNSNames: []string{"cam.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	parent, signer := template, c.key
	if links > 0 {
		p := newPKI(g.t, links)
		c.chain, c.root, c.issuer = p.Chain(), p.Root.Certificate, p.Intermediates[0]
		parent, signer = c.issuer.Certificate, c.issuer.Key
	}
	leaf, err := x509.CreateCertificate(rand.Reader, template, parent, c.key.Public(), signer)
	require.NoError(g.t, err)
	c.leaf, g.fixtures[name] = leaf, c
	return c
}

// keyBlock returns a key in PKCS#8, or in the older form of its kind.
func (g *generator) keyBlock(key crypto.Signer) *pem.Block {
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(g.t, err)
	if g.IntN(2) == 0 {
		switch key := key.(type) {
		case *ecdsa.PrivateKey:
			sec1, err := x509.MarshalECPrivateKey(key)
			require.NoError(g.t, err)
			return &pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1}
		case *rsa.PrivateKey:
			return &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
		}
	}
	return &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}
}

// A generated is a delivery, and what it is.
type generated struct {
	*generatedChain
	about string
	files map[string][]byte
}

// next makes a delivery in a wrapping.
func (g *generator) next(w wrapping) generated {
	c := g.chainOf(pick(g, "ecdsa-p256", "ecdsa-p256", "ecdsa-p384", "rsa-2048", "ed25519"), pick(g, 0, 1, 1, 2, 3))
	key := g.keyBlock(c.key)
	certificates := []*pem.Block{{Type: "CERTIFICATE", Bytes: c.leaf}}
	for _, issuer := range c.chain {
		certificates = append(certificates, &pem.Block{Type: "CERTIFICATE", Bytes: issuer.Raw})
	}
	if c.root != nil && g.IntN(3) == 0 {
		certificates = append(certificates, &pem.Block{Type: "CERTIFICATE", Bytes: c.root.Raw})
	}
	order := pick(g, "in order", "shuffled")
	if order == "shuffled" {
		g.Shuffle(len(certificates), func(i, j int) { certificates[i], certificates[j] = certificates[j], certificates[i] })
	}
	layout := pick(g, "a file each", "certificates and key", "one file, key first", "one file, key last")
	if w.alone {
		layout = "a file each"
	}
	files := map[string][]byte{}
	switch layout {
	case "a file each":
		for i, b := range certificates {
			files[fmt.Sprintf("%c.txt", 'a'+i)] = w.wrap(b)
		}
		files["k.txt"] = w.wrap(key)
	case "certificates and key":
		files["certs.txt"], files["key.txt"] = w.wrap(certificates...), w.wrap(key)
	case "one file, key first":
		files["all.txt"] = w.wrap(append([]*pem.Block{key}, certificates...)...)
	case "one file, key last":
		files["all.txt"] = w.wrap(append(certificates, key)...)
	}
	archive := pick(g, "no archive", "no archive", "ZIP", "tar", "tar.gz")
	switch archive {
	case "ZIP":
		files = map[string][]byte{"a.zip": zipOf(g.t, files)}
	case "tar":
		files = map[string][]byte{"a.tar": tarOf(g.t, files)}
	case "tar.gz":
		files = map[string][]byte{"a.tgz": gzipped(g.t, tarOf(g.t, files))}
	}
	about := fmt.Sprintf("%s: %s, %s, %s, %s, %s", w.name, c.name, key.Type, order, layout, archive)
	return generated{c, about, files}
}

func tarOf(t testing.TB, files map[string][]byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, data := range files {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: "cam/" + name, Size: int64(len(data)), Typeflag: tar.TypeReg, Mode: 0o600}))
		_, err := w.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func gzipped(_ testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data) // into memory
	_ = w.Close()
	return b.Bytes()
}

// requireRead checks that what went into a delivery is what was read.
func (c *generatedChain) requireRead(t *testing.T, d *delivery.Delivery, err error) {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, c.leaf, d.Leaf.Raw)
	require.NotNil(t, d.Key)
	require.True(t, d.Key.Fits(d.Leaf))
	require.Len(t, d.Chain, len(c.chain))
	for i, issuer := range d.Chain {
		require.True(t, issuer.Equal(c.chain[i]), "intermediate %d", i+1)
	}
}

// TestGeneratedDeliveries: in every wrapping, several deliveries of random kinds, layouts and orders are read as what
// went in. The documents of programs are among them.
func TestGeneratedDeliveries(t *testing.T) {
	g := newGenerator(t, 18)
	made := 0
	for _, w := range wrappings() {
		for range 3 {
			d := g.next(w)
			made++
			t.Run(d.about, func(t *testing.T) {
				got, err := read([]string{writeAll(t, d.files)}, delivery.Options{})
				d.requireRead(t, got, err)
			})
		}
	}
	for links := range 4 {
		c := g.chainOf(pick(g, "ecdsa-p256", "rsa-2048"), links)
		texts := documents(c, g.keyBlock(c.key))
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			text := texts[name]
			made++
			t.Run(fmt.Sprintf("%s: %s", name, c.name), func(t *testing.T) {
				got, err := read([]string{writeAll(t, map[string][]byte{"document": []byte(text)})}, delivery.Options{})
				c.requireRead(t, got, err)
			})
		}
	}
	require.GreaterOrEqual(t, made, 250)
}

// TestRealGeneratedDeliveries: the same with what openssl, keytool, tar and zip make.
func TestRealGeneratedDeliveries(t *testing.T) {
	for name, debian := range map[string]string{
		"openssl": "openssl", "keytool": "default-jdk-headless", "tar": "tar", "zip": "zip", "bzip2": "bzip2", "xz": "xz-utils", "zstd": "zstd",
	} {
		program.Need(t, name, debian)
	}
	g := newGenerator(t, 18)
	const p12 = "openssl pkcs12 -export -in leaf.pem -inkey key.pem -certfile chain.pem -name cam -passout pass:tulip1 "
	const p8 = "openssl pkcs8 -topk8 -provider legacy -provider default -in key.pem -passout pass:tulip1 "
	jks := func(store, password string) string {
		return "keytool -importkeystore -noprompt -srckeystore in.p12 -srcstorepass tulip1 -destkeystore out/cam." +
			strings.ToLower(store) + " -deststoretype " + store + " -deststorepass " + password
	}
	for _, tc := range []struct {
		name     string
		commands []string // in a folder with leaf.pem, chain.pem, full.pem and key.pem; the delivery is out
	}{
		{"PKCS#12", []string{p12 + "-out out/cam.p12"}},
		{"PKCS#12 without a MAC", []string{p12 + "-nomac -out out/cam.p12"}},
		{"PKCS#12 with nothing encrypted but the key", []string{p12 + "-certpbe NONE -out out/cam.p12"}},
		{"PKCS#12 with RC2", []string{p12 + "-legacy -out out/cam.p12"}},
		{"PKCS#12 with 3DES of two keys", []string{p12 + "-legacy -keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-2DES -out out/cam.p12"}},
		{"PKCS#12 with RC4", []string{p12 + "-legacy -keypbe PBE-SHA1-RC4-128 -certpbe PBE-SHA1-RC4-40 -out out/cam.p12"}},
		{"PKCS#12 with PBES1", []string{p12 + "-legacy -keypbe PBE-MD5-DES -certpbe PBE-SHA1-DES -out out/cam.p12"}},
		{"PKCS#12 in PEM of base64", []string{p12 + "-out cam.p12", "openssl base64 -in cam.p12 -out out/cam.b64"}},
		{"JKS", []string{p12 + "-out in.p12", jks("JKS", "tulip1")}},
		{"JCEKS", []string{p12 + "-out in.p12", jks("JCEKS", "tulip1")}},
		{"keytool's PKCS12", []string{p12 + "-out in.p12", jks("PKCS12", "tulip1")}},
		{"PKCS#8 with PBES2", []string{"openssl pkcs8 -topk8 -in key.pem -passout pass:tulip1 -out out/key.pem", "cp full.pem out"}},
		{"PKCS#8 with MD5 and DES", []string{p8 + "-v1 PBE-MD5-DES -out out/key.pem", "cp full.pem out"}},
		{"PKCS#8 with SHA-1 and DES", []string{p8 + "-v1 PBE-SHA1-DES -outform DER -out out/key.der", "cp full.pem out"}},
		{"PKCS#8 with 3DES of PKCS#12", []string{p8 + "-v1 PBE-SHA1-3DES -out out/key.pem", "cp full.pem out"}},
		{"PKCS#8 with RC2 of PKCS#12", []string{p8 + "-v1 PBE-SHA1-RC2-128 -out out/key.pem", "cp full.pem out"}},
		{"PKCS#7 and a key", []string{"openssl crl2pkcs7 -nocrl -certfile full.pem -out out/cam.p7b", "cp key.pem out"}},
		{"text of openssl x509", []string{"openssl x509 -in leaf.pem -text -out out/leaf.txt", "cp chain.pem key.pem out"}},
		{"zip", []string{"zip -q out/cam.zip leaf.pem chain.pem key.pem"}},
		{"zip, stored", []string{"zip -q -0 out/cam.zip full.pem key.pem"}},
		{"tar", []string{"tar -cf out/cam.tar full.pem key.pem"}},
		{"tar in the form of POSIX", []string{"tar --format=posix -cf out/cam.tar leaf.pem chain.pem key.pem"}},
		{"tar of V7", []string{"tar --format=v7 -cf out/cam.tar leaf.pem chain.pem key.pem"}},
		{"tar.gz", []string{"tar -czf out/cam.tgz full.pem key.pem"}},
		{"tar.bz2", []string{"tar -cjf out/cam.tbz full.pem key.pem"}},
		{"tar.xz", []string{"tar -cJf out/cam.txz full.pem key.pem"}},
		{"tar.zst", []string{"tar --zstd -cf out/cam.tzst full.pem key.pem"}},
		{"tar with a PKCS#12", []string{p12 + "-out cam.p12", "tar -cf out/cam.tar cam.p12"}},
		{"gzip of one file", []string{"cp full.pem key.pem out", "gzip out/full.pem out/key.pem"}},
		{"base64 of openssl's DER", []string{
			"openssl x509 -in leaf.pem -outform DER -out leaf.der", "openssl base64 -A -in leaf.der -out out/leaf.b64", "cp chain.pem key.pem out",
		}},
	} {
		c := g.chainOf(pick(g, "ecdsa-p256", "ecdsa-p384", "rsa-2048"), pick(g, 1, 2, 3))
		t.Run(tc.name+": "+c.name, func(t *testing.T) {
			leaf, err := x509.ParseCertificate(c.leaf)
			require.NoError(t, err)
			dir := writeAll(t, map[string][]byte{
				"leaf.pem": certs.EncodePEM(leaf), "chain.pem": certs.EncodePEM(c.chain...),
				"full.pem": certs.EncodePEM(append([]*x509.Certificate{leaf}, c.chain...)...), "key.pem": pem.EncodeToMemory(g.keyBlock(c.key)),
			})
			require.NoError(t, os.Mkdir(filepath.Join(dir, "out"), 0o700))
			for _, command := range tc.commands {
				words := strings.Fields(command)
				program.Run(t, dir, words[0], words[1:]...)
			}
			out := []string{filepath.Join(dir, "out")}
			d, err := read(out, delivery.Options{Password: secret("tulip1")})
			c.requireRead(t, d, err)
			d, err = read(out, delivery.Options{Password: secret("rose22")})
			if err != nil {
				require.ErrorIs(t, err, delivery.ErrPassword)
			}
			for _, item := range d.Items {
				require.NotContains(t, item.Note+item.About+fmt.Sprint(err), "tulip1")
				require.NotContains(t, item.Note+item.About+fmt.Sprint(err), "rose22")
			}
		})
	}
}
