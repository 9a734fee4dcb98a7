package device

import (
	"bytes"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// An SSLContext is ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) on the camera. It may be
// used by several connections at a time.
type SSLContext struct {
	firmware *Firmware

	mu     sync.Mutex
	chain  []*mbedtls.Certificate
	key    *mbedtls.PrivateKey
	verify VerifyMode
	cas    []*mbedtls.Certificate
	now    func() time.Time
}

// NewSSLContext returns a context without key and certificate. A server can run
// with it, but refuses every client.
func NewSSLContext(firmware *Firmware) *SSLContext {
	return &SSLContext{firmware: firmware, now: time.Now}
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
	if err := c.loadKey(bytes.Clone(key)); err != nil {
		return exception(err)
	}
	chain, err := c.parseCertificates(bytes.Clone(cert))
	c.chain = append(slices.Clip(c.chain), chain...)
	return exception(err)
}

// loadKey replaces the key. One that does not parse also unloads the one before, and so
// does a key in PEM, which Mbed TLS cannot put in another one's place.
func (c *SSLContext) loadKey(data []byte) (err error) {
	before := c.key
	isPEM := false
	if c.firmware.PEM {
		c.key, isPEM, err = mbedtls.ParseKeyPEM(data)
	} else {
		c.key, err = mbedtls.ParseKey(data)
	}
	if err == nil && isPEM && before != nil {
		c.key, err = nil, mbedtls.ErrPKBadInputData
	}
	return err
}

// parseCertificates returns what a file adds to the chain, even when it also fails.
func (c *SSLContext) parseCertificates(data []byte) ([]*mbedtls.Certificate, error) {
	if c.firmware.PEM {
		return mbedtls.ParseCertificatesPEM(data)
	}
	parsed, err := mbedtls.ParseCertificate(data)
	if err != nil {
		return nil, err
	}
	return []*mbedtls.Certificate{parsed}, nil
}

// LoadCertChainFiles is load_cert_chain(certFile, keyFile) with paths: the
// certificate file is read first. A file that cannot be read is an *OSError.
func (c *SSLContext) LoadCertChainFiles(certFile, keyFile string) error {
	cert, err := os.ReadFile(certFile)
	if err != nil {
		return fileException(err)
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return fileException(err)
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
	s := c.wrapSocket(conn, nil)
	return s, s.Handshake()
}

// WrapSocketLazily is wrap_socket with do_handshake_on_connect=False, which is what
// asyncio uses: the first read or write runs the handshake, and raises its exceptions
// (CAMERA.md section 5.3).
func (c *SSLContext) WrapSocketLazily(conn net.Conn) *SSLSocket { return c.wrapSocket(conn, nil) }

func (c *SSLContext) wrapSocket(conn net.Conn, trace *mbedtls.Trace) *SSLSocket {
	return &SSLSocket{conn: conn, tls: mbedtls.Server(conn, c.config(), trace)}
}

func (c *SSLContext) config() *mbedtls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, epoch := c.now, c.firmware.Epoch
	return &mbedtls.Config{
		Chain: c.chain, Key: c.key,
		InContentLen: c.firmware.InContentLen, OutContentLen: c.firmware.OutContentLen,
		HelloInRecordLayer: c.firmware.HelloInRecordLayer, Reassembles: c.firmware.Reassembles,
		// mbedtls_time: seconds since the firmware's epoch.
		Time:       func() uint32 { return uint32(now().Sub(epoch) / time.Second) },
		VerifyMode: c.verify, CAs: c.cas, Clock: now,
	}
}
