package device_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
)

func TestLoaderSentinels(t *testing.T) {
	notDER := []byte("neither a key nor a certificate")
	ctx := device.NewSSLContext(device.OpenMV50)
	err := ctx.LoadCertChain(notDER, notDER)
	require.ErrorIs(t, err, micropython.ErrInvalidKey, "the key is read first")
	require.NotErrorIs(t, err, micropython.ErrInvalidCert)
	require.ErrorIs(t, ctx.LoadVerifyLocations(notDER), micropython.ErrInvalidCert)
}

func TestSentinels(t *testing.T) {
	for _, tc := range []struct {
		name     string
		err      error
		sentinel error
	}{
		{"MemoryError", &micropython.MemoryError{Allocating: 1}, micropython.ErrNoMemory},
		{"ENOMEM", &micropython.OSError{Errno: 12}, micropython.ErrNoMemory},
		{"another errno", &micropython.OSError{Errno: 104}, nil},
		{"a TypeError", &micropython.TypeError{Message: "no memory left"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, sentinel := range []error{micropython.ErrNoMemory, micropython.ErrNoClientCertificate, micropython.ErrInvalidKey} {
				require.Equal(t, errors.Is(sentinel, tc.sentinel), errors.Is(tc.err, sentinel))
			}
		})
	}
}
