package hostsim_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
)

// TestChainOfADelivery: the chain may be what a CA delivered, whatever else lies there and in whatever order.
func TestChainOfADelivery(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{Intermediates: 2})
	require.NoError(t, err)
	stranger, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	backwards := pki.Chain()
	slices.Reverse(backwards)
	write := func(files map[string][]byte) string {
		dir := t.TempDir()
		for name, data := range files {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
		}
		return dir
	}
	pair := write(map[string][]byte{"server.der": leaf.DER(), "server.key.der": leaf.KeyDER()})
	root := pki.Root.Certificate
	for _, tc := range []struct {
		name  string
		files map[string][]byte
		file  string // of the folder; "" is the folder
		err   string
	}{
		{"a file", map[string][]byte{"chain.pem": certs.EncodePEM(append(pki.Chain(), root)...)}, "chain.pem", ""},
		{"a folder with a file each", map[string][]byte{
			"1.crt": pki.Intermediates[0].DER(), "2.pem": certs.EncodePEM(pki.Intermediates[1].Certificate), "root.der": root.Raw,
		}, "", ""},
		{"backwards, with the leaf, its key and a stranger", map[string][]byte{
			"all.pem": certs.EncodePEM(slices.Concat(backwards, []*x509.Certificate{root, stranger.Root.Certificate, leaf.Certificate})...),
			"key.pem": leaf.EncodeKeyPEM(),
		}, "", ""},
		{"strangers", map[string][]byte{"chain.pem": certs.EncodePEM(stranger.Chain()...)}, "", "no certificate in it belongs to the chain"},
		{"nothing", map[string][]byte{"readme.txt": []byte("hello")}, "", "there is no certificate in it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := hostsim.ReadFiles(device.OpenMV50, hostsim.FilePaths{
				Cert: filepath.Join(pair, "server.der"), Key: filepath.Join(pair, "server.key.der"), Chain: filepath.Join(write(tc.files), tc.file),
			})
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			require.Len(t, f.Chain, 2)
			require.True(t, f.Root.Equal(root))
		})
	}
}
