package asclient_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestFetch: the intermediate of a server that sends its certificate alone is downloaded where that is allowed, and not
// otherwise.
func TestFetch(t *testing.T) {
	root := issue(t, nil, request{name: "root", until: on(2040, 1, 1)})
	lower := issue(t, root, request{name: "lower", until: on(2029, 1, 1)})
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write(lower.Raw)
	}))
	defer server.Close()
	leaf := issue(t, lower, request{name: host, leaf: true, change: func(c *x509.Certificate) {
		c.IssuingCertificateURL = []string{server.URL}
	}})
	subject := &asclient.Subject{Name: "server", Sent: ders(leaf), LeafPlace: 1}
	o := asclient.Options{At: now, Hostname: host, Roots: parsed(root), NoPublicRoots: true}
	r := asclient.Check(t.Context(), subject, o)
	require.Empty(t, r.Anchors)
	require.Contains(t, r.Finding(asclient.CodeNoAnchor).Title, "--fetch downloads it from "+server.URL)
	require.Zero(t, asked)

	o.Fetch = &preflight.Fetch{AllowPrivate: true}
	r = asclient.Check(t.Context(), subject, o)
	require.Equal(t, 1, asked)
	require.Equal(t, []row{
		{"lower", asclient.KindIntermediate, lower.NotAfter, true}, {"root", asclient.KindRoot, lower.NotAfter, false},
	}, rows(r))
	require.Equal(t, asclient.SourceFetched, r.Anchors[0].Source)
	require.Equal(t, []string{"lower"}, r.Anchors[1].Missing)
}
