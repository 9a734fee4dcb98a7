package mbedtls

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pssProfile reads RSASSA-PSS.
func pssProfile(t testing.TB) *Profile {
	p, err := Build{}.Profile(Quirks{PSS: true, SpecifiedCurves: true})
	require.NoError(t, err)
	return p
}

// TestPSSCertificates: a certificate that a CA signed is its own, and none that was changed.
func TestPSSCertificates(t *testing.T) {
	key := rsaKey(t)
	for _, algorithm := range []x509.SignatureAlgorithm{x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS} {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, NotAfter: time.Now().Add(time.Hour), SignatureAlgorithm: algorithm,
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		require.NoError(t, err)
		c, err := pssProfile(t).ParseCertificate(der)
		require.NoError(t, err)
		require.True(t, c.signedWith.accepted)
		require.True(t, signatureFits(c, c))
		c.tbs = append(bytes.Clone(c.tbs), 0)
		require.False(t, signatureFits(c, c))
		_, err = testProfile(t).ParseCertificate(der)
		require.Error(t, err, "another build")
	}
}

// TestPSSSignatures: moduli of any length, salts as they are said to be.
func TestPSSSignatures(t *testing.T) {
	digest := crypto.SHA256.New()
	digest.Write([]byte("signed"))
	for _, bits := range []int{1024, 1025, 1031, 1032} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		require.NoError(t, err)
		for _, salt := range []int{0, 20, 32} {
			length := salt
			if salt == 0 {
				length = rsa.PSSSaltLengthAuto // the longest
			}
			signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest.Sum(nil), &rsa.PSSOptions{SaltLength: length})
			require.NoError(t, err)
			if salt == 0 {
				salt = (key.N.BitLen()-1+7)/8 - 2 - 32
			}
			fits := func(params pssParams, signed string, signature []byte) bool {
				return pssFits(&key.PublicKey, crypto.SHA256, &params, []byte(signed), signature)
			}
			require.True(t, fits(pssParams{crypto.SHA256, salt}, "signed", signature), "%d bits, salt %d", bits, salt)
			require.False(t, fits(pssParams{crypto.SHA256, salt + 1}, "signed", signature))
			require.False(t, fits(pssParams{crypto.SHA1, salt}, "signed", signature))
			require.False(t, fits(pssParams{crypto.SHA256, salt}, "other", signature))
			require.False(t, fits(pssParams{crypto.SHA256, salt}, "signed", signature[1:]))
			require.False(t, fits(pssParams{crypto.SHA256, salt}, "signed", make([]byte, len(signature))))
			require.False(t, fits(pssParams{crypto.SHA256, salt}, "signed", bytes.Repeat([]byte{0xff}, len(signature))))
		}
	}
}

// FuzzPSS: parameters are read, or refused with an error of Mbed TLS.
func FuzzPSS(f *testing.F) {
	for _, algorithm := range []x509.SignatureAlgorithm{x509.SHA256WithRSAPSS, x509.SHA512WithRSAPSS} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), SignatureAlgorithm: algorithm}
		key := rsaKey(f)
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		require.NoError(f, err)
		r := berReader{der}
		body, err := r.child(tagSequence)
		require.NoError(f, err)
		_, err = body.child(tagSequence)
		require.NoError(f, err)
		a, err := body.algorithm()
		require.NoError(f, err)
		f.Add(a.paramTag, a.params)
	}
	f.Fuzz(func(t *testing.T, tag byte, params []byte) {
		s, err := pssAlgorithm(algorithm{paramTag: tag, params: params})
		if err != nil {
			requireKnown(t, err)
			return
		}
		require.True(t, s.hash.Available())
		require.True(t, s.pss.mask.Available())
		require.GreaterOrEqual(t, s.pss.salt, 0)
	})
}
