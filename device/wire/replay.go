package wire

import (
	"bytes"
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

// A Pace is how long a replay waits.
type Pace struct {
	Pause   time.Duration // before each further write
	Plain   bool          // wait for all of it; otherwise the server's flight or its end cuts it short
	Silence time.Duration // after which a server counts as waiting
	// Cut ends the silence when the server's flight is complete.
	Cut bool
}

// A Conn is a connection that can be closed in one direction, such as
// *net.TCPConn and *PipeConn.
type Conn interface {
	net.Conn
	CloseWrite() error
}

// Replay sends what the client of a recording sent, in the same segments and with the
// same pauses, and returns what came back. varies is that of [ParseFlight]. The
// connection is closed. At the other end of a [Pipe], a server that is busy does not count as waiting.
func Replay(conn Conn, sent []Octets, pause time.Duration, plainPause, varies bool) Exchange {
	return ReplayAt(Pace{Pause: pause, Plain: plainPause, Silence: DefaultSilence}, conn, sent, varies)
}

// ReplayAt is [Replay] for servers that are slower than the recorded ones.
func ReplayAt(pace Pace, conn Conn, sent []Octets, varies bool) Exchange {
	defer conn.Close()
	r := &replay{conn: conn, varies: varies, silence: pace.Silence}
	for i, segment := range sent {
		if i > 0 {
			r.collect(pace.Pause, !pace.Plain)
		}
		if len(segment) > 0 {
			_, _ = conn.Write(segment) // a server that closed already shows in what is read
		}
	}
	if pace.Cut {
		r.collect(pace.Silence, true)
	} else {
		r.untilSilent()
	}
	ex := Exchange{Received: ParseFlight(r.data, varies), End: "open"}
	if r.ended {
		ex.End, ex.TCPEnd = "closed", r.tcpEnd
		return ex
	}
	before := len(r.data)
	r.silence = min(r.silence, patienceAfterFIN)
	_ = conn.CloseWrite()
	r.untilSilent()
	after := &AfterFIN{End: "open"}
	if r.ended {
		after.End, after.TCPEnd = "closed", r.tcpEnd
	}
	if len(r.data) > before {
		after.Received = ParseFlight(r.data[before:], varies)
	}
	ex.AfterFIN = after
	return ex
}

// replay is the reading half of a replay in progress.
type replay struct {
	conn    Conn
	varies  bool
	silence time.Duration
	data    []byte
	ended   bool
	tcpEnd  string
}

// untilSilent reads until the end, or until nothing came for the time of silence.
func (r *replay) untilSilent() {
	for !r.ended {
		before := len(r.data)
		r.read(time.Now().Add(r.silence))
		r.untilIdle()
		if len(r.data) == before {
			return
		}
	}
}

// collect reads for the time of a pause; with early, only until the server's flight is
// complete, or that time has passed without data.
func (r *replay) collect(pause time.Duration, early bool) {
	deadline := time.Now().Add(pause)
	for !r.ended && time.Now().Before(deadline) {
		before := len(r.data)
		r.read(deadline)
		if !early {
			continue
		}
		if len(r.data) > before {
			deadline = time.Now().Add(pause)
		}
		if ParseFlight(r.data, r.varies).Done() {
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
	for limit := time.Now().Add(patienceOverPipe); ok && !r.ended && !pipe.Idle() && time.Now().Before(limit); {
		r.read(time.Now().Add(look))
	}
}

// read makes one read.
func (r *replay) read(deadline time.Time) {
	_ = r.conn.SetReadDeadline(deadline)
	var buf [16 << 10]byte
	n, err := r.conn.Read(buf[:])
	r.data = append(r.data, buf[:n]...)
	switch {
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
	case errors.Is(err, io.EOF):
		r.ended, r.tcpEnd = true, "fin"
	default:
		r.ended, r.tcpEnd = true, "rst"
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

// ParseKey parses a private key in PEM or DER as the camera does.
func ParseKey(data []byte) (LoadedKey, error) {
	k, _, err := mbedtls.ParseKeyPEM(data)
	return LoadedKey{k}, err
}

// Varies tells whether the key's signatures differ in length: it is an EC key.
func (k LoadedKey) Varies() bool { return k.key != nil && k.key.Kind()[:2] == "EC" }

// Verify checks the signatures of a flight, see [Flight.VerifySignatures].
func (k LoadedKey) Verify(f *Flight, sent []Octets) error {
	var all []byte
	for _, s := range sent {
		all = append(all, s...)
	}
	return f.VerifySignatures(all, k.key)
}
