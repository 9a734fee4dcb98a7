package micropython

import (
	"errors"
	"syscall"
)

// errnoOf returns the errno that the camera would report for an error of a host
// socket: Winsock's numbers are translated where they matter.
func errnoOf(err error) int {
	const wsaConnAborted, wsaConnReset, wsaTimedOut = 10053, 10054, 10060
	var errno syscall.Errno
	if errors.As(err, &errno) {
		switch errno {
		case wsaConnReset, syscall.ECONNRESET:
			return ECONNRESET
		case wsaConnAborted:
			return ECONNABORTED
		case wsaTimedOut:
			return ETIMEDOUT
		case syscall.EPIPE:
			return EPIPE
		}
	}
	return EIO
}
