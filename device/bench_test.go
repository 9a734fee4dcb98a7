package device_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// The benchmarks measure the engine beside crypto/tls as servers: the same certificate, suite and group,
// TLS 1.2 without tickets, the same client, whose work is in the times. benchstat -col /server compares them.

// servers are both servers with one certificate, and the client of both.
type servers struct {
	engine *device.SSLContext
	std    *tls.Config
	client *tls.Config
}

func newServers(b *testing.B, key certs.KeyType, suite uint16) *servers {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}, Key: key})
	require.NoError(b, err)
	engine := device.NewSSLContext(device.OpenMV50)
	require.NoError(b, engine.LoadCertChain(id.DER(), id.KeyDER()))
	both := tls.Config{
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite},
		CurvePreferences: []tls.CurveID{tls.CurveP256, tls.CurveP384},
	}
	std, client := both.Clone(), both.Clone()
	std.SessionTicketsDisabled = true
	std.Certificates = []tls.Certificate{{Certificate: [][]byte{id.DER()}, PrivateKey: id.Key, Leaf: id.Certificate}}
	client.InsecureSkipVerify = true // what the client does besides is not measured
	client.VerifyConnection = func(tls.ConnectionState) error { return nil }
	return &servers{engine, std, client}
}

// serveFunc shakes hands on a connection and returns the stream.
type serveFunc func(s *servers, conn net.Conn) (io.Writer, error)

func serveEngine(s *servers, conn net.Conn) (io.Writer, error) { return s.engine.WrapSocket(conn) }

func serveStd(s *servers, conn net.Conn) (io.Writer, error) {
	c := tls.Server(conn, s.std)
	return c, c.Handshake()
}

// connect shakes hands on a new connection.
func (s *servers) connect(b *testing.B, serve serveFunc, dial dialFunc) (client *tls.Conn, stream io.Writer, stop func()) {
	near, far := dial(b)
	client = tls.Client(near, s.client)
	done := make(chan error, 1)
	go func() { done <- client.Handshake() }()
	stream, err := serve(s, far)
	require.NoError(b, err)
	require.NoError(b, <-done)
	return client, stream, func() { near.Close(); far.Close() }
}

// dialFunc returns the two ends of a new connection.
type dialFunc func(b *testing.B) (client, server net.Conn)

func inMemory(*testing.B) (client, server net.Conn) { return wire.Pipe() }

func overTCP(b *testing.B) dialFunc {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	b.Cleanup(func() { l.Close() })
	return func(b *testing.B) (client, server net.Conn) {
		client, err := net.Dial("tcp", l.Addr().String())
		require.NoError(b, err)
		server, err = l.Accept()
		require.NoError(b, err)
		return client, server
	}
}

// compareServers runs a benchmark for each key, transport and server.
func compareServers(b *testing.B, bench func(*testing.B, *servers, serveFunc, dialFunc)) {
	for _, k := range []struct {
		key   certs.KeyType
		suite uint16
	}{
		{certs.KeyECDSAP256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
		{certs.KeyECDSAP384, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
		{certs.KeyRSA2048, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
	} {
		s := newServers(b, k.key, k.suite)
		for _, t := range []struct {
			name string
			dial dialFunc
		}{{"memory", inMemory}, {"tcp", overTCP(b)}} {
			for _, server := range []struct {
				name  string
				serve serveFunc
			}{{"engine", serveEngine}, {"std", serveStd}} {
				b.Run("key="+string(k.key)+"/over="+t.name+"/server="+server.name, func(b *testing.B) {
					bench(b, s, server.serve, t.dial)
				})
			}
		}
	}
}

func BenchmarkHandshake(b *testing.B) {
	compareServers(b, func(b *testing.B, s *servers, serve serveFunc, dial dialFunc) {
		for b.Loop() {
			_, _, stop := s.connect(b, serve, dial)
			stop()
		}
	})
}

// Benchmark10MiB is one write of the server, on a connection that has shaken hands.
func Benchmark10MiB(b *testing.B) {
	payload := make([]byte, 10<<20)
	compareServers(b, func(b *testing.B, s *servers, serve serveFunc, dial dialFunc) {
		client, stream, stop := s.connect(b, serve, dial)
		defer stop()
		b.SetBytes(int64(len(payload)))
		done := make(chan error, 1)
		for b.Loop() {
			go func() {
				_, err := io.CopyN(io.Discard, client, int64(len(payload)))
				done <- err
			}()
			_, err := stream.Write(payload)
			require.NoError(b, err)
			require.NoError(b, <-done)
		}
	})
}

// BenchmarkSmallRecords is a script that reads many records which have come together.
func BenchmarkSmallRecords(b *testing.B) {
	const record, records = 100, 10_000
	s := newServers(b, certs.KeyECDSAP256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)
	camera := device.NewCamera(device.CameraConfig{Context: s.engine, Script: device.Script{Serve: func(session *device.Session) error {
		if err := session.Wrap(); err != nil {
			return err
		}
		_, err := session.ReadN(record * records)
		return err
	}}})
	for _, server := range []struct {
		name  string
		serve func(net.Conn) error
	}{
		{"engine", func(conn net.Conn) error { return camera.ServeConn(conn).Exception }},
		{"std", func(conn net.Conn) error {
			_, err := io.ReadFull(tls.Server(conn, s.std), make([]byte, record*records))
			return err
		}},
	} {
		b.Run("over=tcp/server="+server.name, func(b *testing.B) {
			dial := overTCP(b)
			b.SetBytes(record * records)
			for b.Loop() {
				near, far := dial(b)
				conn := &holding{Conn: near}
				client := tls.Client(conn, s.client)
				go func() {
					_ = client.Handshake()
					conn.held = &bytes.Buffer{}
					for range records {
						_, _ = client.Write(make([]byte, record))
					}
					_ = conn.release()
				}()
				require.NoError(b, server.serve(far))
				near.Close()
				far.Close()
			}
		})
	}
}
