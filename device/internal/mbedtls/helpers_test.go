package mbedtls

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testProfile has everything that the engine has, with OpenMV's buffers.
func testProfile(t testing.TB) *Profile {
	p, err := Build{Requested: []string{"SHA-384", "SHA-256"}}.Profile(Quirks{InContentLen: 16384, OutContentLen: 4096})
	require.NoError(t, err)
	return p
}

// testConfig returns a configuration with a self-signed pair.
func testConfig(t testing.TB, signer crypto.Signer) *Config {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cam.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(signer)
	require.NoError(t, err)
	p := testProfile(t)
	cert, err := p.ParseCertificate(der)
	require.NoError(t, err)
	key, err := p.ParseKey(keyDER)
	require.NoError(t, err)
	return &Config{
		Chain: []*Certificate{cert}, Key: key, Profile: p,
		Time: func() uint32 { return 1 },
	}
}

func ecdsaKey(t testing.TB) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return k
}

func rsaKey(t testing.TB) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return k
}

// transcriptConn is a transport with a fixed input that then ends.
type transcriptConn struct {
	in  *bytes.Reader
	out bytes.Buffer
}

func newTranscript(in ...[]byte) *transcriptConn {
	return &transcriptConn{in: bytes.NewReader(bytes.Join(in, nil))}
}

func (c *transcriptConn) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c *transcriptConn) Write(p []byte) (int, error) { return c.out.Write(p) }

var _ io.ReadWriter = (*transcriptConn)(nil)
