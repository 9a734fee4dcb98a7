// Package forged makes what tests need and nobody honest makes: certificates that no CA would sign, and
// text that acts on who looks at it.
package forged

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// ClaimRSA returns a certificate, in DER, whose signature looks as if an RSA key with that modulus had
// made it: all that is checked before the signature itself fits.
func ClaimRSA(t testing.TB, c *x509.Certificate, modulus *big.Int) []byte {
	t.Helper()
	var tbs struct {
		Version                                          asn1.RawValue
		Serial                                           *big.Int
		Algorithm                                        pkix.AlgorithmIdentifier
		Issuer, Validity, Subject, PublicKey, Extensions asn1.RawValue
	}
	_, err := asn1.Unmarshal(c.RawTBSCertificate, &tbs)
	require.NoError(t, err)
	sha256WithRSA := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
	tbs.Algorithm = pkix.AlgorithmIdentifier{Algorithm: sha256WithRSA, Parameters: asn1.NullRawValue}
	raw, err := asn1.Marshal(tbs)
	require.NoError(t, err)
	signature := modulus.Bytes()
	der, err := asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: raw}, tbs.Algorithm, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	require.NoError(t, err)
	return der
}
