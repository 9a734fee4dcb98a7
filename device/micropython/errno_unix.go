//go:build !windows

package micropython

import (
	"errors"
	"syscall"
)

// errnoOf returns the errno that the camera would report for an error of a host
// socket. Numbers of hosts other than Linux are translated where they matter.
func errnoOf(err error) int {
	for _, known := range []struct {
		host   syscall.Errno
		camera int
	}{
		{syscall.ECONNRESET, ECONNRESET}, {syscall.EPIPE, EPIPE},
		{syscall.ECONNABORTED, ECONNABORTED}, {syscall.ETIMEDOUT, ETIMEDOUT},
	} {
		if errors.Is(err, known.host) {
			return known.camera
		}
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return int(errno)
	}
	return EIO
}
