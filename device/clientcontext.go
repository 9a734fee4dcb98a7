package device

import (
	"net"
	"strings"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
)

// NewClientContext returns ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT): its sockets are clients, whichever side a script asks
// for. As in MicroPython's ssl, nothing is verified until [SSLContext.SetVerifyMode] says so (CAMERA.md section 11). It
// panics for a firmware that [Firmware.Validate] refuses, and for one whose client's side was not recorded.
func NewClientContext(firmware *Firmware) *SSLContext {
	if firmware.NoClient {
		panic("device: the client's side of " + firmware.Name + " was not recorded")
	}
	c := NewSSLContext(firmware)
	c.client = true
	return c
}

// ClientOptions are the arguments of wrap_socket on the client's side.
type ClientOptions struct {
	// ServerHostname is server_hostname: it is sent as server_name, and the server's certificate is compared with it. Nil is
	// None. What follows an octet 0 is cut off.
	ServerHostname *string
	// Lazy is do_handshake_on_connect=False: the first read or write runs the handshake, and raises its exceptions.
	Lazy bool
	// Trace is told what happens; it may be nil.
	Trace *ClientTrace
}

// A ClientTrace is told what happens on a client's connection. Its functions are called while the connection is used, and
// any may be nil.
type ClientTrace struct {
	// ServerChain gets the certificates that the server showed, in DER, before they are parsed.
	ServerChain func(list [][]byte)
	// ClientCertificate tells that the server asks for a certificate of the camera's.
	ClientCertificate func()
	Alert             func(trace.Alert)
	// Secret gets what decrypts the connection: client random and master secret.
	Secret func(clientRandom, masterSecret []byte)
}

func (t *ClientTrace) engine() *mbedtls.Trace {
	if t == nil {
		return nil
	}
	engine := &mbedtls.Trace{PeerChain: t.ServerChain, CertificateRequest: t.ClientCertificate, Secret: t.Secret}
	if t.Alert != nil {
		engine.Alert = func(a mbedtls.Alert) { t.Alert(tracedAlert(a)) }
	}
	return engine
}

// errNoHostname is what a required verification raises where it has no name to compare with.
const errNoHostname = "CERT_REQUIRED requires server_hostname"

// WrapClientSocket is wrap_socket of a client context. When the handshake fails it returns the exception and the
// socket, and leaves conn open, as the camera does. Before the handshake it raises *ValueError when verification is
// required and there is no server_hostname, and *OSError for one of more than 255 octets (CAMERA.md section 11).
func (c *SSLContext) WrapClientSocket(conn net.Conn, o ClientOptions) (*SSLSocket, error) {
	c.mu.Lock()
	required := c.verify == CertRequired
	c.mu.Unlock()
	var hostname *string
	if o.ServerHostname != nil {
		name, _, _ := strings.Cut(*o.ServerHostname, "\x00")
		if err := mbedtls.CheckHostname(name); err != nil {
			return nil, micropython.Raised(err)
		}
		hostname = &name
	} else if required {
		return nil, &micropython.ValueError{Message: errNoHostname}
	}
	s, err := c.wrapSocketAs(conn, hostname, o.Trace.engine(), nil)
	if err != nil || o.Lazy {
		return s, err
	}
	return s, s.Handshake()
}

// JudgeServer returns what a client context makes of a server that shows these certificates, in DER, and has a key for the
// first one: the exception that the handshake raises on account of them, nil when there is none. serverHostname is as in
// [ClientOptions]. Nothing is sent to anybody.
func (c *SSLContext) JudgeServer(chain [][]byte, serverHostname string) error {
	return c.judgeServer(chain, serverHostname, false)
}

// JudgeRenewedServer is JudgeServer for the day on which the server has renewed its own certificate, from the same issuer
// and with the same names: its dates are not looked at, those of the others are.
func (c *SSLContext) JudgeRenewedServer(chain [][]byte, serverHostname string) error {
	return c.judgeServer(chain, serverHostname, true)
}

func (c *SSLContext) judgeServer(chain [][]byte, serverHostname string, renewed bool) error {
	config := c.config()
	config.Hostname = &serverHostname
	return micropython.Raised(config.JudgeServer(chain, renewed))
}
