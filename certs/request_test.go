package certs_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
)

// TestRequestAsOpenSSLMakesIt compares with the commands that the usage text names.
func TestRequestAsOpenSSLMakesIt(t *testing.T) {
	tool(t, "openssl", "openssl")
	for _, c := range []struct {
		key     certs.KeyType
		command string
		names   []string
		san     string
	}{
		{certs.ECDSAP256, "ecparam -name prime256v1 -genkey -noout -out k.pem", []string{"cam.example.com"}, "DNS:cam.example.com"},
		{certs.ECDSAP384, "ecparam -name secp384r1 -genkey -noout -out k.pem", []string{"cam.example.com", "*.cam.example.com"}, "DNS:cam.example.com,DNS:*.cam.example.com"},
		{certs.RSA2048, "genrsa -out k.pem 2048", []string{"cam.example.com"}, "DNS:cam.example.com"},
		{certs.ECDSAP256, "ecparam -name prime256v1 -genkey -noout -out k.pem", []string{"8.8.8.8"}, "IP:8.8.8.8"},
	} {
		t.Run(string(c.key)+" "+c.san, func(t *testing.T) {
			dir := t.TempDir()
			runTool(t, dir, "openssl", strings.Fields(c.command)...)
			runTool(t, dir, "openssl", "req", "-new", "-key", "k.pem", "-subj", "/CN="+c.names[0], "-addext", "subjectAltName="+c.san, "-out", "theirs.csr")
			var names []certs.HostName
			for _, n := range c.names {
				h, err := certs.ParseHostName(n)
				require.NoError(t, err)
				names = append(names, h)
			}
			key, err := certs.GenerateKey(c.key)
			require.NoError(t, err)
			ours, err := certs.NewRequest(key, names)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "ours.csr"), ours, 0o600))
			require.Contains(t, string(runTool(t, dir, "openssl", "req", "-in", "ours.csr", "-noout", "-verify")), "verify OK")
			a, b := parseRequest(t, filepath.Join(dir, "ours.csr")), parseRequest(t, filepath.Join(dir, "theirs.csr"))
			require.Equal(t, b.Subject.String(), a.Subject.String())
			require.Equal(t, b.DNSNames, a.DNSNames)
			require.Equal(t, len(b.IPAddresses), len(a.IPAddresses))
			require.Equal(t, b.Version, a.Version)
			require.Equal(t, certs.DescribePublicKey(b.PublicKey), certs.DescribePublicKey(a.PublicKey))
			require.Len(t, a.Extensions, len(b.Extensions))
			for i, e := range b.Extensions {
				require.Equal(t, e, a.Extensions[i], "the same extensions, octet by octet")
			}
			// openssl signs with SHA-256 whatever the curve; SHA-384 for P-384 is as good.
			if c.key != certs.ECDSAP384 {
				require.Equal(t, b.SignatureAlgorithm, a.SignatureAlgorithm)
			}
		})
	}
}

func parseRequest(t *testing.T, path string) *x509.CertificateRequest {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	require.NotNil(t, block)
	r, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(t, err)
	require.NoError(t, r.CheckSignature())
	return r
}

func TestRequestNeedsAName(t *testing.T) {
	key, err := certs.GenerateKey("")
	require.NoError(t, err)
	_, err = certs.NewRequest(key, nil)
	require.Error(t, err)
}

func TestLongNameIsNoCommonName(t *testing.T) {
	key, err := certs.GenerateKey("")
	require.NoError(t, err)
	long := strings.Repeat("a", 60) + ".example.com"
	der, err := certs.NewRequest(key, []certs.HostName{{Name: long}})
	require.NoError(t, err)
	block, _ := pem.Decode(der)
	r, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(t, err)
	require.Empty(t, r.Subject.CommonName)
	require.Equal(t, []string{long}, r.DNSNames)
}

func TestCameraFiles(t *testing.T) {
	f := newFixture(t, 2)
	d, err := certs.ReadDelivery([]string{f.saved(t)}, certs.DeliveryOptions{})
	require.NoError(t, err)
	files, err := d.CameraFiles()
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "camera")
	written, err := certs.WriteFiles(dir, files, false)
	require.NoError(t, err)
	require.Equal(t, []string{"server.der", "server.key.der", "chain.pem", "fullchain.pem", "intermediate-1.der", "intermediate-2.der"}, written)
	for name, mode := range map[string]os.FileMode{"server.key.der": 0o600, "server.der": 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm())
	}
	list, err := certs.ReadCertificates(filepath.Join(dir, "fullchain.pem"))
	require.NoError(t, err)
	require.Len(t, list, 3)
	for i, c := range list {
		require.True(t, c.Equal(f.full[i]))
	}

	t.Run("run twice, nothing is written", func(t *testing.T) {
		again, err := d.CameraFiles()
		require.NoError(t, err)
		require.Equal(t, files, again)
		written, err := certs.WriteFiles(dir, again, false)
		require.NoError(t, err)
		require.Empty(t, written)
	})
	t.Run("a file of another content stops everything", func(t *testing.T) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "chain.pem"), []byte("mine"), 0o600))
		require.NoError(t, os.Remove(filepath.Join(dir, "server.der")))
		_, err := certs.WriteFiles(dir, files, false)
		require.ErrorIs(t, err, certs.ErrExists)
		require.NoFileExists(t, filepath.Join(dir, "server.der"))
		written, err := certs.WriteFiles(dir, files, true)
		require.NoError(t, err)
		require.Equal(t, []string{"server.der", "chain.pem"}, written)
	})
	t.Run("a key that others can read is tightened", func(t *testing.T) {
		require.NoError(t, os.Chmod(filepath.Join(dir, "server.key.der"), 0o644))
		written, err := certs.WriteFiles(dir, files, false)
		require.NoError(t, err)
		require.Equal(t, []string{"server.key.der"}, written)
	})
	t.Run("nothing else is left behind", func(t *testing.T) {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, len(files))
	})
	t.Run("without a key", func(t *testing.T) {
		d.Key = nil
		_, err := d.CameraFiles()
		require.ErrorContains(t, err, "private key")
	})
	t.Run("no key in an error or an item", func(t *testing.T) {
		d, err := certs.ReadDelivery([]string{f.saved(t)}, certs.DeliveryOptions{})
		require.NoError(t, err)
		for _, item := range d.Items {
			require.False(t, bytes.Contains([]byte(item.About+item.Note), f.leaf.KeyDER()))
		}
	})
}
