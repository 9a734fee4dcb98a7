package preflight_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/preflight"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// FuzzCheck checks any two files: the check ends, and says of them what the camera says. The
// recordings are the seeds.
func FuzzCheck(f *testing.F) {
	_, cases, err := wire.ReadVectors[wire.LoaderHead, wire.LoaderCase]("../../device/wire/testdata/loader_openmv-5.0.jsonl.gz")
	require.NoError(f, err)
	for _, c := range cases {
		if c.Cert != nil && c.Key != nil && len(c.Cert) < 4096 {
			f.Add(c.Cert, c.Key)
		}
	}
	dir := f.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	f.Fuzz(func(t *testing.T, cert, key []byte) {
		require.NoError(t, os.WriteFile(certFile, cert, 0o600))
		require.NoError(t, os.WriteFile(keyFile, key, 0o600))
		s, err := preflight.FromFiles(certFile, keyFile, nil, certs.DeliveryOptions{})
		require.NoError(t, err)
		r := preflight.Check(t.Context(), s, preflight.Options{NoPublicRoots: true, Host: "cam.example.com"})
		loads := device.NewSSLContext(device.OpenMV50).LoadCertChain(cert, key)
		require.Equal(t, loads == nil, r.Loads)
		if loads != nil {
			require.Equal(t, loads.Error(), r.Exception)
			require.Positive(t, r.Errors())
		}
	})
}
