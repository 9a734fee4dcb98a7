package aria_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/internal/aria"
)

// TestExamples are those of RFC 5794 appendix A.
func TestExamples(t *testing.T) {
	const whole = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	plain, err := hex.DecodeString("00112233445566778899aabbccddeeff")
	require.NoError(t, err)
	for _, c := range []struct {
		octets int
		sealed string
	}{
		{16, "d718fbd6ab644c739da95f3be6451778"},
		{24, "26449c1805dbe7aa25a468ce263a9e79"},
		{32, "f92bd7c79fb72e2f2b8f80c1972d24fc"},
	} {
		key, err := hex.DecodeString(whole[:2*c.octets])
		require.NoError(t, err)
		block, err := aria.NewCipher(key)
		require.NoError(t, err)
		require.Equal(t, aria.BlockSize, block.BlockSize())
		data := bytes.Clone(plain)
		block.Encrypt(data, data)
		require.Equal(t, c.sealed, hex.EncodeToString(data), "a key of %d octets", c.octets)
		block.Decrypt(data, data)
		require.Equal(t, plain, data)
	}
}

func TestKeyOfAnotherLength(t *testing.T) {
	for _, octets := range []int{0, 15, 17, 33} {
		_, err := aria.NewCipher(make([]byte, octets))
		require.Error(t, err)
	}
}
