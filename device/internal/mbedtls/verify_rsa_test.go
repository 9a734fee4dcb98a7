package mbedtls

import (
	"crypto/rsa"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLeastRSA: Mbed TLS before 3.6 counts the modulus of a peer's key in whole octets.
func TestLeastRSA(t *testing.T) {
	strict, err := Build{}.Profile(Quirks{})
	require.NoError(t, err)
	lax, err := Build{}.Profile(Quirks{LaxRSAKeys: true})
	require.NoError(t, err)
	for bits, accepted := range map[uint]struct{ strict, lax bool }{
		2040: {false, false}, 2041: {false, true}, 2047: {false, true}, 2048: {true, true},
	} {
		modulus := new(big.Int).Lsh(big.NewInt(1), bits-1)
		for profile, want := range map[*Profile]bool{strict: accepted.strict, lax: accepted.lax} {
			c := &Certificate{profile: profile, kind: keyRSA, rsa: &rsa.PublicKey{N: modulus, E: 65537}}
			require.Equal(t, want, keyFlags(c) == 0, "%d bits, lax %t", bits, profile.LaxRSAKeys)
		}
	}
}
