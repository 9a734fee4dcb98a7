package mbedtls

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"testing"

	"github.com/stretchr/testify/require"
)

// protections returns both ends of one direction under a suite.
func protections(t testing.TB, suite uint16) (sealer, opener *Protection) {
	ks := func() *KeySchedule {
		return NewKeySchedule(SuiteByID(suite), bytes.Repeat([]byte{1}, 48), &[32]byte{2}, &[32]byte{3})
	}
	sealer, _, err := ks().Protections()
	require.NoError(t, err)
	opener, _, err = ks().Protections()
	require.NoError(t, err)
	return sealer, opener
}

// TestProtectionOfEveryLength: what is sealed opens again, and nothing that was
// changed anywhere does.
func TestProtectionOfEveryLength(t *testing.T) {
	for _, s := range suites {
		t.Run(s.Name, func(t *testing.T) {
			sealer, opener := protections(t, s.ID)
			for length := range 300 {
				plain := bytes.Repeat([]byte{byte(length)}, length)
				sealed := sealer.Seal(nil, RecordApplicationData, versionTLS12, plain)
				require.LessOrEqual(t, len(sealed)-length, Overhead)
				for _, at := range []int{0, len(sealed) / 2, len(sealed) - 1} {
					changed := bytes.Clone(sealed)
					changed[at] ^= 0x20
					_, err := opener.Open(RecordApplicationData, versionTLS12, changed)
					require.ErrorIs(t, err, ErrInvalidMAC, "length %d, octet %d changed", length, at)
				}
				opened, err := opener.Open(RecordApplicationData, versionTLS12, sealed)
				require.NoError(t, err)
				require.Equal(t, plain, append([]byte{}, opened...))
			}
		})
	}
}

// TestCBCPadding: any padding that RFC 5246 allows is taken, any other is not.
func TestCBCPadding(t *testing.T) {
	suite := SuiteByID(0xc023)
	sealWith := func(p *Protection, plain []byte, padding int, change int) []byte {
		c := p.cbc
		c.inner.Reset()
		c.inner.Write(c.ipad)
		c.inner.Write(p.header(RecordApplicationData, versionTLS12, len(plain)))
		c.inner.Write(plain)
		body := c.finish(bytes.Clone(plain), c.inner.Sum(nil))
		for range padding {
			body = append(body, byte(padding-1))
		}
		if change > 0 {
			body[len(body)-change] ^= 1
		}
		record := append(make([]byte, aes.BlockSize), body...)
		cipher.NewCBCEncrypter(c.block, record[:aes.BlockSize]).CryptBlocks(record[aes.BlockSize:], record[aes.BlockSize:])
		p.seq++
		return record
	}
	for padding := 16; padding <= 256; padding += 16 {
		plain := make([]byte, 64)
		sealer, opener := protections(t, suite.ID)
		opened, err := opener.Open(RecordApplicationData, versionTLS12, sealWith(sealer, plain, padding, 0))
		require.NoError(t, err, "padding %d", padding)
		require.Len(t, opened, 64)
		for _, change := range []int{1, 2, padding} {
			sealer, opener := protections(t, suite.ID)
			_, err := opener.Open(RecordApplicationData, versionTLS12, sealWith(sealer, plain, padding, change))
			require.ErrorIs(t, err, ErrInvalidMAC, "padding %d, octet %d changed", padding, change)
		}
	}
}
