package mbedtls

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// requireJudged parses data as the loader does and as a client's certificate is parsed. The two have to come to the same; a
// refusal has a code, and what parses can be verified.
func requireJudged(t *testing.T, data []byte) {
	p := testProfile(t)
	loaded, loadErr := p.ParseCertificate(data)
	shown, err := p.parseCertificate(data)
	if err != nil {
		var code *Error
		require.ErrorAs(t, err, &code)
		require.Negative(t, code.Code)
		require.Contains(t, code.Name, "MBEDTLS_ERR_")
		require.ErrorIs(t, loadErr, ErrX509BadInputData)
		return
	}
	require.NoError(t, loadErr, "what a client may show can be loaded")
	require.Equal(t, shown.Raw, loaded.Raw)
	require.True(t, bytes.HasPrefix(data, shown.Raw))
	_, err = p.ParseCertificate(shown.Raw)
	require.NoError(t, err, "what is presented must load again")
	if isRSA, bits := shown.KeySize(); isRSA && bits > 4096 {
		return // verifying with such a key takes its time
	}
	// As a client's with itself above it, before CAs and before none.
	for _, trusted := range [][]*Certificate{nil, {shown}} {
		flags, err := verifyChain([]*Certificate{shown, loaded}, trusted, time.Unix(1<<30, 0))
		require.NoError(t, err)
		if flags |= clientUsage(shown); flags != 0 {
			var verify *VerifyError
			require.True(t, errors.As(flags.err(), &verify) || errors.Is(flags.err(), ErrX509VerifyFailed))
			require.NotZero(t, flags.alert())
		}
	}
}

// TestDamagedCertificates changes each octet of a certificate that has all extensions that are read, and cuts it off
// everywhere.
func TestDamagedCertificates(t *testing.T) {
	authority, err := hex.DecodeString("301180" + "0141" + "a1098207636120306e616d" + "820107")
	require.NoError(t, err)
	key := ecdsaKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cam.example.com", Organization: []string{"Example"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		DNSNames: []string{"cam.example.com"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}, SubjectKeyId: []byte{1, 2, 3},
		ExtraExtensions: []pkix.Extension{
			{Id: asn1.ObjectIdentifier{2, 5, 29, 35}, Value: authority},
			{Id: asn1.ObjectIdentifier{2, 5, 29, 32}, Value: []byte{0x30, 8, 0x30, 6, 6, 4, 0x55, 0x1d, 0x20, 0}},
			{Id: asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 1}, Value: []byte{3, 2, 7, 0x80}},
		},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	_, err = testProfile(t).ParseCertificate(der)
	require.NoError(t, err)
	for i := range der {
		for _, value := range []byte{0, 1, der[i] - 1, der[i] + 1, der[i] ^ 0x20, 0x80, 0xff} {
			changed := bytes.Clone(der)
			changed[i] = value
			requireJudged(t, changed)
		}
		requireJudged(t, der[:i])
		requireJudged(t, append(bytes.Clone(der[:i]), der[i+1:]...))
	}
}

// TestUsage: a key for one direction of an agreement only is for nothing else.
func TestUsage(t *testing.T) {
	for _, tc := range []struct {
		name    string
		usage   int
		allowed bool
	}{
		{"no keyUsage", -1, true},
		{"digitalSignature", usageDigitalSignature, true},
		{"digitalSignature and others", usageDigitalSignature | usageKeyEncipherment | usageCertSign, true},
		{"others", usageKeyEncipherment | usageCertSign, false},
		{"none", 0, false},
		{"digitalSignature and encipherOnly", usageDigitalSignature | usageEncipherOnly, false},
		{"digitalSignature and decipherOnly", usageDigitalSignature | usageDecipherOnly, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &Certificate{profile: &Profile{dialect: dialect3}, keyUsage: tc.usage, serverOK: true, clientOK: true}
			require.Equal(t, tc.allowed, c.allows(usageDigitalSignature))
			require.Equal(t, tc.allowed, c.usable(&Suite{ecdhe: true}))
			require.Equal(t, tc.allowed, clientUsage(c) == 0)
		})
	}
}
