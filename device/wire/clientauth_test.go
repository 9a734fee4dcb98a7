package wire_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// asking returns a context that requires a client certificate, and its own certificate.
func asking(t *testing.T) (*device.SSLContext, []byte) {
	head, _, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("testdata", "openmv-5.0_p256.jsonl.gz"))
	require.NoError(t, err)
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(head.Cert, head.Key))
	context.SetVerifyMode(device.CertOptional)
	return context, head.Cert
}

// TestCertificateRequest compares the message with the one that was measured.
func TestCertificateRequest(t *testing.T) {
	context, _ := asking(t)
	synctest.Test(t, func(t *testing.T) {
		conn, events := serve(context, device.Hello(device.DefaultBody))
		client, err := wire.NewClient(conn, 0xc02b)
		require.NoError(t, err)
		exchange := wire.Replay(conn, []wire.Octets{wire.Plain(wire.Handshake, client.Hello(nil))}, wire.ReplayOptions{Plain: true, Varies: true})
		<-events
		var got string
		var order []string
		for _, m := range exchange.Received.Messages {
			order = append(order, m.Type)
			if m.Type == "certificate_request" {
				got = hex.EncodeToString(m.Body)
			}
		}
		require.Equal(t, []string{"server_hello", "certificate", "server_key_exchange", "certificate_request", "server_hello_done"}, order)
		require.Equal(t, "02014000080503050104030401"+"0000", got)
	})
}

// TestCertificateVerify: its failures are silent, even where a certificate is optional.
func TestCertificateVerify(t *testing.T) {
	context, cert := asking(t)
	certificate := func() []byte {
		entry := append([]byte{byte(len(cert) >> 16), byte(len(cert) >> 8), byte(len(cert))}, cert...)
		list := append([]byte{byte(len(entry) >> 16), byte(len(entry) >> 8), byte(len(entry))}, entry...)
		return wire.Plain(wire.Handshake, wire.HandshakeMessage(11, list))
	}
	verify := func(body ...byte) []byte { return wire.Plain(wire.Handshake, wire.HandshakeMessage(15, body)) }
	for _, tc := range []struct {
		name   string
		verify []byte // nil: no certificate either
		alert  []int
		line   string
	}{
		{"no Certificate message", nil, []int{2, 10}, "OSError: (-30464, 'MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE')"},
		{"SHA-512, which was not asked for", verify(6, 3, 0, 1, 0), nil, "OSError: (-26112, 'MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER')"},
		{"SHA-1", verify(2, 3, 0, 1, 0), nil, "OSError: (-26112, 'MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER')"},
		{"RSA with an EC key", verify(4, 1, 0, 1, 0), nil, "OSError: (-26112, 'MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER')"},
		{"empty", verify(), nil, "OSError: (-29440, 'MBEDTLS_ERR_SSL_DECODE_ERROR')"},
		{"a trailing octet", verify(4, 3, 0, 1, 0, 0), nil, "OSError: (-29440, 'MBEDTLS_ERR_SSL_DECODE_ERROR')"},
		{"no signature", verify(4, 3, 0, 0), nil, "OSError: (-20448, 'MBEDTLS_ERR_ECP_BAD_INPUT_DATA+MBEDTLS_ERR_ASN1_OUT_OF_DATA')"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, events := serve(context, device.Hello(device.DefaultBody))
				defer conn.Close()
				client, err := wire.NewClient(conn, 0xc02b)
				require.NoError(t, err)
				require.NoError(t, client.Start())
				second := client.KeyExchange()
				exchange := 5 + int(binary.BigEndian.Uint16(second[3:]))
				if tc.verify == nil {
					client.Send(second)
				} else {
					client.Send(certificate(), second[:exchange], tc.verify)
				}
				var alert []int
				for {
					typ, content, err := client.Read(time.Second)
					if err != nil {
						break
					}
					if typ == wire.Alert {
						alert = []int{int(content[0]), int(content[1])}
					}
				}
				require.Equal(t, tc.alert, alert)
				require.Equal(t, tc.line, exceptionLine(<-events))
			})
		})
	}
}

// TestCertificateMessage: lengths are checked one after the other, and certificates as they come.
func TestCertificateMessage(t *testing.T) {
	context, cert := asking(t)
	length := func(n int) []byte { return []byte{byte(n >> 16), byte(n >> 8), byte(n)} }
	list := func(parts ...[]byte) []byte {
		content := bytes.Join(parts, nil)
		return append(length(len(content)), content...)
	}
	const (
		decode = "OSError: (-29440, 'MBEDTLS_ERR_SSL_DECODE_ERROR')"
		format = "OSError: (-8576, 'MBEDTLS_ERR_X509_INVALID_FORMAT')"
		large  = "OSError: (-31232, 'MBEDTLS_ERR_SSL_BAD_CERTIFICATE')"
	)
	entry, none := list(cert), list(make([]byte, 200))
	for _, tc := range []struct {
		name  string
		body  []byte
		alert int
		line  string
	}{
		{"no octet", nil, 50, decode},
		{"no length of a certificate", list([]byte{0, 0}), 50, decode},
		{"a list longer than the message", append(length(len(entry)+1), entry...), 50, decode},
		{"a list shorter than the message", append(length(len(entry)-1), entry...), 50, decode},
		{"an empty certificate", list(length(0)), 50, decode},
		{"a certificate of 127 octets", list(list(make([]byte, 127))), 50, decode},
		{"a certificate of 128 octets that is none", list(list(make([]byte, 128))), 42, format},
		{"a certificate of 64 KiB, announced", list(length(1 << 16)), 43, large},
		{"a second one, announced and not there", list(entry, length(500)), 50, decode},
		{"a second one of 64 KiB, announced", list(entry, length(1<<16)), 43, large},
		{"the rest of a length behind the first", list(entry, []byte{1, 0}), 50, decode},
		{"one that is none before a wrong length", list(none, length(1<<16)), 42, format},
		{"one that is none behind a wrong length", list(length(5), none), 50, decode},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, events := serve(context, device.Hello(device.DefaultBody))
				defer conn.Close()
				client, err := wire.NewClient(conn, 0xc02b)
				require.NoError(t, err)
				require.NoError(t, client.Start())
				client.Send(wire.Plain(wire.Handshake, wire.HandshakeMessage(11, tc.body)))
				typ, content, err := client.Read(time.Second)
				require.NoError(t, err)
				require.Equal(t, wire.Alert, int(typ))
				require.Equal(t, []byte{2, byte(tc.alert)}, content)
				require.Equal(t, tc.line, exceptionLine(<-events))
			})
		})
	}
}
