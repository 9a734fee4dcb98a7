package mbedtls

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEncryptThenMAC: records of all lengths come back, one of which an octet is changed or missing does not.
func TestEncryptThenMAC(t *testing.T) {
	for _, name := range []string{"TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA", "TLS-ECDHE-ECDSA-WITH-ARIA-256-CBC-SHA384"} {
		for _, suite := range allSuites {
			if suite.Name != name {
				continue
			}
			ends := func() (*Protection, *Protection) {
				keys := NewKeySchedule(suite, []byte("secret"), &[32]byte{1}, &[32]byte{2})
				keys.EncryptThenMAC = true
				sealing, _, err := keys.Protections()
				require.NoError(t, err)
				opening, _, err := keys.Protections()
				require.NoError(t, err)
				return sealing, opening
			}
			sealing, opening := ends()
			for length := range 70 {
				plain := bytes.Repeat([]byte{'x'}, length)
				sealed := sealing.Seal(nil, RecordApplicationData, versionTLS12, plain)
				require.LessOrEqual(t, len(sealed), length+Overhead)
				opened, err := opening.Open(RecordApplicationData, versionTLS12, sealed)
				require.NoError(t, err)
				require.Equal(t, plain, opened)
			}
			sealing, opening = ends()
			sealed := sealing.Seal(nil, RecordApplicationData, versionTLS12, []byte("something"))
			for i := range sealed {
				changed := bytes.Clone(sealed)
				changed[i] ^= 1
				_, err := opening.Open(RecordApplicationData, versionTLS12, changed)
				require.ErrorIs(t, err, ErrInvalidMAC)
				_, err = opening.Open(RecordApplicationData, versionTLS12, bytes.Clone(sealed[:i]))
				require.ErrorIs(t, err, ErrInvalidMAC)
			}
			opened, err := opening.Open(RecordApplicationData, versionTLS12, sealed)
			require.NoError(t, err)
			require.Equal(t, "something", string(opened))
		}
	}
}
