package device_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/trace"
)

// FuzzParseClientHello: whatever a client sends is read as far as it can be read.
func FuzzParseClientHello(f *testing.F) {
	f.Add([]byte{1, 0, 0, 2, 3, 3})
	f.Add(append([]byte{1, 0, 0, 60, 3, 3}, make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, msg []byte) {
		h := trace.ParseClientHello(msg)
		require.Equal(t, len(msg), h.Length)
		require.LessOrEqual(t, 2*(len(h.CipherSuites)+len(h.Groups)), len(msg))
		require.LessOrEqual(t, len(h.ServerName), len(msg))
		h.GroupNames()
	})
}
