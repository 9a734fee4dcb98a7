package certs_test

import (
	"crypto/x509"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/program"
)

func TestChainsVerify(t *testing.T) {
	for _, tc := range []struct {
		name          string
		options       certs.PKIOptions
		leaf          certs.KeyType
		intermediates int
	}{
		{"the default", certs.PKIOptions{}, "", 1},
		{"no intermediate", certs.PKIOptions{Intermediates: -1}, certs.KeyECDSAP256, 0},
		{
			"three intermediates of each kind",
			certs.PKIOptions{
				Intermediates: 3, RootKey: certs.KeyRSA2048,
				IntermediateKeys: []certs.KeyType{certs.KeyECDSAP256, certs.KeyECDSAP384, certs.KeyRSA2048},
			},
			certs.KeyECDSAP384, 3,
		},
		{"an RSA leaf under ECDSA", certs.PKIOptions{RootKey: certs.KeyECDSAP384}, certs.KeyRSA2048, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			pki, err := certs.NewPKI(tc.options)
			require.NoError(t, err)
			require.Len(t, pki.Intermediates, tc.intermediates)
			leaf, err := pki.Issue(certs.LeafOptions{
				DNS: []string{"cam.example.com"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)},
				Key: tc.leaf, AIA: "http://aia.example.com/i.der",
			})
			require.NoError(t, err)
			require.Equal(t, []string{"http://aia.example.com/i.der"}, leaf.Certificate.IssuingCertificateURL)
			roots, between := x509.NewCertPool(), x509.NewCertPool()
			roots.AddCert(pki.Root.Certificate)
			for _, c := range pki.Chain() {
				between.AddCert(c)
			}
			for _, name := range []string{"cam.example.com", "127.0.0.1"} {
				chains, err := leaf.Certificate.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between})
				require.NoError(t, err)
				require.Len(t, chains[0], tc.intermediates+2)
			}
			if tc.intermediates > 0 {
				_, err = leaf.Certificate.Verify(x509.VerifyOptions{Roots: roots})
				require.Error(t, err, "the intermediate must be needed")
			}
		})
	}
}

func TestRealOpenSSLAgrees(t *testing.T) {
	program.Need(t, "openssl", "openssl")
	dir := t.TempDir()
	pki, err := certs.NewPKI(certs.PKIOptions{Intermediates: 2})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	require.NoError(t, delivery.WriteIdentity(leaf, dir, "leaf", false))
	require.NoError(t, atomicfile.WriteNew(filepath.Join(dir, "root.pem"), certs.EncodePEM(pki.Root.Certificate), atomicfile.Public))
	require.NoError(t, atomicfile.WriteNew(filepath.Join(dir, "chain.pem"), certs.EncodePEM(pki.Chain()...), atomicfile.Public))
	program.Run(t, dir, "openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "cam.example.com",
		"-no-CApath", "-CAfile", "root.pem", "-untrusted", "chain.pem", "leaf.cert.pem")
	program.Run(t, dir, "openssl", "pkey", "-inform", "DER", "-in", "leaf.key.der", "-check", "-noout")
}

func TestIssueRefuses(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	_, err = pki.Issue(certs.LeafOptions{})
	require.ErrorContains(t, err, "needs a DNS name")
	now := time.Now()
	_, err = pki.Issue(certs.LeafOptions{DNS: []string{"a"}, NotBefore: now, NotAfter: now.Add(-time.Hour)})
	require.ErrorContains(t, err, "before it begins")
	_, err = pki.Issue(certs.LeafOptions{DNS: []string{"a"}, Key: "dsa"})
	require.ErrorContains(t, err, `unknown key type "dsa"`)
	_, err = certs.ParseKeyType("dsa")
	require.ErrorContains(t, err, "ecdsa-p256, ecdsa-p384, rsa-2048")
	_, err = certs.NewPKI(certs.PKIOptions{IntermediateKeys: []certs.KeyType{certs.KeyRSA2048, certs.KeyRSA2048}})
	require.Error(t, err)
}

func TestParseCertificates(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{Intermediates: 2})
	require.NoError(t, err)
	pem := certs.EncodePEM(pki.Chain()...)
	der := append(append([]byte{}, pki.Chain()[0].Raw...), pki.Chain()[1].Raw...)
	for _, tc := range []struct {
		name, wantErr string
		data          []byte
		want          int
	}{
		{"PEM with text around", "", append([]byte("subject: x\r\n"), pem...), 2},
		{"two DER certificates", "", der, 2},
		{"empty", "no certificate in PEM or DER", nil, 0},
		{"truncated DER", "no certificate in PEM or DER", der[:len(der)-1], 0},
		{"only a key", "without a certificate", pki.Root.EncodeKeyPEM(), 0},
		{"broken inside PEM", "certificate 1", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list, err := certs.ParseCertificates(tc.data)
			if tc.wantErr != "" {
				require.ErrorContains(t, err, tc.wantErr)
				return
			}
			require.NoError(t, err)
			require.Len(t, list, tc.want)
		})
	}
}

func FuzzParseCertificates(f *testing.F) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(f, err)
	f.Add(id.DER())
	f.Add(certs.EncodePEM(id.Certificate))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := certs.ParseCertificates(data)
		require.Equal(t, err == nil, len(list) > 0)
	})
}

func TestParseKeyPEM(t *testing.T) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	der, err := certs.ParseKeyPEM(append(certs.EncodePEM(id.Certificate), id.EncodeKeyPEM()...))
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(id.Key)
	require.NoError(t, err)
	require.Equal(t, pkcs8, der)
	for want, data := range map[string]string{
		"no private key in PEM": string(certs.EncodePEM(id.Certificate)),
		"is encrypted":          "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"private key: ":         "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		_, err = certs.ParseKeyPEM([]byte(data))
		require.ErrorContains(t, err, want)
	}
}
