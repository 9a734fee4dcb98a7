package mbedtls

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// certificateWith returns a self-signed certificate with one extension.
func certificateWith(t *testing.T, id asn1.ObjectIdentifier, value []byte) []byte {
	key := ecdsaKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cam.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtraExtensions: []pkix.Extension{{Id: id, Value: value}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return der
}

// TestLengthOfBasicConstraints: the SEQUENCE may be shorter than what is in it, and not longer.
func TestLengthOfBasicConstraints(t *testing.T) {
	basicConstraints := asn1.ObjectIdentifier{2, 5, 29, 19}
	for _, tc := range []struct {
		name, value string
		loads, isCA bool
		maxPathLen  int
	}{
		{"empty", "3000", true, false, -1},
		{"as it should be", "30060101ff020103", true, true, 3},
		{"nothing of it counted", "30000101ff", true, true, -1},
		{"nothing of two counted", "30000101ff020103", true, true, 3},
		{"the first of two counted", "30030101ff020103", true, true, 3},
		{"a part of the first counted", "30010101ff", true, true, -1},
		{"longer than the extension", "30040101ff", false, false, 0},
		{"an octet behind it", "30030101ff00", false, false, 0},
		{"an octet behind two, of which none is counted", "30000101ff02010300", false, false, 0},
		{"another type behind it", "30000500", false, false, 0},
		{"no SEQUENCE", "0101ff", false, false, 0},
		{"no octet", "", false, false, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			value, err := hex.DecodeString(tc.value)
			require.NoError(t, err)
			c, err := testProfile(t).ParseCertificate(certificateWith(t, basicConstraints, value))
			if !tc.loads {
				require.ErrorIs(t, err, ErrX509BadInputData)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.isCA, c.isCA)
			require.Equal(t, tc.maxPathLen, c.maxPathLen)
		})
	}
}

// TestAuthorityKeyIdentifier: something has to be in it, but not the key's identifier.
func TestAuthorityKeyIdentifier(t *testing.T) {
	const issuer, serial = "a1098207636120306e616d", "820107"
	for _, tc := range []struct {
		name, value string
		loads       bool
	}{
		{"empty", "3000", false},
		{"a key", "30038001aa", true},
		{"an empty key", "30028000", true},
		{"issuer and serial number", "300e" + issuer + serial, true},
		{"issuer without serial number", "300b" + issuer, false},
		{"a serial number alone", "3003" + serial, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			value, err := hex.DecodeString(tc.value)
			require.NoError(t, err)
			_, err = testProfile(t).ParseCertificate(certificateWith(t, asn1.ObjectIdentifier{2, 5, 29, 35}, value))
			if tc.loads {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, ErrX509BadInputData)
			}
		})
	}
}
