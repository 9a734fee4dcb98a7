package device_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
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

// TestEmptyKeyFile is refused, but the key before it stays and serves. One that does not parse takes it away.
func TestEmptyKeyFile(t *testing.T) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(id.Certificate)
	for _, firmware := range device.Firmwares() {
		t.Run(firmware.Name, func(t *testing.T) {
			context := device.NewSSLContext(firmware)
			require.EqualError(t, context.LoadCertChain(id.DER(), nil), "ValueError: invalid key")
			require.Empty(t, context.KeyKind())
			require.NoError(t, context.LoadCertChain(id.DER(), id.KeyDER()))
			require.EqualError(t, context.LoadCertChain(id.DER(), nil), "ValueError: invalid key")
			if firmware.TerminatesFiles { // then no file is empty
				require.Empty(t, context.KeyKind())
				return
			}
			require.Equal(t, "EC secp256r1", context.KeyKind())
			require.Len(t, context.Chain(), 1)

			client, server := wire.Pipe()
			peer := tls.Client(client, &tls.Config{RootCAs: pool, ServerName: host})
			done := make(chan error, 1)
			go func() { done <- peer.Handshake() }()
			socket, err := context.WrapSocket(server)
			require.NoError(t, err)
			require.NoError(t, <-done)
			require.NoError(t, socket.Close())

			require.EqualError(t, context.LoadCertChain(id.DER(), []byte("junk")), "ValueError: invalid key")
			require.Empty(t, context.KeyKind())
		})
	}
}

func TestLoadFiles(t *testing.T) {
	dir := t.TempDir()
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}, Key: certs.KeyRSA2048})
	require.NoError(t, err)
	require.NoError(t, delivery.WriteIdentity(id, dir, "server", false))
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
		require.EqualError(t, device.NewSSLContext(device.OpenMV50).LoadCertChainFiles(file("server.cert.der"), file("server.key.der")),
			"OSError: [Errno 13] EACCES")
	}
}

// TestLoadPEM: what the newer firmware takes in PEM, the released one does not.
func TestLoadPEM(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	id, err := pki.Issue(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	chain := certs.EncodePEM(append([]*x509.Certificate{id.Certificate}, pki.Chain()...)...)
	key := id.EncodeKeyPEM()
	crlf := bytes.ReplaceAll(chain, []byte("\n"), []byte("\r\n"))
	damaged := bytes.Replace(chain, []byte("-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n"),
		[]byte("-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nAAAA"), 1)
	for _, tc := range []struct {
		name      string
		cert, key []byte
		want      string
		presented int
	}{
		{"a chain", chain, key, "", 2},
		{"line ends of Windows", crlf, key, "", 2},
		{"text and a byte order mark before it", append([]byte("\ufeffsubject: x\n"), chain...), key, "", 2},
		{"text after it and a NUL", append(bytes.Clone(chain), "bye\x00"...), key, "", 2},
		{"certificate and key in one file", append(bytes.Clone(chain), key...), append(bytes.Clone(chain), key...), "", 2},
		{"the key in DER", chain, id.KeyDER(), "", 2},
		{"the certificate in DER", id.DER(), key, "", 1},
		{"a damaged second certificate", damaged, key, "ValueError: invalid cert", 1},
		{"a damaged key", chain, bytes.Replace(key, []byte("MI"), []byte("M!"), 1), "ValueError: invalid key", 0},
		{
			"a stray = after the key", chain,
			bytes.Replace(key, []byte("\n-----END"), []byte("=\n-----END"), 1),
			"ValueError: invalid key", 0,
		},
		{
			"a trusted certificate",
			bytes.ReplaceAll(chain, []byte(" CERTIFICATE"), []byte(" TRUSTED CERTIFICATE")),
			key, "ValueError: invalid cert", 0,
		},
		{"a header and nothing else", []byte("-----BEGIN CERTIFICATE-----\n"), key, "ValueError: invalid cert", 0},
		{
			"an encrypted key", chain,
			[]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
			"ValueError: invalid key", 0,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			context := device.NewSSLContext(device.MicroPython129)
			err := context.LoadCertChain(tc.cert, tc.key)
			if tc.want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, tc.want)
			}
			require.Len(t, context.Chain(), tc.presented)
			if bytes.Contains(tc.cert, []byte("-----BEGIN")) || bytes.Contains(tc.key, []byte("-----BEGIN")) {
				require.Error(t, device.NewSSLContext(device.OpenMV50).LoadCertChain(tc.cert, tc.key))
			}
		})
	}
}

// TestSecondLoadOfPEMKey: a key in PEM is not put in the place of another key; one in
// DER is, whatever the first one was.
func TestSecondLoadOfPEMKey(t *testing.T) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	for _, first := range [][]byte{id.KeyDER(), id.EncodeKeyPEM()} {
		context := device.NewSSLContext(device.MicroPython129)
		require.NoError(t, context.LoadCertChain(id.DER(), first))
		require.NoError(t, context.LoadCertChain(id.DER(), id.KeyDER()))
		require.EqualError(t, context.LoadCertChain(id.DER(), id.EncodeKeyPEM()), "ValueError: invalid key")
		require.Len(t, context.Chain(), 2)
	}
}
