package mbedtls

import (
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOldPublicKeys: what is no public key is refused with other codes than those of Mbed TLS 3.6.
func TestOldPublicKeys(t *testing.T) {
	key := x509.MarshalPKCS1PublicKey(&rsaKey(t).PublicKey)
	for _, tc := range []struct {
		old            bool
		behind, unname int
	}{{false, -15104, -20096}, {true, -15206, -15616}} {
		p, err := Build{}.Profile(Quirks{OldPublicKeys: tc.old})
		require.NoError(t, err)
		_, err = p.parseRSAPublic(key)
		require.NoError(t, err)
		var refused *Error
		_, err = p.parseRSAPublic(append(key[:len(key):len(key)], 0))
		require.ErrorAs(t, err, &refused)
		require.Equal(t, tc.behind, refused.Code)
		_, err = p.algorithmCurve(algorithm{paramTag: tagSequence})
		require.ErrorAs(t, err, &refused)
		require.Equal(t, tc.unname, refused.Code)
	}
}
