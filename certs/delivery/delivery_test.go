package delivery_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/smallstep/pkcs7"
	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/program"
)

// fixture is a leaf with its CAs.
type fixture struct {
	pki  *certs.PKI
	leaf *certs.Identity
	full []*x509.Certificate // leaf and chain
}

func newFixture(t *testing.T, links int) *fixture {
	p := newPKI(t, links)
	leaf := issue(t, p)
	return &fixture{p, leaf, append([]*x509.Certificate{leaf.Certificate}, p.Chain()...)}
}

// requireWhole checks that a delivery was understood: leaf, key, and the chain in order.
func (f *fixture) requireWhole(t *testing.T, d *delivery.Delivery) {
	t.Helper()
	require.Equal(t, f.leaf.DER(), d.Leaf.Raw)
	require.NotNil(t, d.Key)
	require.True(t, d.Key.Fits(d.Leaf))
	require.Len(t, d.Chain, len(f.full)-1)
	for i, c := range d.Chain {
		require.True(t, c.Equal(f.full[i+1]), "intermediate %d", i+1)
	}
}

// saved writes what openssl starts from: leaf.pem, chain.pem, key.pem.
func (f *fixture) saved(t *testing.T) string {
	return writeAll(t, map[string][]byte{
		"leaf.pem": certs.EncodePEM(f.leaf.Certificate), "chain.pem": certs.EncodePEM(f.pki.Chain()...), "key.pem": f.leaf.EncodeKeyPEM(),
	})
}

// read reads a delivery; what is wrong with it as a whole counts as an error.
func read(paths []string, o delivery.Options) (*delivery.Delivery, error) {
	d, err := delivery.Read(context.Background(), paths, o)
	if err != nil {
		return nil, err
	}
	return d, d.Problem
}

func secret(password string) func(string, bool) ([]byte, error) {
	return func(_ string, again bool) ([]byte, error) {
		if again {
			return nil, errors.New("no other")
		}
		return []byte(password), nil
	}
}

func utf16File(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func zipOf(t testing.TB, files map[string][]byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range files {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = f.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestReadDelivery(t *testing.T) {
	f := newFixture(t, 2)
	leaf, chain, full := certs.EncodePEM(f.leaf.Certificate), certs.EncodePEM(f.pki.Chain()...), certs.EncodePEM(f.full...)
	key := f.leaf.EncodeKeyPEM()
	root := certs.EncodePEM(f.pki.Root.Certificate)
	for _, c := range []struct {
		name  string
		files map[string][]byte
	}{
		{
			"certbot's live folder",
			map[string][]byte{
				"cert.pem": leaf, "chain.pem": chain, "fullchain.pem": full,
				"privkey.pem": key, "README": []byte("This directory contains your keys"),
			},
		},
		{"lego's folder", map[string][]byte{
			"certificates/cam.example.com.crt": full, "certificates/cam.example.com.issuer.crt": chain, "certificates/cam.example.com.key": key,
			"certificates/cam.example.com.json": []byte(`{"domain":"cam.example.com"}`),
		}},
		{"acme.sh's folder", map[string][]byte{
			"cam.example.com_ecc/cam.example.com.cer": leaf, "cam.example.com_ecc/ca.cer": chain, "cam.example.com_ecc/fullchain.cer": full,
			"cam.example.com_ecc/cam.example.com.key": key, "cam.example.com_ecc/cam.example.com.conf": []byte("Le_Domain='cam.example.com'\n"),
		}},
		{
			"a commercial CA's files",
			map[string][]byte{"cam_example_com.crt": leaf, "cam_example_com.ca-bundle": append(bytes.Clone(chain), root...), "own.key": key},
		},
		{
			"CRLF",
			map[string][]byte{
				"all.crt": bytes.ReplaceAll(full, []byte("\n"), []byte("\r\n")),
				"k.key":   bytes.ReplaceAll(key, []byte("\n"), []byte("\r\n")),
			},
		},
		{"CR alone", map[string][]byte{"all.crt": bytes.ReplaceAll(full, []byte("\n"), []byte("\r")), "k.key": key}},
		{"BOM", map[string][]byte{"all.crt": append([]byte("\xef\xbb\xbf"), full...), "k.key": append([]byte("\xef\xbb\xbf"), key...)}},
		{"UTF-16", map[string][]byte{"all.crt": utf16File(string(full)), "k.key": key}},
		{
			"text around PEM",
			map[string][]byte{
				"all.crt": append([]byte("Bag Attributes: <none>\nsubject=CN = x\n"), append(full, "\nregards, your CA\n"...)...),
				"k.key":   key,
			},
		},
		{"indented PEM", map[string][]byte{"all.crt": []byte("  " + strings.ReplaceAll(string(full), "\n", "\n  ")), "k.key": key}},
		{"DER", map[string][]byte{"1.der": f.full[2].Raw, "2.der": f.leaf.DER(), "3.der": f.full[1].Raw, "4.der": f.leaf.KeyDER()}},
		{"bare base64", map[string][]byte{"leaf.txt": []byte(base64.StdEncoding.EncodeToString(f.leaf.DER())), "chain.pem": chain, "k.key": key}},
		{"one file with everything, key last", map[string][]byte{"all.pem": append(append(bytes.Clone(root), reversePEM(full)...), key...)}},
		{
			"curve parameters before the key",
			map[string][]byte{
				"all.pem": full,
				"k.pem":   append([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), key...),
			},
		},
		{
			"a ZIP in a ZIP",
			map[string][]byte{"cam.zip": zipOf(t, map[string][]byte{"cert.zip": zipOf(t, map[string][]byte{"full.pem": full}), "own.key": key})},
		},
		{
			"a ZIP",
			map[string][]byte{
				"cam.zip": zipOf(t, map[string][]byte{"cam/cam.crt": leaf, "cam/cam.ca-bundle": chain, "__MACOSX/cam/._cam.crt": []byte("x")}),
				"own.key": key,
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := read([]string{writeAll(t, c.files)}, delivery.Options{})
			require.NoError(t, err)
			f.requireWhole(t, d)
			for _, item := range d.Items {
				require.NotContains(t, item.Note+item.About, "BEGIN")
				require.True(t, item.Use != "" || item.Kind == delivery.KindContainer, "%s has no use: %+v", item, item)
			}
		})
	}
}

// TestRealDeliveryOfOpenSSL reads what openssl writes, in every form that asks for a password.
func TestRealDeliveryOfOpenSSL(t *testing.T) {
	program.Need(t, "openssl", "openssl")
	f := newFixture(t, 3)
	for _, c := range []struct {
		name     string
		commands []string // in a folder with leaf.pem, chain.pem and key.pem; the result is in out
		password string
	}{
		{"PKCS#12", []string{"pkcs12 -export -in leaf.pem -inkey key.pem -certfile chain.pem -passout pass:tulip -out out/cam.pfx"}, "tulip"},
		{
			"PKCS#12, legacy ciphers",
			[]string{"pkcs12 -export -legacy -in leaf.pem -inkey key.pem -certfile chain.pem -passout pass:tulip -out out/cam.pfx"},
			"tulip",
		},
		{
			"PKCS#12, 3DES",
			[]string{
				"pkcs12 -export -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -in leaf.pem " +
					"-inkey key.pem -certfile chain.pem -passout pass:tulip -out out/cam.pfx",
			},
			"tulip",
		},
		{
			"PKCS#12 without a password",
			[]string{"pkcs12 -export -in leaf.pem -inkey key.pem -certfile chain.pem -passout pass: -out out/cam.p12"},
			"",
		},
		{
			"PKCS#7 in PEM",
			[]string{"crl2pkcs7 -nocrl -certfile chain.pem -certfile leaf.pem -out out/cam.p7b", "pkey -in key.pem -out out/cam.key"},
			"",
		},
		{
			"PKCS#7 in DER",
			[]string{"crl2pkcs7 -nocrl -certfile leaf.pem -certfile chain.pem -outform DER -out out/cam.p7b", "pkey -in key.pem -out out/cam.key"},
			"",
		},
		{
			"PKCS#12 with RC2 for all of it",
			[]string{
				"pkcs12 -export -legacy -keypbe PBE-SHA1-RC2-128 -certpbe PBE-SHA1-RC2-40 -in leaf.pem -inkey key.pem -certfile chain.pem " +
					"-passout pass:tulip -out out/cam.pfx",
			},
			"tulip",
		},
		{
			"encrypted PKCS#8",
			[]string{
				"crl2pkcs7 -nocrl -certfile leaf.pem -certfile chain.pem -out out/cam.p7b",
				"pkcs8 -topk8 -in key.pem -passout pass:tulip -out out/cam.key",
			},
			"tulip",
		},
		{
			"encrypted PKCS#8 in DER",
			[]string{
				"crl2pkcs7 -nocrl -certfile leaf.pem -certfile chain.pem -out out/cam.p7b",
				"pkcs8 -topk8 -in key.pem -passout pass:tulip -outform DER -out out/cam.key",
			},
			"tulip",
		},
		{
			"encrypted PKCS#8, scrypt",
			[]string{
				"crl2pkcs7 -nocrl -certfile leaf.pem -certfile chain.pem -out out/cam.p7b",
				"pkcs8 -topk8 -scrypt -in key.pem -passout pass:tulip -out out/cam.key",
			},
			"tulip",
		},
		{
			"encrypted PEM of old",
			[]string{
				"crl2pkcs7 -nocrl -certfile leaf.pem -certfile chain.pem -out out/cam.p7b",
				"ec -in key.pem -aes256 -passout pass:tulip -out out/cam.key",
			},
			"tulip",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := f.saved(t)
			require.NoError(t, os.Mkdir(filepath.Join(dir, "out"), 0o700))
			for _, command := range c.commands {
				program.Run(t, dir, "openssl", strings.Fields(command)...)
			}
			out := []string{filepath.Join(dir, "out")}
			d, err := read(out, delivery.Options{Password: secret(c.password)})
			require.NoError(t, err)
			f.requireWhole(t, d)
			if c.password == "" {
				return
			}
			for _, wrong := range []func(string, bool) ([]byte, error){nil, secret("rose")} {
				d, err = read(out, delivery.Options{Password: wrong})
				require.ErrorIs(t, err, delivery.ErrPassword)
				require.NotContains(t, err.Error(), "rose")
				require.Contains(t, err.Error(), "cam.", "names the file")
				require.Nil(t, d.Key)
			}
		})
	}
}

// TestRealDeliveryOfKeytool reads what Java's keytool writes.
func TestRealDeliveryOfKeytool(t *testing.T) {
	program.Need(t, "openssl", "openssl")
	program.Need(t, "keytool", "default-jdk-headless")
	f := newFixture(t, 1)
	dir := f.saved(t)
	program.Run(t, dir, "openssl",
		strings.Fields("pkcs12 -export -in leaf.pem -inkey key.pem -certfile chain.pem -passout pass:tulip1 -name cam -out openssl.p12")...)
	program.Run(t, dir, "keytool",
		strings.Fields("-importkeystore -srckeystore openssl.p12 -srcstorepass tulip1 -destkeystore "+
			"keytool.p12 -deststoretype PKCS12 -deststorepass tulip1 -noprompt")...)
	d, err := read([]string{filepath.Join(dir, "keytool.p12")}, delivery.Options{Password: secret("tulip1")})
	require.NoError(t, err)
	f.requireWhole(t, d)

	t.Run("a trust store has no key", func(t *testing.T) {
		program.Run(t, dir, "keytool",
			strings.Fields("-importcert -file leaf.pem -alias cam -keystore trust.p12 -storetype PKCS12 -storepass tulip1 -noprompt")...)
		d, err := read([]string{filepath.Join(dir, "trust.p12")}, delivery.Options{Password: secret("tulip1")})
		require.NoError(t, err)
		require.Equal(t, f.leaf.DER(), d.Leaf.Raw)
		require.Nil(t, d.Key)
	})
	t.Run("of the old keystore only the key is locked", func(t *testing.T) {
		program.Run(t, dir, "keytool",
			strings.Fields("-importkeystore -srckeystore openssl.p12 -srcstorepass tulip1 -destkeystore "+
				"old.jks -deststoretype JKS -deststorepass tulip1 -noprompt")...)
		d, err := read([]string{filepath.Join(dir, "old.jks")}, delivery.Options{})
		require.ErrorIs(t, err, delivery.ErrPassword)
		require.ErrorContains(t, err, "old.jks: ")
		require.Len(t, d.Certificates(), 2)
	})
	t.Run("an old trust store needs no password", func(t *testing.T) {
		program.Run(t, dir, "keytool",
			strings.Fields("-importcert -file leaf.pem -alias cam -keystore trust.jks -storetype JKS -storepass tulip1 -noprompt")...)
		d, err := read([]string{filepath.Join(dir, "trust.jks")}, delivery.Options{})
		require.NoError(t, err)
		require.Equal(t, f.leaf.DER(), d.Leaf.Raw)
	})
	t.Run("a secret key ends what can be read", func(t *testing.T) {
		program.Run(t, dir, "keytool",
			strings.Fields("-importcert -file leaf.pem -alias cam -keystore secret.jceks -storetype JCEKS -storepass tulip1 -noprompt")...)
		program.Run(t, dir, "keytool", strings.Fields("-genseckey -keyalg AES -keysize 128 -alias zz -keystore secret.jceks -storetype JCEKS "+
			"-storepass tulip1 -keypass tulip1")...)
		d, err := delivery.Read(t.Context(), []string{filepath.Join(dir, "secret.jceks")}, delivery.Options{})
		require.NoError(t, err)
		require.Contains(t, d.Items[0].Note, "a secret key is in it")
	})
}

func TestReadDeliveryRefuses(t *testing.T) {
	f := newFixture(t, 1)
	other, err := f.pki.Issue(certs.LeafOptions{DNS: []string{"other.example.com"}})
	require.NoError(t, err)
	leaf, key := certs.EncodePEM(f.leaf.Certificate), f.leaf.EncodeKeyPEM()
	for _, c := range []struct {
		name  string
		files map[string][]byte
		err   error
		says  string
	}{
		{"nothing", map[string][]byte{"README": []byte("hello")}, delivery.ErrNoCertificate, ""},
		{"an empty file", map[string][]byte{"cert.pem": {}}, delivery.ErrNoCertificate, ""},
		{"a key alone", map[string][]byte{"k.pem": key}, delivery.ErrNoCertificate, ""},
		{"only CAs", map[string][]byte{"c.pem": certs.EncodePEM(f.pki.Chain()...)}, delivery.ErrNoLeaf, ""},
		{"another one's key", map[string][]byte{"c.pem": leaf, "k.pem": other.EncodeKeyPEM()}, delivery.ErrKeyMismatch, "k.pem"},
		{
			"two leaves for two names, no key",
			map[string][]byte{"a.pem": leaf, "b.pem": certs.EncodePEM(other.Certificate)}, delivery.ErrAmbiguous, "b.pem",
		},
		{
			"two pairs for two names",
			map[string][]byte{
				"a.pem": append(leaf[:len(leaf):len(leaf)], key...),
				"b.pem": append(certs.EncodePEM(other.Certificate), other.EncodeKeyPEM()...),
			},
			delivery.ErrAmbiguous, "a.pem",
		},
		{"folders in folders", map[string][]byte{"1/2/3/4/5/6/c.pem": leaf}, delivery.ErrTooMuch, "name the one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := read([]string{writeAll(t, c.files)}, delivery.Options{})
			require.ErrorIs(t, err, c.err)
			require.Contains(t, err.Error(), c.says)
			require.NotNil(t, d)
		})
	}
	t.Run("what does not exist", func(t *testing.T) {
		_, err := read([]string{filepath.Join(t.TempDir(), "none")}, delivery.Options{})
		require.ErrorIs(t, err, os.ErrNotExist)
	})
	t.Run("more files than a delivery has", func(t *testing.T) {
		files := map[string][]byte{}
		for i := range 1001 {
			files[fmt.Sprintf("%d.txt", i)] = []byte("x")
		}
		_, err := read([]string{writeAll(t, files)}, delivery.Options{})
		require.ErrorIs(t, err, delivery.ErrTooMuch)
	})
}

// TestItems shows that what is not understood is named.
func TestItems(t *testing.T) {
	f := newFixture(t, 1)
	full, key := certs.EncodePEM(f.full...), f.leaf.EncodeKeyPEM()
	for _, c := range []struct {
		name string
		file string
		data []byte
		kind delivery.Kind
		note string
	}{
		{"cut off", "c.pem", full[:len(full)-40], delivery.KindUnknown, "cut off"},
		{"damaged base64", "c.pem", bytes.Replace(full, []byte("MII"), []byte("M!I"), 1), delivery.KindUnknown, "damaged base64"},
		{
			"another end than begin", "c.pem",
			bytes.Replace(full, []byte("END CERTIFICATE"), []byte("END PRIVATE KEY"), 1),
			delivery.KindUnknown, "where it should be",
		},
		{"a damaged certificate", "c.der", append([]byte{0x30, 0x03}, 2, 1, 1), delivery.KindUnknown, "neither PEM nor DER"},
		{"an SSH key", "id", []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n"), delivery.KindOther, "SSH"},
		{"a web page", "c.crt", []byte("<html><body>login</body></html>"), delivery.KindUnknown, "web page"},
		{"a huge file", "c.pem", make([]byte, 2<<20), delivery.KindUnknown, "more than any certificate"},
		{"a damaged ZIP", "c.zip", []byte("PK\x03\x04rubbish"), delivery.KindUnknown, "damaged ZIP"},
		{"four ZIPs in each other", "c.zip", zipOf(t, map[string][]byte{"i.zip": zipOf(t, map[string][]byte{
			"i.zip": zipOf(t, map[string][]byte{"i.zip": zipOf(t, nil)}),
		})}), delivery.KindUnknown, "an archive in archives"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := writeAll(t, map[string][]byte{"good/full.pem": full, "good/key.pem": key, c.file: c.data})
			d, err := read([]string{dir}, delivery.Options{})
			require.NoError(t, err)
			f.requireWhole(t, d)
			found := false
			for _, item := range d.Items {
				found = found || item.Kind == c.kind && strings.Contains(item.Note, c.note)
			}
			require.True(t, found, "no item says %q", c.note)
		})
	}
}

// TestItemsThatAreOfNoUse shows why a certificate is left out.
func TestItemsThatAreOfNoUse(t *testing.T) {
	f, stranger := newFixture(t, 1), newFixture(t, 1)
	namesake := stranger.pki.Intermediates[0].Certificate // the same name, another key
	cross, err := certs.Recertify(f.pki.Intermediates[0], stranger.pki.Root, certs.RecertifyOptions{})
	require.NoError(t, err)
	dir := writeAll(t, map[string][]byte{
		"a.pem": certs.EncodePEM(append(f.full, f.pki.Root.Certificate)...), "key.pem": f.leaf.EncodeKeyPEM(),
		"b.pem": certs.EncodePEM(f.full[1]), "c.pem": certs.EncodePEM(namesake),
		"d.pem": certs.EncodePEM(cross.Certificate), "e.pem": certs.EncodePEM(stranger.leaf.Certificate),
	})
	d, err := read([]string{dir}, delivery.Options{})
	require.NoError(t, err)
	f.requireWhole(t, d)
	require.True(t, d.Root.Equal(f.pki.Root.Certificate))
	notes := map[string]string{}
	for _, item := range d.Items {
		notes[filepath.Base(item.File)] = string(item.Use) + ": " + item.Note
	}
	require.Contains(t, notes["b.pem"], "duplicate: the same as")
	require.Equal(t, "not used: the name of an issuer of the chain, but another key", notes["c.pem"])
	require.Equal(t, "not used: another certificate for an issuer of the chain (cross-signed or renewed)", notes["d.pem"])
	require.Equal(t, "not used: another server certificate", notes["e.pem"])
}

// TestSymbolicLinks reads certbot's live folder as certbot makes it, and a link that leads nowhere.
func TestSymbolicLinks(t *testing.T) {
	f := newFixture(t, 1)
	dir := writeAll(t, map[string][]byte{"archive/cert1.pem": certs.EncodePEM(f.full...), "archive/privkey1.pem": f.leaf.EncodeKeyPEM()})
	live := filepath.Join(dir, "live")
	require.NoError(t, os.Mkdir(live, 0o700))
	require.NoError(t, os.Symlink("../archive/cert1.pem", filepath.Join(live, "cert.pem")))
	require.NoError(t, os.Symlink("../archive/privkey1.pem", filepath.Join(live, "privkey.pem")))
	require.NoError(t, os.Symlink("../archive/none", filepath.Join(live, "lost.pem")))
	require.NoError(t, os.Symlink(".", filepath.Join(live, "loop")))
	d, err := read([]string{live}, delivery.Options{})
	require.NoError(t, err)
	f.requireWhole(t, d)
}

func TestRequestBesideTheLeaf(t *testing.T) {
	f := newFixture(t, 1)
	names := []certs.HostName{{Name: "cam.example.com"}, {Name: "www.cam.example.com"}}
	mine, err := certs.NewRequest(f.leaf.Key, names)
	require.NoError(t, err)
	key, err := certs.GenerateKey("")
	require.NoError(t, err)
	others, err := certs.NewRequest(key, names)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		request []byte
		note    string
	}{"the leaf's": {mine, ""}, "another key's": {others, "for another key than the leaf's"}} {
		t.Run(name, func(t *testing.T) {
			d, err := read([]string{
				writeAll(t, map[string][]byte{"c.pem": certs.EncodePEM(f.full...), "k.pem": f.leaf.EncodeKeyPEM(), "r.csr": c.request}),
			}, delivery.Options{})
			require.NoError(t, err)
			require.NotNil(t, d.Request)
			require.Equal(t, []string{"cam.example.com", "www.cam.example.com"}, delivery.RequestNames(d.Request))
			require.Equal(t, c.note, d.Items[len(d.Items)-1].Note)
		})
	}
}

// TestCostlyPasswords shows that a hostile file cannot keep the program busy.
func TestCostlyPasswords(t *testing.T) {
	f := newFixture(t, 1)
	dir := f.saved(t)
	costly := filepath.Join(dir, "costly.pem")
	require.NoError(t, os.WriteFile(costly, encryptedKey(t, 5_000_001), 0o600))
	d, err := read([]string{filepath.Join(dir, "leaf.pem"), costly}, delivery.Options{Password: secret("tulip")})
	require.NoError(t, err)
	require.Nil(t, d.Key)
	require.Contains(t, d.Items[1].Note, "takes 5000001 rounds")
}

// encryptedKey looks like a private key encrypted as openssl does it, with so many rounds of PBKDF2.
// Nobody gets as far as to notice that there is no key in it.
func encryptedKey(t *testing.T, rounds int) []byte {
	type algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters any
	}
	type pbkdf2 struct {
		Salt   []byte
		Rounds int
		PRF    algorithm
	}
	type pbes2 struct{ KDF, Cipher algorithm }
	prf := algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, asn1.NullRawValue}
	kdf := algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, pbkdf2{make([]byte, 8), rounds, prf}}
	cipher := algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, make([]byte, 16)}
	der, err := asn1.Marshal(struct {
		Algorithm algorithm
		Encrypted []byte
	}{algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, pbes2{kdf, cipher}}, make([]byte, 160)})
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})
}

// TestHugeNumbers shows the same for a key whose numbers would take minutes.
func TestHugeNumbers(t *testing.T) {
	huge := make([]byte, 100<<10)
	huge[0] = 1
	der, err := asn1.Marshal(struct {
		Version int
		N       *big.Int
		E       int
		D       *big.Int
	}{0, new(big.Int).SetBytes(huge), 65537, big.NewInt(1)})
	require.NoError(t, err)
	d, err := read([]string{writeAll(t, map[string][]byte{"k.der": der})}, delivery.Options{})
	require.ErrorIs(t, err, delivery.ErrTooMuch)
	require.Contains(t, d.Items[0].Note, "more than any private key")
}

// FuzzReadDelivery reads any file beside a good pair.
func FuzzReadDelivery(f *testing.F) {
	p, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(f, err)
	leaf, err := p.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(f, err)
	full := certs.EncodePEM(leaf.Certificate, p.Intermediates[0].Certificate)
	request, err := certs.NewRequest(leaf.Key, []certs.HostName{{Name: "cam.example.com"}})
	require.NoError(f, err)
	for _, seed := range [][]byte{
		full, leaf.DER(), leaf.KeyDER(), leaf.EncodeKeyPEM(), request, []byte("PK\x03\x04"), utf16File(string(full)),
		[]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGjMF8=\n-----END ENCRYPTED PRIVATE KEY-----\n"),
		{0x30, 0x80}, append(leaf.DER(), leaf.DER()...),
	} {
		f.Add(seed)
	}
	pfx, err := pkcs12.Modern.WithIterations(1).Encode(leaf.Key, leaf.Certificate, p.Chain(), "tulip")
	require.NoError(f, err)
	f.Add(pfx)
	p7b, err := pkcs7.DegenerateCertificate(leaf.DER())
	require.NoError(f, err)
	f.Add(p7b)
	dir := f.TempDir()
	path := filepath.Join(dir, "any")
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(path, data, 0o600))
		d, err := read([]string{path}, delivery.Options{Password: secret("tulip")}.WithRounds(50_000))
		if err == nil {
			require.NotNil(t, d.Leaf)
			if d.Key != nil {
				_, _ = d.CameraFiles()
			}
		}
		require.NotEmpty(t, d.Items)
	})
}

// TestReadCertificates names the file in its errors.
func TestReadCertificates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chain.pem")
	_, err := delivery.ReadCertificates(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.WriteFile(path, []byte("nothing"), 0o600))
	_, err = delivery.ReadCertificates(path)
	require.ErrorContains(t, err, path+": no certificate in PEM or DER")
	pki, err := certs.NewPKI(certs.PKIOptions{Intermediates: 2})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, certs.EncodePEM(pki.Chain()...), 0o600))
	list, err := delivery.ReadCertificates(path)
	require.NoError(t, err)
	require.Len(t, list, 2)
}
