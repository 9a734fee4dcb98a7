package capture_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/capture"
	"github.com/leafcam/leafcam/device/trace"
)

// oneWrite sends by one write what was written since it began to hold.
type oneWrite struct {
	net.Conn
	held []byte
	hold bool
}

func (c *oneWrite) Write(p []byte) (int, error) {
	if !c.hold {
		return c.Conn.Write(p)
	}
	c.held = append(c.held, p...)
	return len(p), nil
}

// TestCaptureOfACamera: a file has what the camera read, a packet for each read, and nothing of what it left.
func TestCaptureOfACamera(t *testing.T) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(id.DER(), id.KeyDER()))
	var file bytes.Buffer
	w, err := capture.NewWriter(&file)
	require.NoError(t, err)
	ended := make(chan trace.Event, 1)
	camera, err := device.Start(device.CameraConfig{
		Context: context, Script: device.Hello(strings.Repeat("x", 9000)), Tap: w.Conn, OnEvent: func(e trace.Event) { ended <- e },
	})
	require.NoError(t, err)
	defer camera.Close()
	dialed, err := net.Dial("tcp", camera.Addr().String())
	require.NoError(t, err)
	defer dialed.Close()
	conn := &oneWrite{Conn: dialed}
	client := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, client.Handshake())
	conn.hold = true
	for _, record := range []string{"GET / HTTP/1.0\r\n\r\n", "a body that nobody reads"} {
		_, err = io.WriteString(client, record)
		require.NoError(t, err)
	}
	_, err = dialed.Write(conn.held)
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, client)
	require.NoError(t, (<-ended).Exception)
	require.NoError(t, w.Close(time.Minute))

	const header, suite = 5, 8 + 16
	up, down := payloads(t, &file, camera.Addr().(*net.TCPAddr).Port)
	var read []int
	for i, packet := range up {
		if i%2 == 0 {
			require.Len(t, packet, header)
			require.Len(t, up[i+1], int(packet[3])<<8|int(packet[4]))
			read = append(read, int(packet[0]))
		}
	}
	require.Equal(t, []int{22, 22, 20, 22, 23}, read)
	require.Len(t, up[len(up)-1], len("GET / HTTP/1.0\r\n\r\n")+suite)
	var written []int
	for rest := bytes.Join(down, nil); len(rest) > 0; {
		length := int(rest[3])<<8 | int(rest[4])
		written = append(written, int(rest[0]))
		rest = rest[header+length:]
	}
	require.Equal(t, []int{22, 22, 22, 22, 20, 22, 23, 23, 23}, written)
}

// payloads returns what went in each direction, packet by packet.
func payloads(t *testing.T, file io.Reader, port int) (up, down [][]byte) {
	r, err := pcapgo.NewNgReader(file, pcapgo.DefaultNgReaderOptions)
	require.NoError(t, err)
	for {
		data, _, err := r.ReadPacketData()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			return up, down
		}
		tcp := gopacket.NewPacket(data, layers.LayerTypeIPv4, gopacket.Default).Layer(layers.LayerTypeTCP).(*layers.TCP)
		switch {
		case len(tcp.Payload) == 0:
		case int(tcp.SrcPort) == port:
			down = append(down, tcp.Payload)
		default:
			up = append(up, tcp.Payload)
		}
	}
}
