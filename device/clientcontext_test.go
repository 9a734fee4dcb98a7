package device_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
)

// issued is a certificate for "server.example" and what it is made of.
type issued struct {
	der []byte
	key *ecdsa.PrivateKey
}

// issue makes a certificate by an issuer, self-issued for nil.
func issue(t *testing.T, name string, isCA bool, by *issued) *issued {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"server.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: isCA, BasicConstraintsValid: true,
	}
	parent, signer := template, key
	if by != nil {
		parent, err = x509.ParseCertificate(by.der)
		require.NoError(t, err)
		signer = by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	require.NoError(t, err)
	return &issued{der, key}
}

// tlsServer serves "hello" to every client, and returns its address.
func tlsServer(t *testing.T, config *tls.Config) string {
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	require.NoError(t, err)
	serveEach(t, listener, func(conn net.Conn) { _, _ = io.WriteString(conn, "hello") })
	return listener.Addr().String()
}

// serveEach serves connections until the test ends.
func serveEach(t *testing.T, listener net.Listener, serve func(net.Conn)) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-ended })
}

func TestCallsToServers(t *testing.T) {
	root := issue(t, "root", true, nil)
	middle := issue(t, "middle", true, root)
	leaf := issue(t, "leaf", false, middle)
	full := tls.Certificate{Certificate: [][]byte{leaf.der, middle.der}, PrivateKey: leaf.key}
	alone := tls.Certificate{Certificate: [][]byte{leaf.der}, PrivateKey: leaf.key}
	config := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	newest := config(full)
	newest.MinVersion = tls.VersionTLS13
	const notSigned = "ValueError: \nThe certificate is not correctly signed by the trusted CA\n"
	const wrongName = "ValueError: \nThe certificate Common Name (CN) does not match with the expected CN\n"
	for _, test := range []struct {
		name   string
		server *tls.Config
		cas    [][]byte
		called string
		raises string
	}{
		{"the whole chain, and the root", config(full), [][]byte{root.der}, "server.example", ""},
		{"the leaf alone, and the root", config(alone), [][]byte{root.der}, "server.example", notSigned},
		{"the leaf alone, and the intermediate", config(alone), [][]byte{middle.der}, "server.example", ""},
		{"a second anchor", config(full), [][]byte{leaf.der, root.der}, "server.example", ""},
		{"another name", config(full), [][]byte{root.der}, "other.example", wrongName},
		{"no anchor", config(full), nil, "server.example", "OSError: (-30336, 'MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED')"},
		{
			"TLS 1.3 alone", newest, [][]byte{root.der}, "server.example",
			"OSError: (-30592, 'MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE')",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			context := device.NewClientContext(device.OpenMV50)
			context.SetVerifyMode(device.CertRequired)
			for _, ca := range test.cas {
				require.NoError(t, context.LoadVerifyLocations(ca))
			}
			conn, err := net.Dial("tcp", tlsServer(t, test.server))
			require.NoError(t, err)
			defer conn.Close()
			var shown [][]byte
			var alerts []trace.Alert
			socket, err := context.WrapClientSocket(conn, device.ClientOptions{ServerHostname: &test.called, Trace: &device.ClientTrace{
				ServerChain: func(list [][]byte) { shown = list },
				Alert:       func(a trace.Alert) { alerts = append(alerts, a) },
			}})
			if test.raises != "" {
				require.EqualError(t, err, test.raises)
				require.Len(t, alerts, 1)
				if test.server != newest {
					require.EqualError(t, context.JudgeServer(shown, test.called), test.raises)
				}
				return
			}
			require.NoError(t, err)
			require.NoError(t, context.JudgeServer(shown, test.called))
			require.Equal(t, test.server.Certificates[0].Certificate, shown)
			page, err := io.ReadAll(socket)
			require.NoError(t, err)
			require.Equal(t, "hello", string(page))
		})
	}
}

func TestOwnCertificateOfAClient(t *testing.T) {
	root := issue(t, "root", true, nil)
	leaf := issue(t, "leaf", false, root)
	own := issue(t, "camera", false, root)
	got := make(chan [][]byte, 1)
	address := tlsServer(t, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.der}, PrivateKey: leaf.key}}, ClientAuth: tls.RequireAnyClientCert,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			got <- raw
			return nil
		},
	})
	context := device.NewClientContext(device.OpenMV50)
	key, err := x509.MarshalECPrivateKey(own.key)
	require.NoError(t, err)
	require.NoError(t, context.LoadCertChain(append(own.der, root.der...), key))
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = context.WrapClientSocket(conn, device.ClientOptions{})
	require.NoError(t, err)
	require.Equal(t, [][]byte{own.der}, <-got, "the leaf alone")
}

func TestWrapClientSocketRefuses(t *testing.T) {
	name := func(s string) *string { return &s }
	for _, test := range []struct {
		name     string
		hostname *string
		raises   string
	}{
		{"no name", nil, "ValueError: CERT_REQUIRED requires server_hostname"},
		{"256 octets", name(strings.Repeat("a", 256)), "OSError: (-28928, 'MBEDTLS_ERR_SSL_BAD_INPUT_DATA')"},
	} {
		t.Run(test.name, func(t *testing.T) {
			context := device.NewClientContext(device.OpenMV50)
			context.SetVerifyMode(device.CertRequired)
			conn, server := net.Pipe()
			defer conn.Close()
			defer server.Close()
			_, err := context.WrapClientSocket(conn, device.ClientOptions{ServerHostname: test.hostname})
			require.EqualError(t, err, test.raises)
		})
	}
}

// TestLazyClient: the first write runs the handshake and raises its exceptions, each later one, too.
func TestLazyClient(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serveEach(t, listener, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn)
	})
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	socket, err := device.NewClientContext(device.OpenMV50).WrapClientSocket(conn, device.ClientOptions{Lazy: true})
	require.NoError(t, err)
	for range 2 {
		_, err = socket.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		require.EqualError(t, err, "OSError: (-29184, 'MBEDTLS_ERR_SSL_INVALID_RECORD')")
	}
	var raised *micropython.OSError
	require.ErrorAs(t, err, &raised)
}
