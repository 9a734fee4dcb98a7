package calls

import (
	"crypto"
	"crypto/ecdh"
	_ "crypto/md5" // hashes of signatures
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/device/wire"
)

// callTime is how long a whole call may take: a camera needs seconds for a handshake.
const callTime = time.Minute

// Serve does as the behaviour says, and returns what it saw: each record of the client, in words. A client that says
// nothing for the time of silence is not waited for. When the steps are done, it closes its direction and reads what
// still comes. The error is one of the behaviour, never of the client.
func Serve(conn wire.Conn, head Head, b Behaviour, silence time.Duration) ([]string, error) {
	s := &server{conn: conn, behaviour: b, silence: silence, suite: mbedtls.SuiteByID(b.Suite)}
	if s.suite == nil {
		return nil, fmt.Errorf("suite %04x is none of the camera's", b.Suite)
	}
	for i, name := range b.Chain {
		cert, key, err := head.pair(name)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			s.key = key
		}
		s.chain = append(s.chain, cert)
	}
	rand.Read(s.random[:])
	for _, step := range b.Steps {
		if s.gone {
			break
		}
		if err := s.take(step); err != nil {
			return s.seen, err
		}
	}
	_ = conn.CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(callTime))
	for !s.gone {
		s.read()
	}
	return s.seen, nil
}

// server is a server at work.
type server struct {
	conn      wire.Conn
	behaviour Behaviour
	silence   time.Duration
	suite     *mbedtls.Suite
	chain     [][]byte
	key       crypto.Signer // nil without a certificate

	clientRandom, random [32]byte
	private              *ecdh.PrivateKey
	transcript           []byte
	keys                 *mbedtls.KeySchedule
	seal, open           *mbedtls.Protection
	sealing              bool
	changed              bool   // the client's cipher
	ownCert              []byte // the client's own certificate
	held                 []byte
	buf                  []byte
	seen                 []string
	gone                 bool // the client has left, or said nothing for too long
	last                 string
}

func (s *server) take(step Step) error {
	switch step.Do {
	case AwaitHello, AwaitFinished, AwaitData:
		s.await(step.Do)
		return nil
	case Raw:
		s.write(step.Body)
		return nil
	case Record:
		s.sendRecord(step, step.Type, apply(step.Body, step.Edits))
		return nil
	case ChangeCipher:
		content := []byte{1}
		if step.Body != nil {
			content = step.Body
		}
		s.sendRecord(step, wire.ChangeCipherSpec, content)
		s.sealing = s.seal != nil
		return nil
	}
	message, err := s.message(step)
	if err != nil || message == nil {
		return err
	}
	length := len(message)
	message = apply(message, step.Edits)
	if len(message) != length && len(message) >= 4 && !step.Length {
		n := len(message) - 4
		message[1], message[2], message[3] = byte(n>>16), byte(n>>8), byte(n)
	}
	s.transcript = append(s.transcript, message...)
	if s.held = append(s.held, message...); step.Held {
		return nil
	}
	content := s.held
	s.held = nil
	for _, n := range step.Split {
		if n >= len(content) {
			break // nothing would be left for the last
		}
		s.sendRecord(step, wire.Handshake, content[:n])
		content = content[n:]
	}
	s.sendRecord(step, wire.Handshake, content)
	return nil
}

// message returns a handshake message before it is changed, nil for none.
func (s *server) message(step Step) ([]byte, error) {
	switch step.Do {
	case ServerHello:
		return s.hello(), nil
	case Certificate:
		return wire.HandshakeMessage(11, wire.CertificateList(s.chain)), nil
	case KeyExchange:
		return s.keyExchange(step)
	case Request:
		return wire.HandshakeMessage(13, []byte{2, 1, 64, 0, 4, 4, 3, 4, 1, 0, 0}), nil
	case HelloDone:
		return wire.HandshakeMessage(14, nil), nil
	case Message:
		return slices.Clone(step.Body), nil
	case Finished:
		if s.keys == nil {
			return wire.HandshakeMessage(20, make([]byte, 12)), nil
		}
		verify := s.keys.VerifyData("server finished", s.suite.Transcript(s.transcript))
		return wire.HandshakeMessage(20, verify[:]), nil
	}
	return nil, fmt.Errorf("no step %q", step.Do)
}

// hello is a ServerHello with renegotiation_info and point formats, as OpenSSL sends it.
func (s *server) hello() []byte {
	var b cryptobyte.Builder
	b.AddUint16(wire.VersionTLS12)
	b.AddBytes(s.random[:])
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(make([]byte, 32)) })
	b.AddUint16(s.suite.ID)
	b.AddUint8(0)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddBytes([]byte{0xff, 1, 0, 1, 0})
		b.AddBytes([]byte{0, 11, 0, 2, 1, 0})
	})
	return wire.HandshakeMessage(2, b.BytesOrPanic())
}

var groups = map[uint16]ecdh.Curve{23: ecdh.P256(), 24: ecdh.P384(), 25: ecdh.P521()}

func (s *server) keyExchange(step Step) ([]byte, error) {
	if !s.suite.ECDHE() {
		return nil, nil
	}
	curve := groups[s.behaviour.Group]
	if curve == nil {
		return nil, fmt.Errorf("no group %d", s.behaviour.Group)
	}
	var err error
	if s.private, err = curve.GenerateKey(rand.Reader); err != nil {
		return nil, err
	}
	point := s.private.PublicKey().Bytes()
	params := append([]byte{3, byte(s.behaviour.Group >> 8), byte(s.behaviour.Group), byte(len(point))}, point...)
	params = apply(params, step.Params)
	signature, err := s.sign(slices.Concat(s.clientRandom[:], s.random[:], params))
	if err != nil {
		return nil, err
	}
	body := binary.BigEndian.AppendUint16(params, s.behaviour.Algorithm)
	body = binary.BigEndian.AppendUint16(body, uint16(len(signature)))
	return wire.HandshakeMessage(12, append(body, signature...)), nil
}

var hashes = map[uint16]crypto.Hash{
	1: crypto.MD5, 2: crypto.SHA1, 3: crypto.SHA224, 4: crypto.SHA256, 5: crypto.SHA384, 6: crypto.SHA512,
}

// sign signs with the hash of the behaviour's algorithm, SHA-256 where it has none, and whatever key there is.
func (s *server) sign(data []byte) ([]byte, error) {
	if s.key == nil {
		return make([]byte, 70), nil
	}
	hash := hashes[s.behaviour.Algorithm>>8]
	if hash == 0 {
		hash = crypto.SHA256
	}
	h := hash.New()
	h.Write(data)
	return s.key.Sign(rand.Reader, h.Sum(nil), hash)
}

func (s *server) sendRecord(step Step, typ uint8, content []byte) {
	version := step.Version
	if version == 0 {
		version = wire.VersionTLS12
	}
	record := []byte{typ, byte(version >> 8), byte(version), 0, 0}
	if s.sealing && !step.Plain {
		record = s.seal.Seal(record, typ, version, content)
		if step.Spoil {
			record[len(record)-1] ^= 1
		}
	} else {
		record = append(record, content...)
	}
	binary.BigEndian.PutUint16(record[3:], uint16(len(record)-5))
	s.write(record)
}

// write leaves it to reading to find out that the client has left.
func (s *server) write(data []byte) { _, _ = s.conn.Write(data) }

// preMaster returns the secret of a ClientKeyExchange, nil for one that is wrong.
func (s *server) preMaster(body []byte) []byte {
	if !s.suite.ECDHE() {
		key, ok := s.key.(*rsa.PrivateKey)
		if !ok || len(body) < 2 {
			return nil
		}
		//lint:ignore SA1019 static RSA is what the camera speaks
		secret, err := rsa.DecryptPKCS1v15(nil, key, body[2:])
		if err != nil {
			return nil
		}
		return secret
	}
	if s.private == nil || len(body) < 2 {
		return nil
	}
	public, err := s.private.Curve().NewPublicKey(body[1:]) // no camera compresses its point
	if err != nil {
		return nil
	}
	secret, err := s.private.ECDH(public)
	if err != nil {
		return nil
	}
	return secret
}
