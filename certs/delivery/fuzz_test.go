package delivery_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/smallstep/pkcs7"
	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// fuzzPair is a leaf with its CA, for seeds.
func fuzzPair(f *testing.F) (*certs.PKI, *certs.Identity) {
	p, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(f, err)
	leaf, err := p.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(f, err)
	return p, leaf
}

// fuzzFile reads a file of any content, with the password "tulip".
func fuzzFile(t *testing.T, path string, content []byte) *delivery.Delivery {
	require.NoError(t, os.WriteFile(path, content, 0o600))
	d, err := delivery.Read(t.Context(), []string{path}, delivery.Options{Password: secret("tulip")}.WithRounds(50_000))
	require.NoError(t, err)
	require.NotEmpty(t, d.Items)
	require.True(t, d.Problem != nil || d.Leaf != nil)
	return d
}

// FuzzPKCS12 reads PKCS#12 of every form, damaged.
func FuzzPKCS12(f *testing.F) {
	p, leaf := fuzzPair(f)
	for _, encoder := range []*pkcs12.Encoder{
		pkcs12.LegacyRC2, pkcs12.LegacyDES, pkcs12.Modern2023, pkcs12.Modern2026,
	} {
		file, err := encoder.WithIterations(1).Encode(leaf.Key, leaf.Certificate, p.Chain(), "tulip")
		require.NoError(f, err)
		f.Add(file)
	}
	open, err := pkcs12.Passwordless.Encode(leaf.Key, leaf.Certificate, p.Chain(), "")
	require.NoError(f, err)
	f.Add(open)
	f.Add(pfx(f, nil, lockedSafe(f, pbes2(big.NewInt(1)), make([]byte, 16)), plainSafe(f, keyBag(f, scryptPBES2(2, 1, 1), make([]byte, 16)))))
	path := filepath.Join(f.TempDir(), "any.p12")
	f.Fuzz(func(t *testing.T, file []byte) { fuzzFile(t, path, file) })
}

// FuzzArchive reads ZIP archives, damaged.
func FuzzArchive(f *testing.F) {
	p, leaf := fuzzPair(f)
	f.Add(zipOf(f, map[string][]byte{"cam/leaf.pem": certs.EncodePEM(leaf.Certificate), "cam/chain.der": p.Intermediates[0].DER()}))
	f.Add(zipOf(f, map[string][]byte{"../../key.pem": leaf.EncodeKeyPEM(), "/": nil, "__MACOSX/x": {1}, "a.zip": zipOf(f, nil)}))
	f.Add(zipOf(f, map[string][]byte{"zeros": make([]byte, 10_000)}))
	f.Add([]byte("PK\x05\x06"))
	path := filepath.Join(f.TempDir(), "any.zip")
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, item := range fuzzFile(t, path, file).Items {
			require.Contains(t, item.File, path)
		}
	})
}

// FuzzText reads any text: what is found in it lies in it, and is a certificate or a key.
func FuzzText(f *testing.F) {
	_, leaf := fuzzPair(f)
	for _, w := range wrappings() {
		f.Add(w.wrap(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.DER()}, &pem.Block{Type: "PRIVATE KEY", Bytes: leaf.KeyDER()}))
	}
	path := filepath.Join(f.TempDir(), "any.txt")
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, item := range fuzzFile(t, path, text).Items {
			require.True(t, item.Kind != delivery.KindCertificate || item.Certificate() != nil)
		}
	})
}

// FuzzMail reads mails, damaged.
func FuzzMail(f *testing.F) {
	_, leaf := fuzzPair(f)
	body := string(certs.EncodePEM(leaf.Certificate))
	for _, encoding := range []string{"7bit", "base64", "quoted-printable"} {
		f.Add("multipart/mixed; boundary=x", encoding, body)
		f.Add("text/plain; charset=utf-8", encoding, body)
		f.Add("application/octet-stream; name=cam.der", encoding, string(leaf.DER()))
	}
	path := filepath.Join(f.TempDir(), "any.eml")
	f.Fuzz(func(t *testing.T, kind, encoding, body string) {
		part := "Content-Type: " + kind + "\nContent-Transfer-Encoding: " + encoding + "\n\n" + body
		whole := "From: a@example.com\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + part + "\n--x--\n"
		fuzzFile(t, path, []byte(whole))
		fuzzFile(t, path, []byte("From: a@example.com\n"+part))
	})
}

// FuzzCompressed reads archives of tar and compressed files, damaged.
func FuzzCompressed(f *testing.F) {
	_, leaf := fuzzPair(f)
	archive := tarOf(f, map[string][]byte{"leaf.pem": certs.EncodePEM(leaf.Certificate), "key.der": leaf.KeyDER()})
	f.Add(archive)
	f.Add(gzipped(f, archive))
	f.Add(gzipped(f, certs.EncodePEM(leaf.Certificate)))
	for _, program := range []string{"bzip2", "xz", "zstd"} {
		cmd := exec.Command(program, "-c")
		cmd.Stdin = bytes.NewReader(archive)
		if packed, err := cmd.Output(); err == nil { // a seed more, where the program is
			f.Add(packed)
		}
	}
	path := filepath.Join(f.TempDir(), "any.tgz")
	f.Fuzz(func(t *testing.T, file []byte) { fuzzFile(t, path, file) })
}

// FuzzKeystore reads Java's keystores, damaged.
func FuzzKeystore(f *testing.F) {
	_, leaf := fuzzPair(f)
	for _, magic := range []string{"\xfe\xed\xfe\xed", "\xce\xce\xce\xce"} {
		f.Add(keystore(magic, 2, leaf.DER(), make([]byte, 60)))
		f.Add(keystore(magic, 1, leaf.DER(), nil))
	}
	path := filepath.Join(f.TempDir(), "any.jks")
	f.Fuzz(func(t *testing.T, file []byte) { fuzzFile(t, path, file) })
}

// FuzzBER reads PKCS#7 and PKCS#12 in BER, damaged.
func FuzzBER(f *testing.F) {
	p, leaf := fuzzPair(f)
	file, err := pkcs12.Modern2023.WithIterations(1).Encode(leaf.Key, leaf.Certificate, p.Chain(), "tulip")
	require.NoError(f, err)
	f.Add(indefinite(f, file))
	message, err := pkcs7.DegenerateCertificate(leaf.DER())
	require.NoError(f, err)
	f.Add(indefinite(f, message))
	path := filepath.Join(f.TempDir(), "any.p12")
	f.Fuzz(func(t *testing.T, file []byte) { fuzzFile(t, path, file) })
}

// FuzzEncryptedKey reads encrypted keys of any algorithm and parameters.
func FuzzEncryptedKey(f *testing.F) {
	for _, oid := range []asn1.ObjectIdentifier{
		{1, 2, 840, 113549, 1, 5, 3}, {1, 2, 840, 113549, 1, 5, 10}, {1, 2, 840, 113549, 1, 12, 1, 1}, {1, 2, 840, 113549, 1, 12, 1, 3},
		{1, 2, 840, 113549, 1, 12, 1, 4}, {1, 2, 840, 113549, 1, 12, 1, 5}, {1, 3, 6, 1, 4, 1, 42, 2, 17, 1, 1}, {1, 3, 6, 1, 4, 1, 42, 2, 19, 1},
	} {
		f.Add(encryptedBy(f, oid, 1))
	}
	path := filepath.Join(f.TempDir(), "any.key")
	f.Fuzz(func(t *testing.T, file []byte) { fuzzFile(t, path, file) })
}
