package preflight_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

func gzipped(t *testing.T, data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func zipped(t *testing.T, name string, data []byte) []byte {
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	w, err := archive.Create(name)
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	return b.Bytes()
}

// TestKeyHere: a private key is found in every form, and nothing else is taken for one.
func TestKeyHere(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	key, chain := leaf.EncodeKeyPEM(), certs.EncodePEM(append([]*x509.Certificate{leaf.Certificate}, p.Chain()...)...)
	keystore, err := pkcs12.Modern.Encode(leaf.Key, leaf.Certificate, p.Chain(), "tulip")
	require.NoError(t, err)
	open, err := pkcs12.Passwordless.Encode(leaf.Key, leaf.Certificate, p.Chain(), "")
	require.NoError(t, err)
	truststore, err := pkcs12.Modern.EncodeTrustStore(p.Chain(), "tulip")
	require.NoError(t, err)
	sec1, err := x509.MarshalECPrivateKey(leaf.Key.(*ecdsa.PrivateKey))
	require.NoError(t, err)
	block := func(label, headers string, octets int) []byte {
		body := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("0123456789abcdef"), octets/16))
		return []byte("-----BEGIN " + label + "-----\n" + headers + body + "\n-----END " + label + "-----\n")
	}
	const encryption = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
	middle := bytes.Repeat([]byte("nothing of interest\n"), 2*delivery.MaxFile/20)
	large := bytes.Repeat([]byte("nothing of interest\n"), delivery.MaxArchive/20+100_000)
	public, err := x509.MarshalPKIXPublicKey(leaf.Certificate.PublicKey)
	require.NoError(t, err)
	for _, tc := range []struct {
		name string
		data []byte
		says string // "" for no key
	}{
		{"PKCS#8 in DER", leaf.KeyDER(), "ECDSA P-256"},
		{"PKCS#8 in DER with padding", append(leaf.KeyDER(), 0xff, 0xff, 0xff), "ECDSA P-256"},
		{"SEC 1 in DER", sec1, "ECDSA P-256"},
		{"PEM", key, "line 1 (ECDSA P-256)"},
		{"PEM behind certificates", append(bytes.Clone(chain), key...), "ECDSA P-256"},
		{"PEM with carriage returns", bytes.ReplaceAll(key, []byte("\n"), []byte("\r\n")), "ECDSA P-256"},
		{"PEM that is cut off", key[:len(key)-40], "cut off"},
		{"a damaged key", bytes.Replace(key, []byte("M"), []byte("*"), 1), "damaged"},
		{"encrypted PEM", block("EC PRIVATE KEY", encryption, 128), "encrypted"},
		{"a key of OpenSSH", block("OPENSSH PRIVATE KEY", "", 320), "for SSH"},
		{"a key of an unknown kind", block("ANY PRIVATE KEY", "", 128), "not used by a camera"},
		{"a key of PuTTY", []byte("PuTTY-User-Key-File-3: ssh-ed25519\n"), "PuTTY"},
		{"PKCS#12 with a password", keystore, "PKCS#12, encrypted"},
		{"PKCS#12 without one", open, "PKCS#12"},
		{"base64 in YAML", []byte("tls.key: " + base64.StdEncoding.EncodeToString(key) + "\n"), "ECDSA P-256"},
		{"a string in C", []byte(`const char *key = "` + strings.ReplaceAll(string(key), "\n", `\n`) + `";`), "ECDSA P-256"},
		{"compressed", gzipped(t, leaf.KeyDER()), "ECDSA P-256"},
		{"an archive", zipped(t, "deep/key.der", leaf.KeyDER()), "file!deep/key.der (ECDSA P-256)"},
		{"a hidden file of an archive", zipped(t, ".env", key), "file!.env, line 1 (ECDSA P-256)"},
		{"a file of some megabytes", bytes.Join([][]byte{middle, key}, nil), "(PEM)"},
		{"an encrypted key in one", bytes.Join([][]byte{middle, block("EC PRIVATE KEY", encryption, 128)}, nil), "(PEM)"},
		{"a string in C in one", bytes.Join([][]byte{middle, bytes.ReplaceAll(key, []byte("\n"), []byte(`\n`))}, nil), "(PEM)"},
		{"a key over a boundary", bytes.Join([][]byte{middle[:1<<20-60], key}, nil), "(PEM)"},
		{"an encrypted one over a boundary", bytes.Join([][]byte{large[:9<<20-130], block("RSA PRIVATE KEY", encryption, 128)}, nil), "(PEM)"},
		{"a large file", bytes.Join([][]byte{large[:len(large)-100], key, large[:100]}, nil), "(PEM)"},

		{"certificates", chain, ""},
		{"a certificate in DER", leaf.DER(), ""},
		{"a public key", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), ""},
		{"a request", requested(t, leaf), ""},
		{"PKCS#12 with certificates alone", truststore, ""},
		{"a page about keys", []byte("Your key begins with\n-----BEGIN PRIVATE KEY-----\nMIGHAgEA...\n-----END PRIVATE KEY-----\n"), ""},
		{"a page about keys of some megabytes", append(bytes.Clone(middle), "-----BEGIN PRIVATE KEY-----\nMIGHAgEA...\n"...), ""},
		{"an empty file", nil, ""},
		{"text", []byte("a private key is none of ours\n"), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := written(t, map[string][]byte{"file": tc.data})
			r, err := preflight.FindKeys(t.Context(), []string{dir})
			require.NoError(t, err)
			found := r.Finding(preflight.CodePrivateKeyHere)
			if tc.says == "" {
				require.Nil(t, found)
				return
			}
			require.NotNil(t, found)
			require.Len(t, r.Findings, 1)
			require.Equal(t, preflight.SeverityError, found.Severity)
			require.True(t, strings.HasPrefix(found.File, filepath.Join(dir, "file")), found.File)
			require.Contains(t, found.Title, tc.says)

			// Beside a certificate it is found by the check, too.
			require.NoError(t, os.WriteFile(filepath.Join(dir, "chain.pem"), chain, 0o600))
			if len(tc.data) > delivery.MaxFile {
				return // which is not read
			}
			d, err := delivery.Read(t.Context(), []string{dir}, delivery.Options{Hidden: true})
			require.NoError(t, err)
			s, err := preflight.FromDelivery(d)
			if err != nil { // what needs a password
				require.ErrorIs(t, err, delivery.ErrPassword)
				require.Equal(t, found.File, preflight.KeysHere(d).Finding(preflight.CodePrivateKeyHere).File)
				return
			}
			beside := preflight.Check(t.Context(), s, preflight.Options{KeyElsewhere: true}).Finding(preflight.CodePrivateKeyHere)
			require.NotNil(t, beside)
			require.Equal(t, found.File, beside.File)
			require.Nil(t, preflight.Check(t.Context(), s, preflight.Options{}).Finding(preflight.CodePrivateKeyHere), "it is where it should be")
		})
	}
}

// TestWhereKeysAreLookedFor: everywhere but where links lead.
func TestWhereKeysAreLookedFor(t *testing.T) {
	leaf := issue(t, newPKI(t, 1), certs.LeafOptions{})
	elsewhere := written(t, map[string][]byte{"key.der": leaf.KeyDER()})
	dir := t.TempDir()
	for _, name := range []string{"a.der", ".hidden/b.der", "deep/er/c.der", ".git/d.der"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), leaf.KeyDER(), 0o600))
	}
	require.NoError(t, os.Symlink(filepath.Join(elsewhere, "key.der"), filepath.Join(dir, "link.der")))
	require.NoError(t, os.Symlink(elsewhere, filepath.Join(dir, "folder")))
	r, err := preflight.FindKeys(t.Context(), []string{dir, filepath.Join(elsewhere, "key.der")})
	require.NoError(t, err)
	var files []string
	for _, f := range r.Findings {
		files = append(files, f.File)
	}
	require.ElementsMatch(t, []string{
		filepath.Join(dir, "a.der"), filepath.Join(dir, ".hidden/b.der"), filepath.Join(dir, "deep/er/c.der"),
		filepath.Join(elsewhere, "key.der"),
	}, files)

	_, err = preflight.FindKeys(t.Context(), []string{filepath.Join(dir, "none")})
	require.ErrorIs(t, err, fs.ErrNotExist)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = preflight.FindKeys(ended, []string{dir})
	require.ErrorIs(t, err, context.Canceled)
}

// TestKeyInWhatIsTooMuch: what could not be looked into is said, and is no key.
func TestKeyInWhatIsTooMuch(t *testing.T) {
	r, err := preflight.FindKeys(t.Context(), []string{written(t, map[string][]byte{"large": make([]byte, delivery.MaxArchive+1)})})
	require.NoError(t, err)
	require.Zero(t, r.Errors())
	require.NotNil(t, r.Finding(preflight.CodeTooMuch))
}

func requested(t *testing.T, leaf *certs.Identity) []byte {
	request, err := certs.NewRequest(leaf.Key, []certs.HostName{{Name: "cam.example.com"}})
	require.NoError(t, err)
	return request
}
