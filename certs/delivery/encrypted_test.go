package delivery_test

import (
	"encoding/asn1"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/program"
)

// TestRealEncryptedKeys: what openssl encrypts is decrypted with the right password; a wrong one is
// told from a kind that cannot be decrypted here.
func TestRealEncryptedKeys(t *testing.T) {
	openssl := program.Need(t, "openssl", "openssl")
	f := newFixture(t, 1)
	dir := f.saved(t)
	for _, tc := range []struct {
		name, args string
		known      bool
	}{
		{"AES in CBC", "-v2 aes-256-cbc", true},
		{"AES-128 and SHA-1", "-v2 aes-128-cbc -v2prf hmacWithSHA1", true},
		{"3DES", "-v2 des3", true},
		{"scrypt", "-scrypt", true},
		{"SHA-512", "-v2 aes-256-cbc -v2prf hmacWithSHA512", true},
		{"Camellia", "-v2 camellia-256-cbc", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			args := append([]string{"pkcs8", "-topk8", "-in", "key.pem", "-out", "locked.pem", "-passout", "pass:tulip"}, strings.Fields(tc.args)...)
			program.Run(t, dir, openssl, args...)
			paths := []string{filepath.Join(dir, "leaf.pem"), filepath.Join(dir, "locked.pem")}
			d, err := read(paths, delivery.Options{Password: secret("tulip")})
			require.NoError(t, err)
			require.Equal(t, tc.known, d.Key != nil)
			_, err = read(paths, delivery.Options{Password: secret("rose")})
			if tc.known {
				require.ErrorIs(t, err, delivery.ErrPassword)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// TestCutCiphertext: a key in encrypted PKCS#8 whose ciphertext is no whole number of blocks counts
// as damaged, whatever the password, and nothing breaks.
func TestCutCiphertext(t *testing.T) {
	type algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters any
	}
	type derivation struct {
		Salt   []byte
		Rounds int
		MAC    algorithm
	}
	type scheme struct{ Derivation, Cipher algorithm }
	der, err := asn1.Marshal(struct {
		Algorithm  algorithm
		Ciphertext []byte
	}{algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, scheme{
		algorithm{
			asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12},
			derivation{[]byte{0}, 1, algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, asn1.NullRawValue}},
		},
		algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}, make([]byte, 16)},
	}}, []byte("cut")})
	require.NoError(t, err)
	f := newFixture(t, 1)
	dir := f.saved(t)
	locked := filepath.Join(dir, "locked.der")
	require.NoError(t, os.WriteFile(locked, der, 0o600))
	d, err := read([]string{filepath.Join(dir, "leaf.pem"), locked}, delivery.Options{Password: secret("tulip")})
	require.NoError(t, err)
	require.Contains(t, d.Items[1].Note, "no whole number of blocks")
}
