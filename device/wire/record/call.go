package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/calls"
)

// A Caller is a camera's client that does as it is told.
type Caller interface {
	// Call sets a camera up, and lets it call a server: serve is that server. It returns what the camera reported.
	Call(ctx context.Context, head calls.Head, c calls.Camera, serve func(wire.Conn)) (wire.Device, error)
}

// Call implements [Caller]: the camera connects to a port of this machine, by the address that its recorder has.
func (r *Real) Call(ctx context.Context, head calls.Head, c calls.Camera, serve func(wire.Conn)) (wire.Device, error) {
	cas, err := head.Certs(c.CAs)
	if err != nil {
		return wire.Device{}, err
	}
	cert, key, err := head.Own(c)
	if err != nil {
		return wire.Device{}, err
	}
	host, _, err := net.SplitHostPort(r.control.LocalAddr().String())
	if err != nil {
		return wire.Device{}, err
	}
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return wire.Device{}, err
	}
	defer listener.Close()
	question := map[string]any{
		"do": "call", "host": host, "port": listener.Addr().(*net.TCPAddr).Port,
		"cert": cert, "key": key, "verify": c.Verify, "cas": emptyNotNull(cas), "hostname": c.Hostname, "lazy": c.Lazy,
	}
	return r.ask(ctx, question, func() error {
		_ = listener.(*net.TCPListener).SetDeadline(time.Now().Add(acceptTime))
		conn, err := listener.Accept()
		if errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(net.Error)) {
			return nil // the camera did not get as far: it tells why
		}
		if err != nil {
			return err
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		serve(conn.(*net.TCPConn))
		return nil
	})
}

// acceptTime is how long a camera may take until it connects.
const acceptTime = 5 * time.Second

func emptyNotNull(list [][]byte) [][]byte {
	if list == nil {
		return [][]byte{}
	}
	return list
}

// Call implements [Caller].
func (e *Emulated) Call(_ context.Context, head calls.Head, c calls.Camera, serve func(wire.Conn)) (wire.Device, error) {
	cas, err := head.Certs(c.CAs)
	if err != nil {
		return wire.Device{}, err
	}
	cert, key, err := head.Own(c)
	if err != nil {
		return wire.Device{}, err
	}
	camera := device.NewClientContext(e.Firmware)
	camera.SetClock(func() time.Time { return head.Time })
	camera.SetVerifyMode(device.VerifyMode(c.Verify))
	if cert != nil {
		if err := camera.LoadCertChain(cert, key); err != nil {
			return raised("load", err), nil
		}
	}
	for _, ca := range cas {
		if err := camera.LoadVerifyLocations(ca); err != nil {
			return raised("load", err), nil
		}
	}
	client, server := wire.Pipe()
	done := make(chan wire.Device, 1)
	go func() {
		defer client.Close()
		done <- fetch(camera, client, c)
	}()
	serve(server)
	server.Close()
	return <-done, nil
}

// fetch is what the recorded script does with a connection.
func fetch(camera *device.SSLContext, conn net.Conn, c calls.Camera) wire.Device {
	socket, err := camera.WrapClientSocket(conn, device.ClientOptions{ServerHostname: c.Hostname, Lazy: c.Lazy})
	if err != nil {
		return raised("wrap", err)
	}
	if _, err := socket.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		return raised("write", err)
	}
	suite, version := socket.Cipher()
	got, count, nothing, err := readEach(socket)
	if err != nil {
		return raised("read", err)
	}
	return wire.Device{
		Result: "OK", Cipher: fmt.Sprintf("('%s', '%s')", suite, version),
		Request: fmt.Sprintf("%s %d %d", bytesLiteral(got), count, nothing),
	}
}

// Limits of the recorded script: how many octets it keeps, and how often a read may return None.
const (
	keptOctets = 80
	maxNothing = 9
)

// readEach reads octet by octet up to the end, and returns the first octets, how many there were, and how often a read
// returned None.
func readEach(socket *device.SSLSocket) (got []byte, count, nothing int, err error) {
	for octet := make([]byte, 1); nothing < maxNothing; {
		_, err := socket.Read(octet)
		switch {
		case errors.Is(err, micropython.ErrNone):
			nothing++
			continue
		case errors.Is(err, io.EOF):
			return got, count, nothing, nil
		case err != nil:
			return got, count, nothing, err
		}
		if count++; count <= keptOctets {
			got = append(got, octet...)
		}
	}
	return got, count, nothing, nil
}

// bytesLiteral writes octets as MicroPython's repr does.
func bytesLiteral(b []byte) string {
	var out strings.Builder
	quote := byte('\'')
	if slices.Contains(b, '\'') && !slices.Contains(b, '"') {
		quote = '"'
	}
	out.WriteByte('b')
	out.WriteByte(quote)
	for _, c := range b {
		switch {
		case c == quote || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		case c == '\n':
			out.WriteString(`\n`)
		case c == '\r':
			out.WriteString(`\r`)
		case c == '\t':
			out.WriteString(`\t`)
		case c < ' ' || c > '~':
			fmt.Fprintf(&out, `\x%02x`, c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte(quote)
	return out.String()
}

// Calls lets a camera make calls, and returns them with what it did. Of the calls only the camera's setup and the
// server's behaviour are read.
func Calls(
	ctx context.Context, caller Caller, head calls.Head, ask []calls.Call, silence time.Duration, progress Progress,
) ([]calls.Call, error) {
	list := make([]calls.Call, 0, len(ask))
	for i, c := range ask {
		made, err := Called(ctx, caller, head, c, silence)
		if err != nil {
			return list, fmt.Errorf("%s: %w", c.Name, err)
		}
		list = append(list, made)
		progress.tell(i+1, len(ask))
	}
	return list, nil
}

// Called returns a call with what a camera did.
func Called(ctx context.Context, caller Caller, head calls.Head, c calls.Call, silence time.Duration) (calls.Call, error) {
	var failed error
	report, err := caller.Call(ctx, head, c.Camera, func(conn wire.Conn) {
		c.Seen, failed = calls.Serve(conn, head, c.Server, silence)
	})
	c.Device = report
	return c, errors.Join(err, failed)
}

// DifferCalls lets two cameras make calls, and returns those in which they did not do the same: the first camera's and
// the second's. What is alike at the second time is left out.
func DifferCalls(
	ctx context.Context, first, second Caller, head calls.Head, ask []calls.Call, silence time.Duration, progress Progress,
) (list [][2]calls.Call, err error) {
	compare := func(ctx context.Context, c calls.Call) (*[2]calls.Call, error) {
		one, err := Called(ctx, first, head, c, silence)
		if err != nil {
			return nil, err
		}
		other, err := Called(ctx, second, head, c, silence)
		if err != nil || slices.Equal(one.Seen, other.Seen) && one.Device == other.Device {
			return nil, err
		}
		return &[2]calls.Call{one, other}, nil
	}
	for i, c := range ask {
		found, err := twice(ctx, c, compare)
		if err != nil {
			return list, fmt.Errorf("%s: %w", c.Name, err)
		}
		if found != nil {
			list = append(list, *found)
		}
		progress.tell(i+1, len(ask))
	}
	return list, nil
}
