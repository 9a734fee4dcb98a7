package delivery_test

import (
	"math/big"
	"os"
	"path/filepath"
	"testing"

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
