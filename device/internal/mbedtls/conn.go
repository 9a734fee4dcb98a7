package mbedtls

import (
	"errors"
	"io"
	"sync"
	"time"
)

// Config is what a server or a client is configured with. It must not change while
// connections use it.
type Config struct {
	Chain []*Certificate // as presented; the first one decides which suites can be used
	Key   *PrivateKey

	Profile *Profile // what the server was built with

	// Hostname is the server_hostname of a client; nil for none. A server has no use for it.
	Hostname *string

	// Time returns the first four octets of the random of a hello.
	Time func() uint32

	// VerifyMode says whether a client certificate is asked for, or whether a client verifies its server, and CAs
	// which ones are trusted, at the time that Clock tells (CAMERA.md sections 6 and 11).
	VerifyMode VerifyMode
	CAs        []*Certificate
	Clock      func() time.Time

	// Compute, unless nil, is asked before a public-key operation of that suite, and
	// told when it is done. Its error, one of memory, ends the handshake in silence;
	// with static RSA it goes unnoticed until the Finished, as everything does there.
	Compute func(Operation, *Suite) (done func(), err error)

	// WriteTogether is how many octets of data may share a write of the transport, each record with
	// its own header and number as always. It is one record where this is less.
	WriteTogether int
}

// An Operation is a public-key operation of the handshake.
type Operation uint8

// The operations in their order. With static RSA there is the second one only.
const (
	OperationSign   Operation = iota + 1 // the key agreement's first half, and the signature over it
	OperationSecret                      // its second half, or the decryption with static RSA
)

func (config *Config) compute(op Operation, suite *Suite) (done func(), err error) {
	if config.Compute == nil {
		return func() {}, nil
	}
	return config.Compute(op, suite)
}

// An Alert is an alert that went over the connection.
type Alert struct {
	Level, Description uint8
	Sent               bool // by the server; otherwise received
	Encrypted          bool
}

// A Trace is told what happens on a connection, for the camera's events. Its
// functions are called synchronously and must not keep their arguments.
type Trace struct {
	ClientHello func(msg []byte) // the handshake message with its header, as it came or was sent
	// PeerChain gets the certificates that a server showed to a client, before they are parsed.
	PeerChain func(list [][]byte)
	// CertificateRequest tells a client that the server asks for its certificate.
	CertificateRequest func()
	Alert              func(Alert)
	// Secret gets what decrypts the connection: client random and master secret.
	Secret func(clientRandom, masterSecret []byte)
}

// State is what a connection agreed on. Fields are zero until then.
type State struct {
	Suite              *Suite
	Group              uint16
	SignatureAlgorithm uint16
	MaxFragment        int  // octets of data in a record that the client asked for; 0 for none
	Complete           bool // the Finished messages were exchanged
}

// A Conn is one side of a TLS connection. Its methods may be called
// from several goroutines, but Handshake must have succeeded before Read and Write.
type Conn struct {
	config    *Config
	steps     []handshakeStep // of the side's handshake
	client    bool
	transport io.ReadWriter
	tracer    *Trace

	version uint16 // of the records that are sent

	readMu       sync.Mutex
	in           []byte // the record that is being read
	unprotect    *Protection
	emptyRecords int
	msgType      uint8
	msg          []byte // what is left of the current record
	hsLen        int    // length of the current handshake message at the front of msg
	partial      []byte // the beginning of a handshake message whose rest is to come
	delivering   bool   // msg is application data of which the reader wants more

	writeMu sync.Mutex
	out     []byte
	unsent  []byte // the part of out that was not written yet
	protect *Protection

	hs    *handshake // nil before the handshake and after it
	state State
}

// initialBuffer holds the records of a common handshake, octets.
const initialBuffer = 1 << 10

// Server returns the server's side of a connection. trace may be nil.
func Server(transport io.ReadWriter, config *Config, trace *Trace) *Conn {
	return newConn(transport, config, trace, handshakeSteps)
}

func newConn(transport io.ReadWriter, config *Config, trace *Trace, steps []handshakeStep) *Conn {
	buffers := make([]byte, 2*initialBuffer) // both grow when a record asks for it
	return &Conn{
		config: config, transport: transport, tracer: trace, steps: steps, version: versionTLS12,
		in:  buffers[:0:initialBuffer],
		out: buffers[initialBuffer:initialBuffer],
	}
}

// State returns what the handshake agreed on so far.
func (c *Conn) State() State { return c.state }

func (c *Conn) trace(a Alert) {
	if c.tracer != nil && c.tracer.Alert != nil {
		c.tracer.Alert(a)
	}
}

// Read reads application data as mbedtls_ssl_read does. It returns 0 and no
// error after two empty records in a row; io.EOF when the peer ended the TCP
// stream, wherever that was; ErrPeerCloseNotify, after which reading can go on;
// ErrWantRead for a no_renegotiation warning; any other *Error, or the
// transport's error (CAMERA.md section 5.2).
func (c *Conn) Read(p []byte) (int, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	if !c.delivering {
		if err := c.awaitData(); err != nil {
			if errors.Is(err, ErrConnEOF) {
				err = io.EOF
			}
			return 0, err
		}
		c.delivering = true
	}
	n := copy(p, c.msg)
	c.msg = c.msg[n:]
	c.delivering = len(c.msg) > 0
	return n, nil
}

// awaitData reads messages until application data is current.
func (c *Conn) awaitData() error {
	for {
		if err := c.readMessage(); err != nil {
			return err
		}
		if c.msgType == RecordApplicationData && len(c.msg) == 0 {
			// One empty record is passed over, the next one is returned as it is.
			if err := c.readMessage(); err != nil {
				return err
			}
		}
		switch c.msgType {
		case RecordApplicationData:
			return nil
		case RecordAlert:
			return ErrWantRead
		case RecordHandshake:
			if !c.asksToRenegotiate() {
				return ErrUnexpectedMessage
			}
			c.sendAlert(AlertWarning, alertNoRenegotiation)
		default:
			return ErrUnexpectedMessage
		}
	}
}

// asksToRenegotiate reports whether the current handshake message is one that asks for another handshake: a ClientHello,
// and of a server a HelloRequest.
func (c *Conn) asksToRenegotiate() bool {
	if c.client {
		return c.msg[0] == typeHelloRequest && c.hsLen == handshakeHeaderLen
	}
	return c.msg[0] == typeClientHello
}

// MaxRecord returns how many octets of data a record has at most, once the handshake is complete.
func (c *Conn) MaxRecord() int {
	size := c.config.Profile.OutContentLen
	if agreed := c.state.MaxFragment; agreed > 0 {
		size = min(size, agreed)
	}
	return size
}

// Write sends p in records of at most MaxRecord octets. When a deadline cuts a record, it counts as
// written, and the next call sends the rest of it first (CAMERA.md section 5.3).
//
// The first record has a write of its own: where the client is gone, as little is sent as if all had, and
// the write of the second fails.
func (c *Conn) Write(p []byte) (int, error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	written, together := 0, 1
	for written < len(p) {
		if err := c.flush(); err != nil {
			return written, err
		}
		n, err := c.writeTogether(p[written:], together)
		written += n
		if err != nil {
			return written, err
		}
		together = max(1, c.config.WriteTogether/c.MaxRecord())
	}
	return written, nil
}

// batches are buffers for several records: a connection has one while it writes, and none while it waits.
var batches = sync.Pool{New: func() any { return new([]byte) }}

// writeTogether sends the first records of p by one write, and returns how much of p counts as written.
func (c *Conn) writeTogether(p []byte, records int) (int, error) {
	size := c.MaxRecord()
	p = p[:min(len(p), records*size)]
	if len(p) <= size {
		c.out = c.appendRecord(c.out[:0], RecordApplicationData, p)
		return c.send(c.out, len(c.out), p)
	}
	batch := batches.Get().(*[]byte)
	defer batches.Put(batch)
	sealed := c.appendRecord((*batch)[:0], RecordApplicationData, p[:size])
	each := len(sealed) // but for the last
	for rest := p[size:]; len(rest) > 0; {
		n := min(len(rest), size)
		sealed = c.appendRecord(sealed, RecordApplicationData, rest[:n])
		rest = rest[n:]
	}
	*batch = sealed
	return c.send(sealed, each, p)
}

// send writes records of p, each octets long but for the last, and returns how much of p counts as written.
// Of a record that was begun the rest is kept. Those behind it are forgotten: their nonces are free
// again, as nobody saw them used.
func (c *Conn) send(records []byte, each int, p []byte) (int, error) {
	sent := 0
	for sent < len(records) {
		n, err := c.transport.Write(records[sent:])
		sent += n
		if err != nil {
			all, begun := (len(records)+each-1)/each, (sent+each-1)/each
			c.protect.seq -= uint64(all - begun)
			c.out = append(c.out[:0], records[sent:min(begun*each, len(records))]...)
			c.unsent = c.out
			return min(begun*c.MaxRecord(), len(p)), err
		}
	}
	return len(p), nil
}
