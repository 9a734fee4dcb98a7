package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// selfSignedFiles writes a camera's pair of files into a folder.
func selfSignedFiles(t *testing.T, dir string) (id *certs.Identity, cert, key string) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	require.NoError(t, delivery.WriteIdentity(id, dir, "self", false))
	return id, filepath.Join(dir, "self.cert.der"), filepath.Join(dir, "self.key.der")
}

// inFolderWithFiles makes the test work in a folder with a leaf of a new PKI, its key, and full.pem with
// the whole chain.
func inFolderWithFiles(t *testing.T) (*certs.PKI, *certs.Identity) {
	t.Chdir(t.TempDir())
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	id, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	require.NoError(t, delivery.WriteIdentity(id, ".", "leaf", false))
	full := append(certs.EncodePEM(id.Certificate), certs.EncodePEM(pki.Chain()...)...)
	require.NoError(t, os.WriteFile("full.pem", full, 0o600))
	return pki, id
}

// TestWhatIsNotWholeIsNotConverted, and takes nothing away of what is there, even by --force.
func TestWhatIsNotWholeIsNotConverted(t *testing.T) {
	pki, id := inFolderWithFiles(t)
	chain := certs.EncodePEM(pki.Chain()...)
	write := func(name string, data []byte) { require.NoError(t, os.WriteFile(name, data, 0o600)) }
	var out, messages bytes.Buffer
	require.Equal(t, exitFine, run(t.Context(), []string{"convert", "full.pem", "leaf.key.pem", "--out", "camera"}, &out, &messages))
	there, err := filepath.Glob("camera/*")
	require.NoError(t, err)
	require.Len(t, there, 5)

	second, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	renewed := append(certs.EncodePEM(second.Certificate), chain...)
	write("key.pem", second.EncodeKeyPEM())
	write("leaf.der", second.DER())
	damaged := bytes.Clone(renewed)
	damaged[len(damaged)-100] = '?'
	for name, data := range map[string][]byte{
		"cut.pem": renewed[:len(renewed)-40], "damaged.pem": damaged,
		"rows.der":  append(bytes.Clone(second.DER()), pki.Chain()[0].Raw[:200]...),
		"large.pem": append(bytes.Repeat([]byte("\n"), inputfile.Small), renewed...),
	} {
		t.Run(name, func(t *testing.T) {
			write(name, data)
			var out, messages bytes.Buffer
			args := []string{"convert", name, "leaf.der", "key.pem", "--out", "camera", "--force"}
			require.Equal(t, exitFindings, run(t.Context(), args, &out, &messages))
			require.Contains(t, messages.String(), name)
			require.Contains(t, messages.String(), "nothing was written")
			require.Empty(t, out.String())
			cert, err := os.ReadFile("camera/server.der")
			require.NoError(t, err)
			require.Equal(t, id.DER(), cert)
		})
	}
}
