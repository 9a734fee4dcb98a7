package device_test

import (
	"testing"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// FuzzClient answers a camera's ClientHello with any octets: it ends with an exception.
func FuzzClient(f *testing.F) {
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), false)
	f.Add([]byte{21, 3, 3, 0, 2, 2, 70}, true)
	hello := append([]byte{22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3}, make([]byte, 33)...)
	f.Add(append(hello, 0xc0, 0x2b, 0), true)
	f.Add(append(append(hello, 0xc0, 0x2b, 0), 22, 3, 3, 0, 10, 11, 0, 0, 6, 0, 0, 3, 0, 0, 0), false)
	f.Fuzz(func(t *testing.T, answer []byte, newest bool) {
		if len(answer) > wire.PipeBuffer {
			t.Skip("more than a pipe holds")
		}
		firmware := device.OpenMV50
		if newest {
			firmware = device.MicroPython129
		}
		context := device.NewClientContext(firmware)
		context.SetVerifyMode(device.CertOptional)
		conn, server := wire.Pipe()
		if _, err := server.Write(answer); err != nil {
			t.Fatal(err)
		}
		if err := server.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := context.WrapClientSocket(conn, device.ClientOptions{}); err == nil {
			t.Fatal("a handshake succeeded without a server")
		}
		conn.Close()
		server.Close()
	})
}
