package device

import (
	"errors"
	"fmt"
	"slices"

	"github.com/leafcam/leafcam/device/micropython"
)

// Microdot is a server with microdot 2.6 under asyncio, with TLS by start_server(ssl=...). Its only route is /, which
// returns the body as a str; anything else is answered as microdot does it by itself. Several connections are served at a time,
// and each ends after one answer (CAMERA.md section 5.5).
func Microdot(body string) Script {
	return Script{Name: "microdot", Connections: asyncioConnections, TLSAlone: true, Serve: func(s *Session) error {
		if err := s.WrapLazily(); err != nil {
			return err
		}
		request, err := s.readMicrodotRequest()
		if isOSError(err) && !isMuted(err) {
			return err // nobody closes the connection
		}
		for _, part := range request.answer(body) {
			if _, err := s.Write([]byte(part)); isMuted(err) {
				break
			} else if err != nil {
				return err
			}
		}
		return s.Close()
	}}
}

func isOSError(err error) bool {
	var osErr *micropython.OSError
	return errors.As(err, &osErr)
}

// isMuted reports whether microdot takes an exception for a client that is gone (MUTED_SOCKET_ERRORS), and goes on. It
// does not know the negative numbers of firmwares whose streams raise those.
func isMuted(err error) bool {
	const resetOnMacOS, closedOnESP = 54, 128
	var osErr *micropython.OSError
	return errors.As(err, &osErr) && !osErr.Bare &&
		slices.Contains([]int{micropython.EPIPE, resetOnMacOS, micropython.ECONNRESET, closedOnESP}, osErr.Errno)
}

// answer returns the parts of the response, each of which is a write. A request that was not read is nil. Headers come in
// the order of MicroPython's dict, in which the hashes of their names put them.
func (r *microdotRequest) answer(body string) []string {
	const contentType = "Content-Type: text/plain; charset=UTF-8\r\n"
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n", n) }
	text := func(status, body string) []string {
		parts := []string{"HTTP/1.0 " + status + "\r\n", contentType, length(len(body)), "\r\n"}
		if body != "" && (r == nil || r.method != "HEAD") {
			parts = append(parts, body)
		}
		return parts
	}
	const ok, notFound = "200 OK", "Not found"
	switch {
	case r == nil:
		return text("400 N/A", "Bad request")
	case r.length > microdotMaxBody:
		return text("413 N/A", "Payload too large")
	case r.route() == "OPTIONS" && r.path == "/":
		return []string{"HTTP/1.0 200 OK\r\n", "Allow: GET, HEAD, OPTIONS\r\n", length(0), contentType, "\r\n"}
	case r.route() == "OPTIONS":
		return []string{"HTTP/1.0 200 OK\r\n", "Allow: OPTIONS\r\n", length(0), contentType, "\r\n"}
	case r.path != "/":
		return text("404 N/A", notFound)
	case r.route() == "GET" || r.route() == "HEAD":
		return text(ok, body)
	default:
		return text("405 N/A", notFound)
	}
}
