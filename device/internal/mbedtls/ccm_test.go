package mbedtls

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCCM takes packets of NIST SP 800-38C, example 3, whose nonce is as long as those of TLS, and one of its own
// that is changed.
func TestCCM(t *testing.T) {
	decode := func(s string) []byte {
		b, err := hex.DecodeString(s)
		require.NoError(t, err)
		return b
	}
	block, err := aes.NewCipher(decode("404142434445464748494a4b4c4d4e4f"))
	require.NoError(t, err)
	c := &ccm{block: block, tagLen: 8}
	nonce := decode("101112131415161718191a1b")
	additional := decode("000102030405060708090a0b0c0d0e0f10111213")
	plain := decode("202122232425262728292a2b2c2d2e2f3031323334353637")
	sealed := c.Seal(nil, nonce, plain, additional)
	require.Equal(t, "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951", hex.EncodeToString(sealed))
	opened, err := c.Open(nil, nonce, sealed, additional)
	require.NoError(t, err)
	require.Equal(t, plain, opened)
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		_, err := c.Open(nil, nonce, changed, additional)
		require.Error(t, err)
	}
	_, err = c.Open(nil, nonce, sealed[:7], additional)
	require.Error(t, err)
}
