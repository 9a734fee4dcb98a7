package device

import (
	"fmt"
	"github.com/leafcam/leafcam/device/micropython"
)

// A Script is the program on the camera that serves connections.
type Script struct {
	Name string
	// Connections is how many connections the script serves at a time. On a board, a
	// script that serves several serves as many as the network has.
	Connections int
	// Serve serves one accepted connection. The error that it returns is the
	// Raised that ended it. The camera closes the TCP connection afterwards.
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

// pageResponse is what both scripts write in one go.
func pageResponse(body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// asyncioConnections is how many connections the asyncio script serves at a time on a
// camera without a board.
const asyncioConnections = 4

// Asyncio is a server as asyncio.start_server runs it, and so microdot: the handshake
// happens inside the first read, and several connections are served at a time.
func Asyncio(body string) Script {
	response := pageResponse(body)
	return Script{Name: "asyncio", Connections: asyncioConnections, Serve: func(s *Session) error {
		if err := s.WrapLazily(); err != nil {
			return err
		}
		request, err := s.requestLine()
		if err != nil || len(request) == 0 {
			return err
		}
		if err := s.readHeaders(request); err != nil {
			return err
		}
		if _, err := s.Write(response); err != nil {
			return err
		}
		return s.Close()
	}}
}

// ScriptByName returns the hello or the asyncio script with the given body, or the
// snapshot script, which has pages of its own.
func ScriptByName(name, body string) (Script, error) {
	switch name {
	case "hello":
		return Hello(body), nil
	case "asyncio":
		return Asyncio(body), nil
	case "snapshot":
		return Snapshot(), nil
	}
	return Script{}, fmt.Errorf("unknown script %q; known: hello, asyncio, snapshot", name)
}
