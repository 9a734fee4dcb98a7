package record

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/leafcam/leafcam/device/wire"
)

// Script is the program that a MicroPython runs to be recorded. Its head says how.
//
//go:embed server.py
var Script string

// A Real subject is a MicroPython that runs [Script], on this machine or on a camera.
type Real struct {
	// Version is the server's sys.version.
	Version string

	control net.Conn
	lines   *bufio.Reader
	tls     string // address
	silence time.Duration
}

// answerTime is how long a server may take for an answer once its client is gone: a camera needs seconds for a
// handshake.
const answerTime = time.Minute

// greetingTime is how long it may take to greet: a port of something else says nothing.
const greetingTime = 10 * time.Second

// maxAnswer bounds a line of the server, octets: an exception's text is short.
const maxAnswer = 64 << 10

// Dial reaches a server by the address of its control port. silence is how long nothing has to come before it counts
// as waiting; [wire.DefaultSilence] when zero.
func Dial(ctx context.Context, address string, silence time.Duration) (*Real, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("no recording server: %w", err)
	}
	r := &Real{control: conn, lines: bufio.NewReaderSize(conn, maxAnswer), silence: silence}
	if r.silence == 0 {
		r.silence = wire.DefaultSilence
	}
	var greeting struct {
		Port    int    `json:"port"`
		Version string `json:"version"`
	}
	if err := r.answer(ctx, greetingTime, &greeting); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%s is no recording server: %w", address, err)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		conn.Close()
		return nil, err
	}
	r.Version, r.tls = greeting.Version, net.JoinHostPort(host, strconv.Itoa(greeting.Port))
	return r, nil
}

// Close lets the server wait for another recorder.
func (r *Real) Close() error { return r.control.Close() }

// Patience implements [Subject].
func (r *Real) Patience() time.Duration { return r.silence }

// Load implements [Subject].
func (r *Real) Load(ctx context.Context, s Setup) (wire.Device, error) {
	return r.ask(ctx, map[string]any{"do": "load", "cert": s.Cert, "key": s.Key, "verify": s.Verify, "cas": s.CAs, "lazy": s.Lazy}, nil)
}

// Connect implements [Subject].
func (r *Real) Connect(ctx context.Context, body int, talk func(wire.Conn)) (wire.Device, error) {
	return r.ask(ctx, map[string]any{"do": "accept", "body": body}, func() error {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", r.tls)
		if err != nil {
			return err
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		talk(conn.(*net.TCPConn))
		return nil
	})
}

// ask sends a line, does what belongs to it, and reads the answer.
func (r *Real) ask(ctx context.Context, question any, meanwhile func() error) (report wire.Device, err error) {
	line, err := json.Marshal(question)
	if err != nil {
		return report, err
	}
	_ = r.control.SetWriteDeadline(time.Now().Add(answerTime))
	if _, err := r.control.Write(append(line, '\n')); err != nil {
		return report, fmt.Errorf("the recording server is gone: %w", err)
	}
	if meanwhile != nil {
		if err := meanwhile(); err != nil {
			return report, err
		}
	}
	return report, r.answer(ctx, answerTime, &report)
}

// answer reads one line.
func (r *Real) answer(ctx context.Context, within time.Duration, into any) error {
	_ = r.control.SetReadDeadline(time.Now().Add(within))
	defer context.AfterFunc(ctx, func() { _ = r.control.SetReadDeadline(time.Unix(1, 0)) })()
	line, err := r.lines.ReadSlice('\n')
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, bufio.ErrBufferFull):
		return fmt.Errorf("the answer is longer than %d octets", maxAnswer)
	case err != nil:
		return fmt.Errorf("no answer: %w", err)
	}
	return json.Unmarshal(line, into)
}
