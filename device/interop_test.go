package device_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/internal/program"
)

// exchanged is how much goes in each direction of an interop connection, octets.
const exchanged = 1 << 18

// peer is a real TLS client that can be told the suite and the group.
type peer struct {
	name, tool, packages string
	args                 func(port, suite, curve, group string) []string
}

// gnutlsPriority returns the priority string that leaves GnuTLS one suite and group.
func gnutlsPriority(suite, curve, group string) string {
	words := []string{
		"NONE", "+VERS-TLS1.2", "+COMP-NULL", "+CTYPE-X509", "+SIGN-ALL",
		"%VERIFY_ALLOW_SIGN_WITH_SHA1", "+GROUP-" + gnutlsGroup[group],
	}
	if curve != "" && curve != group {
		words = append(words, "+GROUP-"+gnutlsGroup[curve])
	}
	switch {
	case strings.Contains(suite, "ECDHE-ECDSA"):
		words = append(words, "+ECDHE-ECDSA")
	case strings.Contains(suite, "ECDHE-RSA"):
		words = append(words, "+ECDHE-RSA")
	default:
		words = append(words, "+RSA")
	}
	aes := "AES-" + suite[strings.Index(suite, "AES-")+4:][:3]
	if strings.Contains(suite, "GCM") {
		return strings.Join(append(words, "+"+aes+"-GCM", "+AEAD"), ":")
	}
	mac := suite[strings.LastIndex(suite, "-")+1:]
	if mac == "SHA" {
		mac = "SHA1"
	}
	return strings.Join(append(words, "+"+aes+"-CBC", "+"+mac), ":")
}

var gnutlsGroup = map[string]string{"P-256": "SECP256R1", "P-384": "SECP384R1", "P-521": "SECP521R1"}

// opensslSuite turns Mbed TLS's name of a suite into OpenSSL's.
func opensslSuite(suite string) string {
	name := strings.TrimPrefix(suite, "TLS-")
	name = strings.Replace(name, "-WITH", "", 1)
	name = strings.Replace(name, "AES-128", "AES128", 1)
	name = strings.Replace(name, "AES-256", "AES256", 1)
	name = strings.Replace(name, "-CBC", "", 1)
	return strings.TrimPrefix(name, "RSA-")
}

var peers = []peer{
	{"openssl", "openssl", "openssl", func(port, suite, curve, group string) []string {
		groups := group
		if curve != "" && curve != group {
			groups += ":" + curve
		}
		return []string{
			"s_client", "-connect", "127.0.0.1:" + port, "-tls1_2", "-quiet", "-nocommands", "-ign_eof",
			"-cipher", opensslSuite(suite) + ":@SECLEVEL=0", "-groups", groups,
		}
	}},
	{"gnutls", "gnutls-cli", "gnutls-bin", func(port, suite, curve, group string) []string {
		return []string{
			"--no-ca-verification", "--logfile=/dev/null", "--priority", gnutlsPriority(suite, curve, group),
			"-p", port, "127.0.0.1",
		}
	}},
}

// identity makes a self-signed pair with the openssl command.
func identity(t *testing.T, keyOptions ...string) (cert, key []byte) {
	dir := t.TempDir()
	pemKey, derKey, derCert := filepath.Join(dir, "k.pem"), filepath.Join(dir, "k.der"), filepath.Join(dir, "c.der")
	program.Run(t, dir, "openssl",
		append([]string{
			"req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=cam.example.com", "-addext",
			"subjectAltName=DNS:cam.example.com", "-outform", "DER", "-out", derCert, "-keyout", pemKey,
		}, keyOptions...)...)
	program.Run(t, dir, "openssl", "pkcs8", "-topk8", "-nocrypt", "-in", pemKey, "-outform", "DER", "-out", derKey)
	cert, err := os.ReadFile(derCert)
	require.NoError(t, err)
	key, err = os.ReadFile(derKey)
	require.NoError(t, err)
	return cert, key
}

// TestRealPeers carries 1 MiB both ways over each suite with each fitting key and group.
func TestRealPeers(t *testing.T) {
	program.Need(t, "openssl", "openssl")
	up := make([]byte, exchanged)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(up)
	down := make([]byte, exchanged)
	_, _ = rng.Read(down)
	script := device.Script{Name: "exchange", Connections: 1, Serve: func(s *device.Session) error {
		if err := s.Wrap(); err != nil {
			return err
		}
		got, err := s.ReadN(exchanged)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, up) {
			return fmt.Errorf("what the client sent came changed")
		}
		if _, err := s.Write(down); err != nil {
			return err
		}
		return s.Close()
	}}
	ec := func(curve string) []string {
		return []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + curve}
	}
	// How records are protected does not depend on the key and the group, nor on each other: each
	// suite is taken with the first key that fits and P-256, each key and group with its first suites.
	suitesTaken := map[string]bool{}
	for _, id := range []struct {
		name, curve string
		options     []string
	}{
		{"P-256", "P-256", ec("P-256")}, {"P-384", "P-384", ec("P-384")}, {"P-521", "P-521", ec("P-521")},
		{"secp256k1", "secp256k1", ec("secp256k1")}, {"secp192r1", "secp192r1", ec("prime192v1")}, {"secp224r1", "secp224r1", ec("secp224r1")},
		{"secp192k1", "secp192k1", ec("secp192k1")}, {"secp224k1", "secp224k1", ec("secp224k1")},
		{"RSA-2048", "", []string{"-newkey", "rsa:2048"}}, {"RSA-1024", "", []string{"-newkey", "rsa:1024"}},
	} {
		sslContext := device.NewSSLContext(device.OpenMV50)
		require.NoError(t, sslContext.LoadCertChain(identity(t, id.options...)))
		exchangesTaken := map[string]bool{}
		for _, suite := range device.OpenMV50.CipherSuites() {
			if strings.Contains(suite, "ECDSA") != (id.curve != "") {
				continue
			}
			groups := []string{"P-256"}
			switch keyExchange, _, _ := strings.Cut(suite, "-WITH-"); {
			case !exchangesTaken[keyExchange]:
				exchangesTaken[keyExchange] = true
				if strings.Contains(suite, "ECDHE") {
					groups = []string{"P-256", "P-384", "P-521"}
				}
			case suitesTaken[suite]:
				continue
			}
			suitesTaken[suite] = true
			for _, group := range groups {
				for _, p := range peers {
					if p.name == "gnutls" && strings.HasPrefix(id.curve, "secp") {
						continue // GnuTLS has these curves not at all, or not for certificates
					}
					t.Run(strings.Join([]string{p.name, id.name, suite, group}, "/"), func(t *testing.T) {
						t.Parallel()
						program.Need(t, p.tool, p.packages)
						events := make(chan trace.Event, 1)
						camera, err := device.Start(device.CameraConfig{Context: sslContext, Script: script, OnEvent: func(e trace.Event) { events <- e }})
						require.NoError(t, err)
						defer camera.Close()
						_, port, err := net.SplitHostPort(camera.Addr().String())
						require.NoError(t, err)
						got := exchange(t, p.tool, p.args(port, suite, id.curve, group), up)
						event := <-events
						require.NoError(t, event.Exception)
						require.Equal(t, suite, event.Chosen.SuiteName)
						require.True(t, bytes.Equal(down, got), "what the camera sent came changed: %d octets of %d", len(got), len(down))
					})
				}
			}
		}
	}
}

// exchange runs a client, writes to its standard input and returns its standard
// output, up to the length that is expected. Standard input stays open meanwhile:
// some clients leave when it ends.
func exchange(t *testing.T, tool string, args []string, input []byte) []byte {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, args...)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	go func() { _, _ = stdin.Write(input) }()
	got := make([]byte, len(input))
	n, err := io.ReadFull(stdout, got)
	stdin.Close()
	_ = cmd.Wait() // clients complain about the missing close_notify
	require.NoError(t, err, "%s %s: after %d octets: %s", tool, strings.Join(args, " "), n, stderr.String())
	return got
}
