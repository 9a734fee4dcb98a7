package device

import (
	"bytes"
	"crypto"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// An SSLContext is ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) on the camera, or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
// when [NewClientContext] made it. It may be used by several connections at a time.
type SSLContext struct {
	firmware *Firmware
	client   bool
	profile  *mbedtls.Profile // of the firmware
	board    *Board           // nil: a camera without limits
	memory   *memory          // nil without a board, and on one whose memory is not modelled

	mu     sync.Mutex
	chain  []*mbedtls.Certificate
	key    *mbedtls.PrivateKey
	verify VerifyMode
	cas    []*mbedtls.Certificate
	now    func() time.Time
}

// NewSSLContext returns a context without key and certificate. A server can run
// with it, but refuses every client. It panics for a firmware that [Firmware.Validate] refuses.
func NewSSLContext(firmware *Firmware) *SSLContext {
	profile, err := firmware.profile()
	if err != nil {
		panic(err)
	}
	return &SSLContext{firmware: firmware, profile: profile, now: time.Now}
}

// NewSSLContextOn returns a context on a board that was just switched on: everything is
// charged against the memory that the board has (CAMERA.md section 8), where that is modelled. The error
// is *MemoryError when a script and a context do not fit.
func NewSSLContextOn(board *Board, firmware *Firmware) (*SSLContext, error) {
	c := NewSSLContext(firmware)
	c.board = board
	if board.Heap == nil {
		return c, nil
	}
	var err error
	if c.memory, err = boot(board); err != nil {
		return nil, err
	}
	return c, nil
}

// Board returns the board that the context is on, or nil.
func (c *SSLContext) Board() *Board { return c.board }

// Fit returns how many more connections the board's memory can hold at this moment; -1
// without a board, and on one whose memory is not modelled.
func (c *SSLContext) Fit() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.memory == nil || c.key == nil {
		return -1
	}
	return c.memory.clone().fit(c.firmware, keySize(c.key))
}

// Memory returns how much of the board's heap is in use at this moment, and how much there is
// to hand out, octets; both are 0 without a board, and on one whose memory is not modelled.
func (c *SSLContext) Memory() (used, total int) {
	if c.memory == nil {
		return 0, 0
	}
	return c.memory.heap.inUse()
}

// raises returns an exception as the board's network stack numbers it: lwIP has no EPIPE.
func (c *SSLContext) raises(err error) error {
	var osErr *micropython.OSError
	if c.board != nil && c.board.Network.LwIP && errors.As(err, &osErr) && osErr.Errno == micropython.EPIPE {
		return osErr.With(micropython.ECONNRESET)
	}
	return err
}

// Unset returns what the camera's clock says at its start when nobody sets it.
func (c *SSLContext) Unset() time.Time {
	switch {
	case c.board != nil:
		return c.board.Unset
	case !c.firmware.Unset.IsZero():
		return c.firmware.Unset
	}
	return c.firmware.Epoch
}

// Epoch returns the start of the camera's time, from which mbedtls_time counts.
func (c *SSLContext) Epoch() time.Time {
	if c.board != nil {
		return c.board.Epoch
	}
	return c.firmware.Epoch
}

// Firmware returns the profile that the context emulates.
func (c *SSLContext) Firmware() *Firmware { return c.firmware }

// LoadCertChain is load_cert_chain(cert, key) with the contents of the files. The
// key is parsed first, then the certificate; neither is compared with the other,
// and no date is looked at. Of several concatenated certificates in DER the first
// one counts, of several in PEM, where the firmware reads it, all. A second call appends its certificate to the chain and replaces the key.
// The error is *ValueError "invalid key" or "invalid cert" (CAMERA.md section 1).
func (c *SSLContext) LoadCertChain(cert, key []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.loadKey(c.handedOver(key)); err != nil {
		return micropython.Raised(err)
	}
	if err := c.memory.loadKey(keySize(c.key)); err != nil {
		c.key = nil
		return err
	}
	chain, err := c.parseCertificates(c.handedOver(cert))
	if short := c.memory.loadCertificates(chain); short != nil {
		return short
	}
	c.chain = append(slices.Clip(c.chain), chain...)
	return micropython.Raised(err)
}

// handedOver returns a copy of a file's content as the firmware hands it to the parsers.
func (c *SSLContext) handedOver(content []byte) []byte {
	content = bytes.Clone(content)
	if c.firmware.TerminatesFiles {
		content = append(content, 0)
	}
	return content
}

func keySize(key *mbedtls.PrivateKey) KeySize {
	isRSA, bits := key.Size()
	return KeySize{isRSA, bits}
}

// loadKey replaces the key. One that does not parse also unloads the one before, and so
// does a key in PEM, which Mbed TLS cannot put in another one's place. Nothing at all is refused
// before the key is touched.
func (c *SSLContext) loadKey(data []byte) (err error) {
	if len(data) == 0 {
		return mbedtls.ErrPKBadInputData
	}
	before := c.key
	isPEM := false
	if c.profile.PEM {
		c.key, isPEM, err = c.profile.ParseKeyPEM(data)
	} else {
		c.key, err = c.profile.ParseKey(data)
	}
	if err == nil && isPEM && before != nil {
		c.key, err = nil, mbedtls.ErrPKBadInputData
	}
	return err
}

// parseCertificates returns what a file adds to the chain, even when it also fails.
func (c *SSLContext) parseCertificates(data []byte) ([]*mbedtls.Certificate, error) {
	if c.profile.PEM {
		return c.profile.ParseCertificatesPEM(data)
	}
	parsed, err := c.profile.ParseCertificate(data)
	if err != nil {
		return nil, err
	}
	return []*mbedtls.Certificate{parsed}, nil
}

// LoadCertChainFiles is load_cert_chain(certFile, keyFile) with paths: the
// certificate file is read first. A file that cannot be read is an *OSError.
func (c *SSLContext) LoadCertChainFiles(certFile, keyFile string) error {
	cert, err := inputfile.Read(certFile, inputfile.Small)
	if err != nil {
		return micropython.RaisedByFile(err)
	}
	key, err := inputfile.Read(keyFile, inputfile.Small)
	if err != nil {
		return micropython.RaisedByFile(err)
	}
	return c.LoadCertChain(cert, key)
}

// Chain returns the DER of the certificates that the camera presents, in their order.
func (c *SSLContext) Chain() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	var chain [][]byte
	for _, cert := range c.chain {
		chain = append(chain, bytes.Clone(cert.Raw))
	}
	return chain
}

// KeyKind returns what kind of key is loaded, as "EC secp256r1" or "RSA 2048"; ""
// when there is none.
func (c *SSLContext) KeyKind() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.key == nil {
		return ""
	}
	return c.key.Kind()
}

// WrapSocket is wrap_socket(conn, server_side=True): it runs the handshake and
// returns the TLS socket. When the handshake fails it returns the exception and
// leaves conn open, as the camera does.
func (c *SSLContext) WrapSocket(conn net.Conn) (*SSLSocket, error) {
	s, err := c.wrapSocket(conn, nil, nil)
	if err != nil {
		return nil, err
	}
	if err := s.Handshake(); err != nil {
		s.release()
		return s, err
	}
	return s, nil
}

// WrapSocketLazily is wrap_socket with do_handshake_on_connect=False, which is what
// asyncio uses: the first read or write runs the handshake, and raises its exceptions
// (CAMERA.md section 5.4). Once it has failed, the socket's Close leaves conn open, as the
// camera's does. The error is the *OSError of a board without enough memory.
func (c *SSLContext) WrapSocketLazily(conn net.Conn) (*SSLSocket, error) {
	return c.wrapSocket(conn, nil, nil)
}

func (c *SSLContext) wrapSocket(
	conn net.Conn, trace *mbedtls.Trace, pause func(mbedtls.Operation, *mbedtls.Suite, KeySize),
) (*SSLSocket, error) {
	return c.wrapSocketAs(conn, nil, trace, pause)
}

// wrapSocketAs is wrapSocket with a client's server_hostname.
func (c *SSLContext) wrapSocketAs(
	conn net.Conn, hostname *string, trace *mbedtls.Trace, pause func(mbedtls.Operation, *mbedtls.Suite, KeySize),
) (*SSLSocket, error) {
	conn = lookAhead(conn)
	s := &SSLSocket{transport: conn, context: c, timed: timed(conn)}
	s.ahead, _ = conn.(looker)
	if c.memory != nil {
		if s.memory = c.memory.connect(c.firmware); s.memory == nil {
			return nil, &micropython.OSError{Errno: micropython.ENOMEM}
		}
	}
	config := c.config()
	config.Hostname = hostname
	config.Compute = s.computes(config.Key, pause)
	config.WriteTogether = c.together(conn)
	if c.client {
		s.tls = mbedtls.Client(conn, config, trace)
	} else {
		s.tls = mbedtls.Server(conn, config, trace)
	}
	return s, nil
}

// writeTogether is how many octets of data go into one write at most. More is not faster.
const writeTogether = 64 * kib

// together returns how many octets may share a write. A script's timeout holds for each record, and a
// board hands each to its network, whose buffers and segments a client can tell: there the records are
// written one by one.
func (c *SSLContext) together(conn net.Conn) int {
	if c.board != nil || timed(conn) {
		return 0
	}
	return writeTogether
}

// timed reports whether a script has set a timeout.
func timed(conn net.Conn) bool {
	metered, ok := conn.(*meteredConn)
	return ok && metered.timeout > 0
}

func (c *SSLContext) config() *mbedtls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, epoch := c.now, c.Epoch()
	return &mbedtls.Config{
		Chain: c.chain, Key: c.key, Profile: c.profile,
		// mbedtls_time: seconds since the camera's epoch.
		Time:       func() uint32 { return uint32(now().Sub(epoch) / time.Second) },
		VerifyMode: c.verify, CAs: c.cas, Clock: now,
	}
}

// PairFits reports whether the key that is loaded last is the first certificate's, which the
// camera never asks. It is not known when nothing is loaded, and for an RSA key whose numbers
// do not belong together.
func (c *SSLContext) PairFits() (fits, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.key == nil || len(c.chain) == 0 {
		return false, false
	}
	public, ok := c.key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok {
		return false, false
	}
	return public.Equal(c.chain[0].Public()), true
}
