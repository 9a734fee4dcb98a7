package calls

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/device/wire"
)

// ends are what each waiting step waits for: the beginning of what is noted.
var ends = map[string]string{AwaitHello: "hello ", AwaitFinished: "finished ", AwaitData: "data "}

// await reads until what the step waits for has come, the client has left, or nothing comes any more.
func (s *server) await(what string) {
	_ = s.conn.SetReadDeadline(time.Now().Add(callTime))
	for !s.gone {
		if s.seal != nil || what != AwaitHello {
			_ = s.conn.SetReadDeadline(time.Now().Add(s.silence))
		}
		if !s.read() {
			s.gone = false // it may still answer to what is sent next
			return
		}
		if strings.HasPrefix(s.last, ends[what]) {
			return
		}
	}
}

// read reads one record and notes it. It returns false when nothing came in time. At the end of the stream the client
// is gone.
func (s *server) read() bool {
	header, err := s.fill(5)
	var record []byte
	if err == nil {
		record, err = s.fill(5 + int(binary.BigEndian.Uint16(header[3:])))
	}
	if err != nil {
		s.gone = true
		if len(s.buf) > 0 && !errors.Is(err, os.ErrDeadlineExceeded) {
			s.note("rest %x", s.buf)
		}
		return !errors.Is(err, os.ErrDeadlineExceeded)
	}
	s.buf = nil
	typ, version, content := record[0], binary.BigEndian.Uint16(record[1:]), record[5:]
	sealed := ""
	if s.changed && s.open == nil {
		s.note("sealed record %d of %d octets", typ, len(content))
		return true
	}
	if s.changed {
		sealed = " sealed"
		if content, err = s.open.Open(typ, version, content); err != nil {
			s.note("unreadable record %d", typ)
			return true
		}
	}
	if version != wire.VersionTLS12 {
		s.note("version %04x", version)
	}
	switch typ {
	case wire.Handshake:
		s.handshake(content)
	case wire.ChangeCipherSpec:
		s.note("change cipher %x", content)
		s.changed = true
	case wire.Alert:
		s.note("alert %x%s", content, sealed)
	case wire.ApplicationData:
		s.note("data %x", content)
	default:
		s.note("record %d %x", typ, content)
	}
	return true
}

func (s *server) note(format string, args ...any) {
	s.last = fmt.Sprintf(format, args...)
	s.seen = append(s.seen, s.last)
}

// fill reads until n octets are there.
func (s *server) fill(n int) ([]byte, error) {
	for len(s.buf) < n {
		part := make([]byte, n-len(s.buf))
		got, err := s.conn.Read(part)
		if s.buf = append(s.buf, part[:got]...); err != nil && len(s.buf) < n {
			return nil, err
		}
	}
	return s.buf[:n], nil
}

// handshake notes the client's messages; one is in a record each.
func (s *server) handshake(message []byte) {
	if len(message) < 4 {
		s.note("message %x", message)
		return
	}
	switch body := message[4:]; message[0] {
	case 1:
		s.clientHello(message)
	case 11:
		s.ownCertificate(body)
	case 15:
		s.certificateVerify(body)
	case 16:
		s.clientKeyExchange(body)
	case 20:
		s.finished(message)
	default:
		s.note("message %x", message)
	}
	s.transcript = append(s.transcript, message...)
}

// clientHello notes the hello with its random masked.
func (s *server) clientHello(message []byte) {
	const random = 4 + 2
	masked := bytes.Clone(message)
	if len(message) >= random+32 {
		copy(s.clientRandom[:], message[random:])
		clear(masked[random : random+32])
	}
	s.note("hello %x", masked)
}

// ownCertificate notes the certificates that the client shows by their hashes.
func (s *server) ownCertificate(body []byte) {
	var hashes []string
	for rest := body[min(3, len(body)):]; len(rest) > 3; {
		n := min(int(rest[0])<<16|int(rest[1])<<8|int(rest[2]), len(rest)-3)
		if s.ownCert == nil {
			s.ownCert = bytes.Clone(rest[3 : 3+n])
		}
		sum := sha256.Sum256(rest[3 : 3+n])
		hashes = append(hashes, hex.EncodeToString(sum[:8]))
		rest = rest[3+n:]
	}
	s.note("certificate %d %s", len(hashes), strings.Join(hashes, " "))
}

// certificateVerify notes the algorithm, and whether the signature is right.
func (s *server) certificateVerify(body []byte) {
	if len(body) < 4 {
		s.note("certificate verify %x", body)
		return
	}
	verdict := "wrong"
	if cert, err := x509.ParseCertificate(s.ownCert); err == nil {
		alg := binary.BigEndian.Uint16(body)
		if mbedtls.VerifySignature(cert.PublicKey, alg, s.transcript, body[4:]) {
			verdict = "right"
		}
	}
	s.note("certificate verify %x %s", body[:2], verdict)
}

// clientKeyExchange notes the form, and derives the keys. A right Finished proves the rest.
func (s *server) clientKeyExchange(body []byte) {
	form := ""
	if s.suite.ECDHE() && len(body) > 1 {
		form = fmt.Sprintf(" %02x", body[1])
	}
	s.note("key exchange %d%s", len(body), form)
	secret := s.preMaster(body)
	if secret == nil {
		s.note("no secret")
		return
	}
	s.keys = mbedtls.NewKeySchedule(s.suite, secret, &s.clientRandom, &s.random)
	var err error
	if s.open, s.seal, err = s.keys.Protections(); err != nil {
		s.note("no keys")
	}
}

func (s *server) finished(message []byte) {
	verdict := "wrong"
	if s.keys != nil {
		verify := s.keys.VerifyData("client finished", s.suite.Transcript(s.transcript))
		if bytes.Equal(message, wire.HandshakeMessage(20, verify[:])) {
			verdict = "right"
		}
	}
	s.note("finished %s", verdict)
}
