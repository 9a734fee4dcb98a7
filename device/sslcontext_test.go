package device_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
)

func TestLoadTwice(t *testing.T) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	context := device.NewSSLContext(device.OpenMV50)
	require.Empty(t, context.KeyKind())
	require.EqualError(t, context.LoadCertChain([]byte("junk"), id.KeyDER()), "ValueError: invalid cert")
	require.Empty(t, context.Chain())
	require.NoError(t, context.LoadCertChain(id.DER(), id.KeyDER()), "usable after a failed call")
	require.Equal(t, "EC secp256r1", context.KeyKind())
	require.NoError(t, context.LoadCertChain(append(id.DER(), "trailing"...), id.KeyDER()))
	require.Equal(t, [][]byte{id.DER(), id.DER()}, context.Chain(), "the same leaf twice, without what trailed it")
	require.EqualError(t, context.LoadCertChain(id.DER(), id.DER()), "ValueError: invalid key", "the key is read first")
}

func TestLoadFiles(t *testing.T) {
	dir := t.TempDir()
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}, Key: certs.RSA2048})
	require.NoError(t, err)
	require.NoError(t, id.WriteIdentity(dir, "server", false))
	file := func(name string) string { return filepath.Join(dir, name) }
	for _, tc := range []struct{ name, cert, key, want string }{
		{"a pair", file("server.cert.der"), file("server.key.der"), ""},
		{"PEM key", file("server.cert.der"), file("server.key.pem"), "ValueError: invalid key"},
		{"PEM certificate", file("server.cert.pem"), file("server.key.der"), "ValueError: invalid cert"},
		{"swapped", file("server.key.der"), file("server.cert.der"), "ValueError: invalid key"},
		{"missing certificate", file("no.der"), file("server.key.der"), "OSError: [Errno 2] ENOENT"},
		{"missing key", file("server.cert.der"), file("no.der"), "OSError: [Errno 2] ENOENT"},
		{"empty path", "", file("server.key.der"), "OSError: [Errno 2] ENOENT"},
		{"directory", dir, file("server.key.der"), "OSError: [Errno 21] EISDIR"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			context := device.NewSSLContext(device.OpenMV50)
			err := context.LoadCertChainFiles(tc.cert, tc.key)
			if tc.want == "" {
				require.NoError(t, err)
				require.Equal(t, "RSA 2048", context.KeyKind())
				return
			}
			require.EqualError(t, err, tc.want)
		})
	}
	if runtime.GOOS != "windows" && os.Geteuid() != 0 {
		require.NoError(t, os.Chmod(file("server.key.der"), 0))
		require.EqualError(t, device.NewSSLContext(device.OpenMV50).LoadCertChainFiles(file("server.cert.der"), file("server.key.der")), "OSError: [Errno 13] EACCES")
	}
}
