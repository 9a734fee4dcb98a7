package asclient

import (
	"io"
	"net"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"github.com/leafcam/leafcam/device"
)

// Numbers of TLS 1.2 (RFC 5246 sections 6.2.1 and 7.4).
const (
	typeHandshake     = 22
	msgServerHello    = 2
	msgCertificate    = 11
	maxRecord         = 1 << 14 // octets
	recordHeader      = 5
	beforeSuites      = 4 + 2 + 32 + 1 + 2 // of a ClientHello without a session: up to its first suite
	longHandshakeTime = 10 * time.Second
)

// certificateMessage is a server's Certificate message; nil where no message can hold so much.
func certificateMessage(chain [][]byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(msgCertificate)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, der := range chain {
				b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(der) })
			}
		})
	})
	message, err := b.Bytes()
	if err != nil {
		return nil
	}
	return message
}

// tooLong returns the exception that the camera raises because a server's Certificate message does not fit into one record;
// nil for one that fits. A handshake in memory shows it: up to the certificates, a server needs no key.
func tooLong(context *device.SSLContext, chain [][]byte, hostname string) error {
	message := certificateMessage(chain)
	if len(message) <= context.Firmware().InContentLen {
		return nil
	}
	camera, server := net.Pipe()
	defer camera.Close()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		defer server.Close()
		answer(server, message)
	}()
	_ = camera.SetDeadline(time.Now().Add(longHandshakeTime))
	_, err := context.WrapClientSocket(camera, device.ClientOptions{ServerHostname: &hostname})
	_ = camera.Close()
	<-answered
	return err
}

// answer takes a ClientHello and answers it with a ServerHello, its first suite, and the message.
func answer(conn net.Conn, message []byte) {
	header := make([]byte, recordHeader)
	if _, err := io.ReadFull(conn, header); err != nil {
		return
	}
	hello := make([]byte, int(header[3])<<8|int(header[4]))
	if _, err := io.ReadFull(conn, hello); err != nil || len(hello) < beforeSuites+2 {
		return
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }() // its alert; a pipe keeps nothing
	serverHello := []byte{msgServerHello, 0, 0, 38, 3, 3}
	serverHello = append(append(serverHello, make([]byte, 32+1)...), hello[beforeSuites], hello[beforeSuites+1], 0)
	for _, m := range [][]byte{serverHello, message} {
		for len(m) > 0 {
			part := m[:min(len(m), maxRecord)]
			m = m[len(part):]
			record := append([]byte{typeHandshake, 3, 3, byte(len(part) >> 8), byte(len(part))}, part...)
			if _, err := conn.Write(record); err != nil {
				return
			}
		}
	}
}
