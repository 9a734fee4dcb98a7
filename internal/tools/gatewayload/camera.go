package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device"
)

// What the camera sends.
const (
	frameEvery  = 100 * time.Millisecond
	frameOctets = 8 << 10
	streamHead  = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
)

// testingCamera serves small pages and a stream, and has a path for everything that a camera can do wrong.
func testingCamera() device.Script {
	return device.Script{Name: "testing", Connections: 4, Serve: func(s *device.Session) error {
		if err := s.Wrap(); err != nil {
			return err
		}
		request, err := s.ReadRequest()
		if err != nil {
			return err
		}
		if err := answer(s, string(request)); err != nil {
			return err
		}
		return s.Close()
	}}
}

// answer answers one request.
func answer(s *device.Session, request string) error {
	path := ""
	if fields := strings.Fields(request); len(fields) > 1 {
		path, _, _ = strings.Cut(fields[1], "?")
	}
	switch path {
	case "/stream.jpg":
		return repeat(s, streamHead, fmt.Sprintf("--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n",
			frameOctets, bytes.Repeat([]byte("p"), frameOctets)))
	case "/parts": // a stream in which no frame is ever whole
		return repeat(s, streamHead, "--b\r\nContent-Length: 5\r\n\r\nabc\r\n--b\r\n")
	case "/hints": // an answer that never begins
		return repeat(s, "", "HTTP/1.1 103 Early Hints\r\n\r\n")
	case "/hang":
		_, err := s.Readline()
		return err
	case "/socket":
		if _, err := s.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")); err != nil {
			return err
		}
		_, err := s.Readline()
		return err
	default:
		_, err := s.Write([]byte("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"))
		return err
	}
}

// repeat sends a text again and again, until the client is gone.
func repeat(s *device.Session, head, text string) error {
	if _, err := s.Write([]byte(head)); err != nil {
		return err
	}
	ticker := time.NewTicker(frameEvery)
	defer ticker.Stop()
	for {
		if _, err := s.Write([]byte(text)); err != nil {
			return err
		}
		<-ticker.C
	}
}
