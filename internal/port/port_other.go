//go:build !linux

package port

import (
	"fmt"
	"net"
)

// Hold returns a port that was free a moment ago.
func Hold() (*Held, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Held{l.Addr().(*net.TCPAddr).Port, func() error { return nil }}, l.Close()
}

// Listening reports whether somebody listens on a port. A program that begins to listen just then fails.
func Listening(number int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", number))
	if err != nil {
		return true
	}
	_ = l.Close()
	return false
}
