//lint:file-ignore SA1019 static RSA is what the camera speaks

package mbedtls

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPreMasterTellsNothing: whatever is wrong with the ciphertext, a secret comes out,
// and it is the client's only when everything was right.
func TestPreMasterTellsNothing(t *testing.T) {
	key := rsaKey(t)
	config := testConfig(t, key)
	secret := append([]byte{3, 3}, bytes.Repeat([]byte{7}, 46)...)
	encrypt := func(plain []byte) []byte {
		c, err := rsa.EncryptPKCS1v15(rand.Reader, &key.PublicKey, plain)
		require.NoError(t, err)
		return c
	}
	message := func(c []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(c))), c...) }
	// A ciphertext whose first octet is zero, so that it can be sent one octet short.
	var leadingZero []byte
	for leadingZero == nil {
		if c := encrypt(secret); c[0] == 0 {
			leadingZero = c
		}
	}
	good := encrypt(secret)
	for _, tc := range []struct {
		name string
		body []byte
		want bool
	}{
		{"as it should be", message(good), true},
		{"a leading zero", message(leadingZero), true},
		{"a leading zero left out", message(leadingZero[1:]), false},
		{"empty", nil, false},
		{"one octet", []byte{1}, false},
		{"no length", good, false},
		{"a trailing octet", append(message(good), 0), false},
		{"too short a secret", message(encrypt(secret[:47])), false},
		{"another version", message(encrypt(append([]byte{3, 1}, secret[2:]...))), false},
		{"no padding", message(bytes.Repeat([]byte{9}, 256)), false},
		{"above the modulus", message(bytes.Repeat([]byte{0xff}, 256)), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			first, second := config.decryptPreMaster(tc.body, versionTLS12), config.decryptPreMaster(tc.body, versionTLS12)
			require.Len(t, first, preMasterLen)
			require.Equal(t, tc.want, bytes.Equal(secret, first))
			require.Equal(t, tc.want, bytes.Equal(first, second), "a random secret is new each time")
		})
	}
}
