package capture_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/device/capture"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// visit lets a client do something on a captured connection, and returns the packets.
func visit(t *testing.T, address string, client func(*net.TCPConn), server func(net.Conn)) []string {
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("this machine has no %s: %v", address, err)
	}
	defer l.Close()
	var file bytes.Buffer
	w, err := capture.NewWriter(&file)
	require.NoError(t, err)
	dialed, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer dialed.Close()
	accepted, err := l.Accept()
	require.NoError(t, err)
	captured := w.Conn(accepted)
	client(dialed.(*net.TCPConn))
	server(captured)
	require.NoError(t, captured.Close())
	require.NoError(t, w.Close(time.Minute))
	return packets(t, &file, l.Addr().(*net.TCPAddr).Port)
}

// packets returns what a file holds, such as "> SYN" and "< hello".
func packets(t *testing.T, file io.Reader, port int) (list []string) {
	r, err := pcapgo.NewNgReader(file, pcapgo.DefaultNgReaderOptions)
	require.NoError(t, err)
	next := map[layers.TCPPort]uint32{}
	for {
		data, _, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		first := layers.LayerTypeIPv4
		if data[0]>>4 == 6 {
			first = layers.LayerTypeIPv6
		}
		packet := gopacket.NewPacket(data, first, gopacket.Default)
		require.Nil(t, packet.ErrorLayer())
		tcp := packet.Layer(layers.LayerTypeTCP).(*layers.TCP)
		require.Equal(t, next[tcp.SrcPort], tcp.Seq)
		line := map[bool]string{true: "<", false: ">"}[int(tcp.SrcPort) == port]
		for _, flag := range []struct {
			set  bool
			name string
		}{{tcp.SYN, "SYN"}, {tcp.FIN, "FIN"}, {tcp.RST, "RST"}} {
			if flag.set {
				line += " " + flag.name
			}
		}
		if len(tcp.Payload) > 0 {
			line += " " + string(tcp.Payload[:min(len(tcp.Payload), 10)])
		}
		list = append(list, line)
		next[tcp.SrcPort] += uint32(len(tcp.Payload))
		if tcp.SYN || tcp.FIN {
			next[tcp.SrcPort]++
		}
	}
}

func read(conn net.Conn) { _, _ = io.ReadAll(conn) }

func TestCapture(t *testing.T) {
	for name, c := range map[string]struct {
		address string
		client  func(*net.TCPConn)
		server  func(net.Conn)
		want    []string
	}{
		"question and answer": {"127.0.0.1:0",
			func(c *net.TCPConn) { c.Write([]byte("question")); c.CloseWrite() },
			func(c net.Conn) { read(c); c.Write([]byte("answer")) },
			[]string{"> question", "> FIN", "< answer", "< FIN"}},
		"over IPv6": {"[::1]:0",
			func(c *net.TCPConn) { c.Write([]byte("question")); c.CloseWrite() },
			read,
			[]string{"> question", "> FIN", "< FIN"}},
		"the client resets": {"127.0.0.1:0",
			func(c *net.TCPConn) { c.SetLinger(0); c.Close() },
			read,
			[]string{"> RST"}},
		"the server resets": {"127.0.0.1:0",
			func(c *net.TCPConn) {},
			func(c net.Conn) { c.(interface{ SetLinger(int) error }).SetLinger(0) },
			[]string{"< RST"}},
		"a large write is several packets": {"127.0.0.1:0",
			func(c *net.TCPConn) { go io.Copy(io.Discard, c) },
			func(c net.Conn) { c.Write([]byte(strings.Repeat("x", 40<<10))) },
			[]string{"< xxxxxxxxxx", "< xxxxxxxxxx", "< FIN"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := visit(t, c.address, c.client, c.server)
			require.Equal(t, append([]string{"> SYN", "< SYN", ">"}, c.want...), got)
		})
	}
}

// TestFullDisk: the camera goes on, and the error is kept.
func TestFullDisk(t *testing.T) {
	w, err := capture.NewWriter(&failing{after: 1})
	require.NoError(t, err)
	w.Secret(make([]byte, 32), make([]byte, 48))
	w.Secret(make([]byte, 32), make([]byte, 48))
	require.ErrorContains(t, w.Close(time.Minute), "disk full")
	require.ErrorContains(t, w.Err(), "disk full")
	_, err = capture.NewWriter(&failing{})
	require.ErrorContains(t, err, "disk full")
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after == 0 {
		return 0, errors.New("disk full")
	}
	f.after--
	return len(p), nil
}
