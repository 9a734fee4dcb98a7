package mbedtls

import (
	"encoding/asn1"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOIDEqual compares identifiers with what encoding/asn1 makes of them.
func TestOIDEqual(t *testing.T) {
	for _, oid := range []asn1.ObjectIdentifier{
		{2, 5, 29, 15}, {1, 2, 840, 113549, 1, 1, 1}, {1, 2, 840, 10045, 2, 1}, {2, 999}, {2, 5, 29, 32, 0}, {1, 3, 127}, {1, 3, 128},
		{1, 3, 16383}, {1, 3, 16384}, {0, 9},
	} {
		t.Run(oid.String(), func(t *testing.T) {
			der, err := asn1.Marshal(oid)
			require.NoError(t, err)
			content := der[2:]
			require.True(t, oidEqual(content, oid))
			for n := range content {
				require.False(t, oidEqual(content[:n], oid), "%d octets of it", n)
			}
			require.False(t, oidEqual(append(content, 0), oid), "an octet more")
			content[len(content)-1] ^= 1
			require.False(t, oidEqual(content, oid), "another one")
		})
	}
	require.False(t, oidEqual([]byte{0x55, 0x1d, 0x80, 0x0f}, asn1.ObjectIdentifier{2, 5, 29, 15}), "a number in a longer form")
}
