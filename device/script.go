package device

import (
	"fmt"
	"strings"

	"github.com/leafcam/leafcam/device/micropython"
)

// A Script is the program on the camera that serves connections.
type Script struct {
	Name string
	// Connections is how many connections the script serves at a time. On a board, a
	// script that serves several serves as many as the network has.
	Connections int
	// TLSAlone says that the script has but the TLS socket, as under asyncio: TCP is closed by
	// [Session.Close] and nothing else, which does not close it after a handshake that failed (CAMERA.md
	// section 5.4). Any other script closes the TCP socket at its end, whatever happened.
	TLSAlone bool
	// Serve serves one accepted connection. The error that it returns is the Raised that ended it.
	Serve func(*Session) error
}

// DefaultBody is what the hello script answers unless told otherwise.
const DefaultBody = "hello\n"

// Hello is the documented server: one connection at a time, readline until an
// empty line, one write, close (CAMERA.md section 0). Its body is sent as it is.
func Hello(body string) Script {
	response := pageResponse(body)
	return Script{Name: "hello", Connections: 1, Serve: func(s *Session) error {
		if err := s.Wrap(); err != nil {
			return err
		}
		request, err := s.ReadRequest()
		if err != nil {
			return err
		}
		if _, err := s.Write(response); err != nil {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
		if request == nil {
			// The script looks at the request line once the client is served.
			return &micropython.TypeError{Message: "object of type 'NoneType' has no len()"}
		}
		return nil
	}}
}

// pageResponse is what hello and asyncio write in one go.
func pageResponse(body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// asyncioConnections is how many connections a script under asyncio serves at a time on a
// camera without a board.
const asyncioConnections = 4

// Asyncio is a server as asyncio.start_server runs it: the handshake happens inside the first read, several
// connections are served at a time, and each is closed at its end by writer.close and wait_closed, whatever happened.
func Asyncio(body string) Script {
	response := pageResponse(body)
	return Script{Name: "asyncio", Connections: asyncioConnections, TLSAlone: true, Serve: func(s *Session) error {
		if err := s.WrapLazily(); err != nil {
			return err
		}
		if err := s.answerStream(response); err != nil {
			_ = s.socket.Close() // the exception goes on
			return err
		}
		return s.Close()
	}}
}

// answerStream answers a request as a callback of asyncio.start_server does. Who asks for nothing gets nothing.
func (s *Session) answerStream(response []byte) error {
	request, err := s.requestLine(s.streamReadline)
	if err != nil || len(request) == 0 {
		return err
	}
	if err := s.readHeaders(request, s.streamReadline); err != nil {
		return err
	}
	_, err = s.Write(response)
	return err
}

// ScriptByName returns the hello, the asyncio or the microdot script with the given body, or the
// snapshot script, which has pages of its own.
func ScriptByName(name, body string) (Script, error) {
	switch strings.ToLower(name) {
	case "hello":
		return Hello(body), nil
	case "asyncio":
		return Asyncio(body), nil
	case "microdot":
		return Microdot(body), nil
	case "snapshot":
		return Snapshot(), nil
	}
	return Script{}, fmt.Errorf("unknown script %q; known: hello, asyncio, microdot, snapshot", name)
}
