package preflight_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestFetch downloads issuers from a server of every manner.
func TestFetch(t *testing.T) {
	p := newPKI(t, 1)
	issuer := p.Intermediates[0].DER()
	p7, err := pkcs7.DegenerateCertificate(issuer)
	require.NoError(t, err)
	mux := http.NewServeMux()
	serve := func(path string, body []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	}
	serve("/der", issuer)
	serve("/pem", certs.EncodePEM(p.Chain()...))
	serve("/p7c", p7)
	serve("/wrong", p.Root.DER())
	serve("/page", []byte("<html>"))
	serve("/empty", nil)
	serve("/huge", make([]byte, 1<<20))
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/der", http.StatusFound) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(302)
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, c := range []struct {
		path string
		code preflight.Code
		says string
	}{
		{"/der", preflight.CodeAIAWorks, "in DER"},
		{"/redirect", preflight.CodeAIAWorks, "in DER"},
		{"/pem", preflight.CodeAIAFails, "answers in PEM"},
		{"/p7c", preflight.CodeAIAFails, "answers in PKCS#7"},
		{"/wrong", preflight.CodeAIAFails, "not the leaf's issuer"},
		{"/page", preflight.CodeAIAFails, "no certificate"},
		{"/empty", preflight.CodeAIAFails, "no certificate"},
		{"/huge", preflight.CodeAIAFails, "more than 65536 octets"},
		{"/none", preflight.CodeAIAFails, "404"},
		{"/loop", preflight.CodeAIAFails, "more than 3 redirections"},
		{"/file", preflight.CodeAIAFails, "only http and https"},
		{"/slow", preflight.CodeAIAFails, "deadline exceeded"},
	} {
		t.Run(c.path, func(t *testing.T) {
			dir := delivered(t, p, issue(t, p, certs.LeafOptions{AIA: server.URL + c.path}))
			r := check(t, dir, preflight.Options{Fetch: &preflight.Fetch{AllowPrivate: true, Timeout: 500 * time.Millisecond}})
			f := r.Finding(c.code)
			require.NotNil(t, f, "%+v", r.Findings)
			require.Contains(t, f.Title, c.says)
			want := preflight.OutcomeRefuses
			if c.code == preflight.CodeAIAWorks || c.path == "/pem" || c.path == "/p7c" {
				want = preflight.OutcomeCompletes // Chromium reads these forms, too
			}
			require.Equal(t, want, reachOf(t, r, "chromium").Under(preflight.CureLeafOnly).Outcome)
		})
	}
	t.Run("a private address is not asked", func(t *testing.T) {
		dir := delivered(t, p, issue(t, p, certs.LeafOptions{AIA: server.URL + "/der"}))
		f := check(t, dir, preflight.Options{Fetch: &preflight.Fetch{}}).Finding(preflight.CodeAIAFails)
		require.Contains(t, f.Title, preflight.ErrPrivateAddress.Error())
	})
	t.Run("nothing is asked unless told to", func(t *testing.T) {
		var asked atomic.Int32
		quiet := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		defer quiet.Close()
		check(t, delivered(t, p, issue(t, p, certs.LeafOptions{AIA: quiet.URL})), preflight.Options{})
		require.Zero(t, asked.Load())
	})
}

// TestFetchMissingLinks lets three missing issuers come one from the other.
func TestFetchMissingLinks(t *testing.T) {
	p := newPKI(t, 3)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	linked, err := p.WithAIA(func(i int) string {
		if i == 2 {
			return ""
		}
		return fmt.Sprintf("%s/%d", server.URL, i+1)
	})
	require.NoError(t, err)
	for i, ca := range linked.Intermediates {
		mux.HandleFunc(fmt.Sprintf("/%d", i), func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(ca.DER()) })
	}
	leaf, err := linked.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, AIA: server.URL + "/0"})
	require.NoError(t, err)
	dir := written(t, map[string][]byte{"leaf.pem": certs.EncodePEM(leaf.Certificate), "key.pem": leaf.EncodeKeyPEM()})
	o := preflight.Options{Roots: []*x509.Certificate{p.Root.Certificate}}
	r := check(t, dir, o)
	require.NotNil(t, r.Finding(preflight.CodeMissingLink))
	o.Fetch = &preflight.Fetch{AllowPrivate: true}
	r = check(t, dir, o)
	require.Nil(t, r.Finding(preflight.CodeMissingLink), "%+v", r.Findings)
	require.Equal(t, 3, r.Missing)
	require.True(t, strings.HasPrefix(r.Path[0], "leafcam test root, intermediate 1"))
}
