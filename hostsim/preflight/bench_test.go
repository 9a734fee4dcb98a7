package preflight_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// benchDevices are so many that nothing is remembered of one when its turn comes again.
const benchDevices = 512

// A benchFleet is devices of one CA, as files.
type benchFleet struct {
	certs, keys []string // names of files, of each device
	chain       string   // the file of the issuers and the root
	root        *x509.Certificate
	roots       *x509.CertPool
}

func newBenchFleet(b *testing.B) *benchFleet {
	p := newPKI(b, 1)
	files := map[string][]byte{"chain.pem": certs.EncodePEM(append(p.Chain(), p.Root.Certificate)...)}
	for i := range benchDevices {
		leaf := issue(b, p, certs.LeafOptions{AIA: "http://aia.example/i.der"})
		files[fmt.Sprintf("%d.cert.der", i)], files[fmt.Sprintf("%d.key.der", i)] = leaf.DER(), leaf.KeyDER()
	}
	dir := written(b, files)
	f := &benchFleet{chain: filepath.Join(dir, "chain.pem"), root: p.Root.Certificate, roots: x509.NewCertPool()}
	f.roots.AddCert(f.root)
	for i := range benchDevices {
		f.certs = append(f.certs, filepath.Join(dir, fmt.Sprintf("%d.cert.der", i)))
		f.keys = append(f.keys, filepath.Join(dir, fmt.Sprintf("%d.key.der", i)))
	}
	return f
}

// BenchmarkCheck measures how many devices are checked in a second of one core's time, whoever else uses the machine,
// beside what Go's crypto/x509 and crypto/tls take for the same files.
func BenchmarkCheck(b *testing.B) {
	f := newBenchFleet(b)
	for _, depth := range []struct {
		name  string
		depth preflight.Depth
	}{{"leaf", preflight.DepthLeaf}, {"chain", preflight.DepthChain}, {"full", preflight.DepthFull}} {
		for _, side := range []struct {
			name  string
			check func(b *testing.B, device int, depth preflight.Depth)
		}{{"leafcam", f.check}, {"go", f.verify}} {
			b.Run("depth="+depth.name+"/by="+side.name, func(b *testing.B) {
				b.ReportAllocs()
				before := processorTime()
				for n := 0; b.Loop(); n++ {
					side.check(b, n%benchDevices, depth.depth)
				}
				b.ReportMetric(float64(b.N)/(processorTime()-before).Seconds(), "checks/cpu-s")
			})
		}
	}
}

// check is the check of a fleet's device.
func (f *benchFleet) check(b *testing.B, device int, depth preflight.Depth) {
	var more []string
	if depth != preflight.DepthLeaf {
		more = []string{f.chain}
	}
	s, err := preflight.FromFiles(b.Context(), f.certs[device], f.keys[device], more, delivery.Options{})
	require.NoError(b, err)
	r := preflight.Check(b.Context(), s, preflight.Options{Depth: depth, Roots: []*x509.Certificate{f.root}})
	require.True(b, r.Loads)
}

// verify does with Go's packages what a check does to the same depth: it reads both files, verifies the chain, and
// shakes hands.
func (f *benchFleet) verify(b *testing.B, device int, depth preflight.Depth) {
	der, err := os.ReadFile(f.certs[device])
	require.NoError(b, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(b, err)
	der, err = os.ReadFile(f.keys[device])
	require.NoError(b, err)
	key, err := x509.ParseECPrivateKey(der)
	require.NoError(b, err)
	if depth == preflight.DepthLeaf {
		return
	}
	text, err := os.ReadFile(f.chain)
	require.NoError(b, err)
	issuers := x509.NewCertPool()
	require.True(b, issuers.AppendCertsFromPEM(text))
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: f.roots, Intermediates: issuers})
	require.NoError(b, err)
	if depth == preflight.DepthChain {
		return
	}
	server := &tls.Config{MaxVersion: tls.VersionTLS12, SessionTicketsDisabled: true}
	server.Certificates = []tls.Certificate{{PrivateKey: key, Leaf: leaf}}
	for _, c := range chains[0] {
		server.Certificates[0].Certificate = append(server.Certificates[0].Certificate, c.Raw)
	}
	near, far := wire.Pipe()
	defer near.Close()
	defer far.Close()
	done := make(chan error, 1)
	go func() { done <- tls.Server(far, server).Handshake() }()
	require.NoError(b, tls.Client(near, &tls.Config{RootCAs: f.roots, ServerName: leaf.DNSNames[0]}).Handshake())
	require.NoError(b, <-done)
}
