package wire

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// Record content types (RFC 5246 section 6.2.1).
const (
	ChangeCipherSpec = mbedtls.RecordChangeCipherSpec
	Alert            = mbedtls.RecordAlert
	Handshake        = mbedtls.RecordHandshake
	ApplicationData  = mbedtls.RecordApplicationData
)

// VersionTLS12 is the record version that a Client uses unless told otherwise.
const VersionTLS12 = 0x0303

// A Client is a TLS 1.2 client, with P-256 for ECDHE, that takes one step at a time. It
// builds records without sending them, so that a test can change, join or leave out
// any of them. It verifies nothing: never use it to reach a server in earnest.
type Client struct {
	// Wanted, unless nil, has to accept the ECDHE secret: the client tries other keys
	// until it does.
	Wanted func(secret []byte) bool
	// Encrypt, unless nil, makes the body of a static-RSA ClientKeyExchange in the place of
	// a correct one.
	Encrypt func(key *rsa.PublicKey, preMaster []byte) []byte
	// Certificates are shown to a server that asks for them, unless they are nil. The first one need not be Key's.
	Certificates [][]byte
	// Key, unless nil, signs the CertificateVerify: an EC or RSA key.
	Key crypto.Signer
	// Offer is offered besides what every camera knows.
	Offer Offer

	conn       Conn
	suite      *mbedtls.Suite
	random     [32]byte
	transcript []byte
	granted    Offer
	second     [][]byte // messages of the second flight up to the ChangeCipherSpec
	keys       *mbedtls.KeySchedule
	seal, open *mbedtls.Protection
	opening    bool   // the server's ChangeCipherSpec came
	clientDone []byte // verify data of the client's Finished
	buf        []byte
}

// An Offer is extensions of the hello that some cameras grant.
type Offer struct {
	ExtendedMasterSecret bool  `json:"extended_master_secret,omitempty"`
	EncryptThenMAC       bool  `json:"encrypt_then_mac,omitempty"`
	MaxFragment          uint8 `json:"max_fragment,omitempty"` // as it is written (RFC 6066 section 4)
}

// Types of these extensions (IANA TLS ExtensionType Values).
const (
	extMaxFragment          = 1
	extEncryptThenMAC       = 22
	extExtendedMasterSecret = 23
)

// NewClient returns a client that offers one suite of the camera.
func NewClient(conn Conn, suite uint16) (*Client, error) {
	s := mbedtls.SuiteByID(suite)
	if s == nil {
		return nil, fmt.Errorf("wire: %04x is no suite of the camera", suite)
	}
	c := &Client{conn: conn, suite: s}
	rand.Read(c.random[:])
	return c, nil
}

// Hello returns a ClientHello message with the given renegotiation_info.
func (c *Client) Hello(renegotiation []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint16(VersionTLS12)
	b.AddBytes(c.random[:])
	b.AddUint8(0) // no session id
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(c.suite.ID) })
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		extension := func(typ uint16, body func(*cryptobyte.Builder)) {
			b.AddUint16(typ)
			b.AddUint16LengthPrefixed(body)
		}
		extension(0xff01, func(b *cryptobyte.Builder) {
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(renegotiation) })
		})
		extension(10, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(23) })
		})
		extension(11, func(b *cryptobyte.Builder) {
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) })
		})
		extension(13, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(0x0403); b.AddUint16(0x0401) })
		})
		if c.Offer.MaxFragment > 0 {
			extension(extMaxFragment, func(b *cryptobyte.Builder) { b.AddUint8(c.Offer.MaxFragment) })
		}
		if c.Offer.EncryptThenMAC {
			extension(extEncryptThenMAC, func(*cryptobyte.Builder) {})
		}
		if c.Offer.ExtendedMasterSecret {
			extension(extExtendedMasterSecret, func(*cryptobyte.Builder) {})
		}
	})
	return HandshakeMessage(1, b.BytesOrPanic())
}

// HandshakeMessage returns one handshake message.
func HandshakeMessage(typ uint8, body []byte) []byte {
	return append([]byte{typ, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// Plain returns an unprotected record.
func Plain(typ uint8, content []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{typ, 3, 3}, uint16(len(content))), content...)
}

// Sealed returns a record protected with the client's keys, under the given record version.
func (c *Client) Sealed(typ uint8, version uint16, content []byte) []byte {
	rec := []byte{typ, byte(version >> 8), byte(version), 0, 0}
	rec = c.seal.Seal(rec, typ, version, content)
	binary.BigEndian.PutUint16(rec[3:], uint16(len(rec)-5))
	return rec
}

// Data returns a protected record of application data.
func (c *Client) Data(content []byte) []byte { return c.Sealed(ApplicationData, VersionTLS12, content) }

// Send writes all records in one write. A server that has closed is no error: what
// it sent before is still to be read.
func (c *Client) Send(records ...[]byte) {
	var all []byte
	for _, r := range records {
		all = append(all, r...)
	}
	_, _ = c.conn.Write(all)
}

// Start sends the ClientHello and reads the server's flight.
func (c *Client) Start() error {
	hello := c.Hello(nil)
	c.transcript = append(c.transcript, hello...)
	c.Send(Plain(Handshake, hello))
	var serverRandom [32]byte
	var point []byte
	var certificate []byte
	for {
		typ, content, err := c.readRecord(time.Now().Add(5 * time.Second))
		if err != nil {
			return err
		}
		if typ != Handshake || len(content) < 4 {
			return fmt.Errorf("wire: record of type %d in the server's flight", typ)
		}
		c.transcript = append(c.transcript, content...)
		switch content[0] {
		case 2:
			copy(serverRandom[:], content[6:])
			c.grant(content)
		case 11:
			const first = 4 + 3 + 3 // after the header and the lengths of list and certificate
			certificate = content[first : first+int(content[first-2])<<8+int(content[first-1])]
		case 12:
			point = content[8 : 8+int(content[7])]
		case 14:
			switch {
			case c.suite.ECDHE():
				public, err := ecdh.P256().NewPublicKey(point)
				if err != nil {
					return err
				}
				return c.agree(public, &serverRandom)
			case c.suite.Curves():
				public, err := publicOf(certificate)
				if err != nil {
					return err
				}
				return c.agree(public, &serverRandom)
			}
			return c.encrypt(certificate, &serverRandom)
		}
	}
}

// grant reads what the server granted of the offer from its hello.
func (c *Client) grant(hello []byte) {
	m, ok := new(Flight).serverHello(hello[4:])
	if !ok {
		return
	}
	for _, e := range m.Extensions {
		switch {
		case e.Type == extEncryptThenMAC:
			c.granted.EncryptThenMAC = true
		case e.Type == extExtendedMasterSecret:
			c.granted.ExtendedMasterSecret = true
		case e.Type == extMaxFragment && len(e.Data) == 1:
			c.granted.MaxFragment = e.Data[0]
		}
	}
}

// Granted returns what the server granted of the offer.
func (c *Client) Granted() Offer { return c.granted }

// publicOf returns the EC key of a certificate, for static ECDH.
func publicOf(certificate []byte) (*ecdh.PublicKey, error) {
	leaf, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("wire: the server's certificate has no EC key")
	}
	return key.ECDH()
}

func (c *Client) agree(public *ecdh.PublicKey, serverRandom *[32]byte) error {
	for {
		private, err := public.Curve().GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		secret, err := private.ECDH(public)
		if err != nil {
			return err
		}
		if c.Wanted == nil || c.Wanted(secret) {
			own := private.PublicKey().Bytes()
			return c.derive(append([]byte{byte(len(own))}, own...), secret, serverRandom)
		}
	}
}

// encrypt makes the ClientKeyExchange of static RSA (RFC 5246 section 7.4.7.1).
func (c *Client) encrypt(certificate []byte, serverRandom *[32]byte) error {
	leaf, err := x509.ParseCertificate(certificate)
	if err != nil {
		return err
	}
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok {
		return errors.New("wire: the server's certificate has no RSA key")
	}
	preMaster := make([]byte, 48)
	rand.Read(preMaster)
	binary.BigEndian.PutUint16(preMaster, VersionTLS12)
	if c.Encrypt != nil {
		return c.derive(c.Encrypt(key, preMaster), preMaster, serverRandom)
	}
	//lint:ignore SA1019 static RSA is what the camera speaks
	encrypted, err := rsa.EncryptPKCS1v15(rand.Reader, key, preMaster)
	if err != nil {
		return err
	}
	body := binary.BigEndian.AppendUint16(nil, uint16(len(encrypted)))
	return c.derive(append(body, encrypted...), preMaster, serverRandom)
}

// derive makes the messages of the second flight around a ClientKeyExchange, and the keys.
func (c *Client) derive(body, preMaster []byte, serverRandom *[32]byte) (err error) {
	if c.Certificates != nil {
		c.add(HandshakeMessage(11, CertificateList(c.Certificates)))
	}
	c.add(HandshakeMessage(16, body))
	if c.granted.ExtendedMasterSecret {
		c.keys = mbedtls.NewExtendedKeySchedule(c.suite, preMaster, c.suite.Transcript(c.transcript), &c.random, serverRandom)
	} else {
		c.keys = mbedtls.NewKeySchedule(c.suite, preMaster, &c.random, serverRandom)
	}
	c.keys.EncryptThenMAC = c.granted.EncryptThenMAC
	if c.Key != nil {
		verify, err := c.certificateVerify()
		if err != nil {
			return err
		}
		c.add(verify)
	}
	c.seal, c.open, err = c.keys.Protections()
	return err
}

func (c *Client) add(message []byte) {
	c.second = append(c.second, message)
	c.transcript = append(c.transcript, message...)
}

// CertificateList returns the body of a Certificate message (RFC 5246 section 7.4.2).
func CertificateList(chain [][]byte) []byte {
	var b cryptobyte.Builder
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, der := range chain {
			b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(der) })
		}
	})
	return b.BytesOrPanic()
}

// certificateVerify signs what was said so far, with SHA-256 (RFC 5246 section 7.4.8).
func (c *Client) certificateVerify() ([]byte, error) {
	digest := sha256.Sum256(c.transcript)
	signature, err := c.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	alg := uint16(0x0403)
	if _, isRSA := c.Key.Public().(*rsa.PublicKey); isRSA {
		alg = 0x0401
	}
	var b cryptobyte.Builder
	b.AddUint16(alg)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(signature) })
	return HandshakeMessage(15, b.BytesOrPanic()), nil
}

// KeyExchange returns the records of the second flight up to the ChangeCipherSpec: the ClientKeyExchange, and what
// shows the client's certificate around it.
func (c *Client) KeyExchange() []byte {
	var records []byte
	for _, message := range c.second {
		records = append(records, Plain(Handshake, message)...)
	}
	return append(records, Plain(ChangeCipherSpec, []byte{1})...)
}

// Finished returns the Finished message.
func (c *Client) Finished() []byte {
	verify := c.keys.VerifyData("client finished", c.suite.Transcript(c.transcript))
	c.clientDone = verify[:]
	return HandshakeMessage(20, verify[:])
}

// VerifyData returns the content of the Finished that was built.
func (c *Client) VerifyData() []byte { return c.clientDone }

// Complete sends the second flight and reads the server's.
func (c *Client) Complete() error {
	c.Send(c.KeyExchange(), c.Sealed(Handshake, VersionTLS12, c.Finished()))
	return c.AwaitFinished()
}

// AwaitFinished reads the server's ChangeCipherSpec and Finished and checks it.
func (c *Client) AwaitFinished() error {
	typ, _, err := c.Read(5 * time.Second)
	if err != nil || typ != ChangeCipherSpec {
		return fmt.Errorf("wire: no ChangeCipherSpec but record type %d, %w", typ, err)
	}
	typ, content, err := c.Read(5 * time.Second)
	if err != nil || typ != Handshake {
		return fmt.Errorf("wire: no Finished but record type %d, %w", typ, err)
	}
	transcript := append(c.transcript, HandshakeMessage(20, c.clientDone)...)
	verify := c.keys.VerifyData("server finished", c.suite.Transcript(transcript))
	if string(content) != string(HandshakeMessage(20, verify[:])) {
		return errors.New("wire: the server's Finished is wrong")
	}
	return nil
}

// Read reads a record and decrypts it once the server has changed its cipher. The
// error is io.EOF at the end, os.ErrDeadlineExceeded after the timeout, or the transport's.
func (c *Client) Read(timeout time.Duration) (typ uint8, content []byte, err error) {
	typ, content, err = c.readRecord(time.Now().Add(timeout))
	if err != nil {
		return 0, nil, err
	}
	if !c.opening {
		c.opening = typ == ChangeCipherSpec
		return typ, content, nil
	}
	content, err = c.open.Open(typ, VersionTLS12, content)
	return typ, content, err
}

func (c *Client) readRecord(deadline time.Time) (uint8, []byte, error) {
	_ = c.conn.SetReadDeadline(deadline)
	header, err := c.fill(5)
	if err != nil {
		return 0, nil, err
	}
	length := int(binary.BigEndian.Uint16(header[3:]))
	rec, err := c.fill(5 + length)
	if err != nil {
		return 0, nil, err
	}
	c.buf = nil
	return rec[0], rec[5:], nil
}

// fill reads until n octets of the record are there.
func (c *Client) fill(n int) ([]byte, error) {
	for len(c.buf) < n {
		part := make([]byte, n-len(c.buf))
		got, err := c.conn.Read(part)
		c.buf = append(c.buf, part[:got]...)
		if err != nil && len(c.buf) < n {
			if errors.Is(err, io.EOF) && len(c.buf) > 0 {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return c.buf[:n], nil
}

// AlertName returns the name of an alert description (RFC 5246 section 7.2 and successors).
func AlertName(description uint8) string { return mbedtls.AlertName(description) }

// IsTimeout reports whether a Read ended because nothing came in time.
func IsTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
