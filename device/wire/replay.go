package wire

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// DefaultSilence is how long nothing has to come before a server counts as waiting.
const DefaultSilence = 300 * time.Millisecond

// patienceAfterFIN is how long the answer to the client's FIN may take at most.
const patienceAfterFIN = 3 * time.Second

// ReplayOptions say how a replay goes.
type ReplayOptions struct {
	Pause time.Duration // before each further write
	// Plain says that all of the pause is waited for; otherwise the server's flight or its end cuts it
	// short.
	Plain   bool
	Silence time.Duration // after which a server counts as waiting; DefaultSilence when zero
	// Cut ends the silence when the server's flight is complete.
	Cut bool
	// Varies is that of [ParseFlight].
	Varies bool
	// Until is when the replay ends whatever the server does; the zero time is never.
	Until time.Time
}

// MaxReceived is how much of a server's answer is read, in octets: several times what a camera can
// send before the client has finished the handshake.
const MaxReceived = 256 << 10

// A Conn is a connection that can be closed in one direction, such as
// *net.TCPConn and *PipeConn.
type Conn interface {
	net.Conn
	CloseWrite() error
}

// Replay sends what the client of a recording sent, in the same segments, and returns what came
// back. The connection is closed. At the other end of a [Pipe], a server that is busy does not count
// as waiting.
func Replay(conn Conn, sent []Octets, o ReplayOptions) Exchange {
	defer conn.Close()
	r := &replay{conn: conn, until: o.Until, silence: cmp.Or(o.Silence, DefaultSilence), answer: newFlightParser(o.Varies)}
	_ = conn.SetWriteDeadline(o.Until)
	for i, segment := range sent {
		if i > 0 {
			r.collect(o.Pause, !o.Plain)
		}
		if len(segment) > 0 {
			_, _ = conn.Write(segment) // a server that closed already shows in what is read
		}
	}
	if o.Cut {
		r.collect(r.silence, true)
	} else {
		r.untilSilent()
	}
	ex := Exchange{Received: r.answer.end(), End: r.end, TCPEnd: r.tcpEnd}
	if r.end == EndCut {
		ex.Received.Trailing = nil // the rest of a record that was not waited for
	}
	if r.over() {
		return ex
	}
	ex.End = EndOpen
	before := r.size
	r.answer, r.silence = newFlightParser(o.Varies), min(r.silence, patienceAfterFIN)
	_ = conn.CloseWrite()
	r.untilSilent()
	after := &AfterFIN{End: cmp.Or(r.end, EndOpen), TCPEnd: r.tcpEnd}
	if r.size > before {
		after.Received = r.answer.end()
	}
	ex.AfterFIN = after
	return ex
}

// replay is the reading half of a replay in progress.
type replay struct {
	conn    Conn
	silence time.Duration
	until   time.Time // zero: without limit
	answer  *flightParser
	size    int // octets that came
	end     string
	tcpEnd  string
}

// over reports whether there is nothing more to read.
func (r *replay) over() bool { return r.end != "" }

// untilSilent reads until the end, or until nothing came for the time of silence.
func (r *replay) untilSilent() {
	for !r.over() {
		before := r.size
		r.read(time.Now().Add(r.silence))
		r.untilIdle()
		if r.size == before {
			return
		}
	}
}

// collect reads for the time of a pause; with early, only until the server's flight is
// complete, or that time has passed without data.
func (r *replay) collect(pause time.Duration, early bool) {
	deadline := time.Now().Add(pause)
	for !r.over() && time.Now().Before(deadline) {
		before := r.size
		r.read(deadline)
		if !early {
			continue
		}
		if r.size > before {
			deadline = time.Now().Add(pause)
		}
		if r.answer.flight.Done() {
			return
		}
	}
	if pause > 0 {
		r.untilIdle()
	}
}

// patienceOverPipe is how long a server at the other end of a Pipe may be busy.
const patienceOverPipe = 30 * time.Second

// untilIdle reads on while a server is busy. A network does not tell, so there time alone has to
// do; a Pipe does, and what a server answers there does not depend on how busy the machine is.
func (r *replay) untilIdle() {
	const look = time.Millisecond
	pipe, ok := r.conn.(*PipeConn)
	for limit := time.Now().Add(patienceOverPipe); ok && !r.over() && !pipe.Idle() && time.Now().Before(limit); {
		r.read(time.Now().Add(look))
	}
}

// read makes one read.
func (r *replay) read(deadline time.Time) {
	if !r.until.IsZero() && r.until.Before(deadline) {
		deadline = r.until
	}
	_ = r.conn.SetReadDeadline(deadline)
	var buf [16 << 10]byte
	n, err := r.conn.Read(buf[:min(len(buf), MaxReceived-r.size)])
	r.size += n
	r.answer.add(buf[:n])
	switch {
	case r.size == MaxReceived, r.answer.full():
		r.end = EndCut
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		if !r.until.IsZero() && !time.Now().Before(r.until) {
			r.end = EndCut
		}
	case errors.Is(err, io.EOF):
		r.end, r.tcpEnd = EndClosed, "fin"
	default:
		r.end, r.tcpEnd = EndClosed, "rst"
	}
}

// Diff compares what a replay saw with a recording and returns a description of
// each difference. Values that are masked are not compared, and neither is how TCP
// ended, which depends on the host.
func Diff(want, got Exchange) []string {
	var diffs []string
	differ := func(what string, want, got any) {
		w, g := encode(want), encode(got)
		if !bytes.Equal(w, g) {
			diffs = append(diffs, fmt.Sprintf("%s:\n  expected %s\n  got      %s", what, w, g))
		}
	}
	differ("received", want.Received, got.Received)
	differ("end", want.End, got.End)
	if want.AfterFIN != nil && got.AfterFIN != nil {
		differ("received after FIN", want.AfterFIN.Received, got.AfterFIN.Received)
		differ("end after FIN", want.AfterFIN.End, got.AfterFIN.End)
	}
	return diffs
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types of this package always encode
	}
	return b
}

// A LoadedKey is the private key that a replayed server loaded.
type LoadedKey struct{ key *mbedtls.PrivateKey }

// ParseKey parses a private key as any camera does: in PEM or DER, and in DER with an octet 0 behind it, which older
// firmwares hand over (CAMERA.md section 10).
func ParseKey(data []byte) (LoadedKey, error) {
	k, _, err := mbedtls.Everything().ParseKeyPEM(data)
	if err != nil {
		k, err = mbedtls.Everything().ParseKey(append(bytes.Clone(data), 0))
	}
	return LoadedKey{k}, err
}

// MarshalKey returns a key in the form that every firmware loads, and what that is called: "sec1" for EC, "pkcs1" for RSA
// (CAMERA.md section 10.1). Other keys have none.
func MarshalKey(key crypto.PrivateKey) (der []byte, form string, err error) {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		der, err = x509.MarshalECPrivateKey(key)
		return der, "sec1", err
	case *rsa.PrivateKey:
		return x509.MarshalPKCS1PrivateKey(key), "pkcs1", nil
	}
	return nil, "", fmt.Errorf("wire: a key of type %T", key)
}

// Varies reports whether the key's signatures differ in length: it is an EC key.
func (k LoadedKey) Varies() bool {
	if k.key == nil {
		return false
	}
	isRSA, _ := k.key.Size()
	return !isRSA
}

// Verify checks the signatures of a flight, see [Flight.VerifySignatures].
func (k LoadedKey) Verify(f *Flight, sent []Octets) error {
	var all []byte
	for _, s := range sent {
		all = append(all, s...)
	}
	return f.VerifySignatures(all, k.key)
}
