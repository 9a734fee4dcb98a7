package preflight_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestChosen: a renewed certificate beside the older one, and a locked file beside open ones, are said to be there,
// and nothing else is said of them.
func TestChosen(t *testing.T) {
	p := newPKI(t, 1)
	old := issue(t, p, certs.LeafOptions{DNS: []string{"cam.example.com"}, NotBefore: time.Now().Add(-48 * time.Hour)})
	now := issue(t, p, certs.LeafOptions{DNS: []string{"cam.example.com"}})
	locked, err := pkcs12.Modern2023.WithIterations(1).Encode(old.Key, old.Certificate, p.Chain(), "tulip")
	require.NoError(t, err)
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"cert1.pem": certs.EncodePEM(old.Certificate), "privkey1.pem": old.EncodeKeyPEM(), "chain.pem": certs.EncodePEM(p.Chain()...),
		"cert2.pem": certs.EncodePEM(now.Certificate), "privkey2.pem": now.EncodeKeyPEM(), "old.pfx": locked,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	d, err := delivery.Read(t.Context(), []string{dir}, delivery.Options{Password: func(string, bool) ([]byte, error) {
		return nil, errors.New("nobody is asked")
	}})
	require.NoError(t, err)
	s, err := preflight.FromDelivery(d)
	require.NoError(t, err)
	titles := map[preflight.Code]string{}
	for _, f := range preflight.Check(t.Context(), s, preflight.Options{Depth: preflight.DepthChain}).Findings {
		titles[f.Code] = f.Title
	}
	require.Regexp(t, "^2 certificates for one name are here: .*cert2.pem, line 1 .* is taken, and not .*cert1.pem",
		titles[preflight.CodeGenerations])
	require.Regexp(t, "old.pfx .*left alone", titles[preflight.CodeLeftLocked])
	require.NotContains(t, titles, preflight.CodeOtherCertificate)
	require.NotContains(t, titles, preflight.CodeNotUnderstood)
}
