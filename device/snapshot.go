package device

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

const (
	snapshotConnections = 4
	framesPerSecond     = 5
	frameBoundary       = "frame"
)

const snapshotPage = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>OpenMV camera</title></head>
<body><h1>OpenMV camera</h1><p><img src="/stream.jpg" alt="what the camera sees" width="320" height="240"></p>
<p><a href="/snapshot.jpg">one picture</a></p></body></html>
`

// Snapshot is a camera with pictures: a page at /, one JPEG at /snapshot.jpg, and
// a multipart/x-mixed-replace stream of them at /stream.jpg. It serves several
// connections at a time.
func Snapshot() Script {
	var frames atomic.Int64
	return Script{Name: "snapshot", Connections: snapshotConnections, Serve: func(s *Session) error {
		if err := s.Wrap(); err != nil {
			return err
		}
		request, err := s.ReadRequest()
		if err != nil {
			return err
		}
		switch path := requestPath(request); path {
		case "/":
			err = s.respond("200 OK", "text/html; charset=utf-8", []byte(snapshotPage))
		case "/snapshot.jpg":
			err = s.respond("200 OK", "image/jpeg", testPicture(frames.Add(1), time.Now()))
		case "/stream.jpg":
			err = s.stream(&frames)
		default:
			err = s.respond("404 Not Found", "text/plain; charset=utf-8", []byte("nothing here\n"))
		}
		if err != nil {
			return err
		}
		return s.Close()
	}}
}

// requestPath returns the path of "GET /path HTTP/1.0" without the query, "" for
// anything but a GET.
func requestPath(request []byte) string {
	fields := strings.Fields(string(request))
	if len(fields) < 2 || fields[0] != "GET" {
		return ""
	}
	path, _, _ := strings.Cut(fields[1], "?")
	return path
}

func (s *Session) respond(status, contentType string, body []byte) error {
	head := fmt.Sprintf("HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", status, contentType, len(body))
	_, err := s.Write(append([]byte(head), body...))
	return err
}

// stream sends pictures until the client is gone.
func (s *Session) stream(frames *atomic.Int64) error {
	head := "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=" + frameBoundary + "\r\n\r\n"
	if _, err := s.Write([]byte(head)); err != nil {
		return err
	}
	ticker := time.NewTicker(time.Second / framesPerSecond)
	defer ticker.Stop()
	for {
		picture := testPicture(frames.Add(1), time.Now())
		part := fmt.Sprintf("--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", frameBoundary, len(picture))
		if _, err := s.Write(append(append([]byte(part), picture...), "\r\n"...)); err != nil {
			return err
		}
		<-ticker.C
	}
}
