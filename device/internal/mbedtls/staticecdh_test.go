//lint:file-ignore SA1019 keys may lie on curves for which the standard library has no newer form

package mbedtls

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStaticECDH: on each curve two keys agree on a secret of the field's length, whatever form the point has.
func TestStaticECDH(t *testing.T) {
	for _, curve := range namedCurves {
		t.Run(curve.name, func(t *testing.T) {
			size := octetsOf(curve.curve.Params().P)
			keyOf := func(scalar int64) (*PrivateKey, []byte) {
				key, err := newECKey(curve, big.NewInt(scalar).Bytes())
				require.NoError(t, err)
				point := append([]byte{4}, key.ec.X.FillBytes(make([]byte, size))...)
				return key, append(point, key.ec.Y.FillBytes(make([]byte, size))...)
			}
			one, first := keyOf(0x1234567)
			other, second := keyOf(0x7654321)
			body := func(point []byte) []byte { return append([]byte{byte(len(point))}, point...) }
			secret, err := one.agree(body(second))
			require.NoError(t, err)
			require.Len(t, secret, size)
			same, err := other.agree(body(first))
			require.NoError(t, err)
			require.Equal(t, secret, same)
			if !curve.noSqrt {
				compressed := append([]byte{2 + second[len(second)-1]&1}, second[1:1+size]...)
				same, err = one.agree(body(compressed))
				require.NoError(t, err)
				require.Equal(t, secret, same)
			}
			off := bytes.Clone(second)
			off[len(off)-1] ^= 1
			for _, wrong := range [][]byte{nil, {0}, {1, 0}, body(off), body(second[:size]), second, append(body(second), 0)} {
				_, err := one.agree(wrong)
				require.ErrorIs(t, err, ErrDecodeError)
			}
		})
	}
}

// TestStaticECDHWithoutItsKey: the loaded key is asked for, and not the certificate's.
func TestStaticECDHWithoutItsKey(t *testing.T) {
	config := testConfig(t, ecdsaKey(t))
	require.NoError(t, config.checkStaticECDH())
	config.Key = testConfig(t, rsaKey(t)).Key
	require.ErrorIs(t, config.checkStaticECDH(), errSSLTypeMismatch)
	config.Key = nil
	require.ErrorIs(t, config.checkStaticECDH(), errSSLTypeMismatch)
}
