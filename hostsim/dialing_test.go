package hostsim_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
)

// dialing is a client of this process that decides by itself, after the handshake, what it thinks of
// what it was sent: it leaves without an alert when accepts returns an error, and says the error.
func dialing(name string, accepts func(ctx context.Context, v *hostsim.Visit, sent []*x509.Certificate) error) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: name, Library: "none", Known: hostsim.Known{Words: words},
		Dial: func(ctx context.Context, v *hostsim.Visit) ([]byte, error) {
			config := &tls.Config{ServerName: v.Host, InsecureSkipVerify: true}
			conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(v.Port)))
			if err != nil {
				return nil, err
			}
			defer conn.Close()
			if err := accepts(ctx, v, conn.(*tls.Conn).ConnectionState().PeerCertificates); err != nil {
				return nil, err
			}
			if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", v.Path, v.Host); err != nil {
				return nil, err
			}
			return io.ReadAll(conn)
		},
	}
}

// honest is a client that verifies, and says in words that are known what it finds.
func honest() *hostsim.Client {
	return dialing("honest", func(ctx context.Context, v *hostsim.Visit, sent []*x509.Certificate) error {
		err := verifies(ctx, v, sent)
		if err != nil {
			err = fmt.Errorf("certificate verify failed: %w", err)
		}
		return err
	})
}

// verifies is what an honest client does: it takes a pinned leaf for what it is, and else builds a chain.
func verifies(_ context.Context, v *hostsim.Visit, sent []*x509.Certificate) error {
	o := x509.VerifyOptions{
		DNSName: v.Host, Roots: pool(slices.Concat(v.Roots, v.Pinned)...), Intermediates: pool(slices.Concat(sent[1:], v.Store)...),
	}
	_, err := sent[0].Verify(o)
	return err
}

func pool(list ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range list {
		p.AddCert(c)
	}
	return p
}

// userFiles are somebody's own files: a chain of a PKI of the given name.
func userFiles(t *testing.T, name string, o certs.LeafOptions) *hostsim.Files {
	t.Helper()
	pki, err := certs.NewPKI(certs.PKIOptions{Name: name})
	require.NoError(t, err)
	leaf, err := pki.Issue(o)
	require.NoError(t, err)
	return &hostsim.Files{Cert: leaf.DER(), Key: leaf.KeyDER(), Leaf: leaf.Certificate, Chain: pki.Chain(), Root: pki.Root.Certificate}
}

// ofIssuer reports whether a certificate comes from a PKI of a name.
func ofIssuer(c *x509.Certificate, name string) bool {
	return strings.Contains(c.Issuer.CommonName, name)
}

// matrixOf runs one client, and returns its row.
func matrixOf(t *testing.T, r hostsim.Runner) *hostsim.Row {
	t.Helper()
	m, err := r.Run(t.Context())
	require.NoError(t, err)
	return &m.Rows[0]
}
