package asclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// A Phase is how far a connection came.
type Phase string

// The phases.
const (
	PhaseWrap      Phase = "wrap"      // wrap_socket raised before anything was sent
	PhaseHandshake Phase = "handshake" // the handshake did not end well
	PhaseSend      Phase = "send"      // it did, and sending raised
	PhaseReceive   Phase = "receive"   // reading raised
	PhaseDone      Phase = "done"      // nothing raised
)

// A Visit is what came of one connection.
type Visit struct {
	Server    preflight.Server
	Remote    string        // the address that was connected to
	Phase     Phase         // in which it ended
	Exception error         // of the camera; nil for none
	Chain     [][]byte      // the certificates that the server showed, in DER; nil where it showed none
	Alerts    []trace.Alert // in their order; of more than a hundred the first ones, and the last
	LeftOut   int           // alerts between these
	Suite     string        // that was agreed on; "" for none
	Version   string        // of TLS; "" for none
	// Asked says that the server asked for a certificate of the camera's.
	Asked bool
	// Own is how many certificates the camera had to show.
	Own int
	// Opening are the first octets of the server.
	Opening []byte
	// Received is what the server sent after what was sent to it, at most [MaxReceived] octets.
	Received []byte
	Sent     int // octets of data
}

// VisitOptions say how a server is visited.
type VisitOptions struct {
	Context  *device.SSLContext // a client's
	Hostname *string            // server_hostname; nil is None
	// Timeout is how long each may take: to connect, the handshake, and the answer; 10 seconds when zero.
	Timeout time.Duration
	Send    []byte // after the handshake; then what the server answers is read
}

const (
	visitTimeout = 10 * time.Second
	// MaxReceived is how much of an answer is kept, octets.
	MaxReceived = 16 << 10
	// quiet is how long nothing has to come until an answer is taken to be whole.
	quiet = time.Second
	// opening is how much of a server's first octets is kept.
	opening = 64
)

// Connect visits a server with the camera's client. The error is one of the network before TLS, or the context's; what TLS
// raises is the Visit's.
func Connect(ctx context.Context, server preflight.Server, o VisitOptions) (*Visit, error) {
	if o.Timeout == 0 {
		o.Timeout = visitTimeout
	}
	conn, err := (&net.Dialer{Timeout: o.Timeout}).DialContext(ctx, "tcp", server.Address())
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, unreached(server, o.Timeout, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	v := &Visit{Server: server, Remote: conn.RemoteAddr().String(), Own: len(o.Context.Chain())}
	heard := &listener{Conn: conn}
	v.run(heard, o)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	v.Opening = heard.opening()
	return v, nil
}

// maxAlerts is how many alerts a visit keeps: a server may send warnings without end.
const maxAlerts = 100

// hear keeps an alert, in the place of the last one when there are too many.
func (v *Visit) hear(a trace.Alert) {
	if len(v.Alerts) < maxAlerts {
		v.Alerts = append(v.Alerts, a)
		return
	}
	v.Alerts[maxAlerts-1] = a
	v.LeftOut++
}

// run runs the camera's client on a connection.
func (v *Visit) run(conn net.Conn, o VisitOptions) {
	_ = conn.SetDeadline(time.Now().Add(o.Timeout))
	options := device.ClientOptions{ServerHostname: o.Hostname, Trace: &device.ClientTrace{
		ServerChain:       func(list [][]byte) { v.Chain = list },
		ClientCertificate: func() { v.Asked = true },
		Alert:             v.hear,
	}}
	socket, err := o.Context.WrapClientSocket(conn, options)
	if err != nil {
		v.Exception, v.Phase = err, PhaseHandshake
		if socket == nil {
			v.Phase = PhaseWrap
		}
		return
	}
	v.Suite, v.Version = socket.Cipher()
	v.Phase = PhaseDone
	if len(o.Send) == 0 {
		return
	}
	_ = conn.SetDeadline(time.Now().Add(o.Timeout))
	if v.Sent, err = socket.Write(o.Send); err != nil {
		v.Exception, v.Phase = err, PhaseSend
		return
	}
	v.receive(socket, conn, o.Timeout)
}

// receive reads until the server ends the connection, says nothing more, or has said enough.
func (v *Visit) receive(socket *device.SSLSocket, conn net.Conn, timeout time.Duration) {
	buffer, end := make([]byte, MaxReceived), time.Now().Add(timeout)
	for len(v.Received) < MaxReceived {
		until := end
		if silent := time.Now().Add(quiet); len(v.Received) > 0 && silent.Before(end) {
			until = silent
		}
		_ = conn.SetReadDeadline(until)
		n, err := socket.Read(buffer[:MaxReceived-len(v.Received)])
		v.Received = append(v.Received, buffer[:n]...)
		switch {
		case errors.Is(err, io.EOF), isTimeout(err):
			return
		case err != nil:
			v.Exception, v.Phase = err, PhaseReceive
			return
		}
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// unreached says in plain words why a server was not reached.
func unreached(server preflight.Server, timeout time.Duration, err error) error {
	var name *net.DNSError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Errorf("%s: no such name; the camera would not find it either", server.Host)
	case errors.As(err, &name):
		return fmt.Errorf("%s: the name cannot be looked up: %w", server.Host, err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%s: nothing listens there (connection refused)", server.Address())
	case errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return fmt.Errorf("%s: no answer within %s; a firewall may be in the way", server.Address(), timeout)
	}
	return fmt.Errorf("%s: %w", server.Address(), err)
}

// A listener is a connection that keeps the first octets which come.
type listener struct {
	net.Conn
	mu    sync.Mutex
	heard []byte
}

func (l *listener) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.heard) < opening {
		l.heard = append(l.heard, p[:min(n, opening-len(l.heard))]...)
	}
	return n, err
}

// opening returns the first octets. Of what is no TLS the camera reads a record's header alone: the rest says who speaks.
func (l *listener) opening() []byte {
	l.mu.Lock()
	first := l.heard
	l.mu.Unlock()
	if len(first) > 0 && !isTLS(first) && len(first) < opening {
		_ = l.SetReadDeadline(time.Now().Add(quiet))
		_, _ = l.Read(make([]byte, opening)) // what has come is kept
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard
}
