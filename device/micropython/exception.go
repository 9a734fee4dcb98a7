package micropython

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// MbedTLSError is the error of Mbed TLS inside an exception: errors.As finds it in
// an [OSError], and in a [ValueError] that a loader raised.
type MbedTLSError = mbedtls.Error

// An OSError is MicroPython's OSError. It carries an error of Mbed TLS or a plain
// errno of the camera (CAMERA.md section 7).
type OSError struct {
	Errno   int           // as MicroPython numbers it, on any host; 0 when MbedTLS is set
	MbedTLS *MbedTLSError // nil for a plain errno
	Bare    bool          // it is the negative number alone, without a name
	cause   error         // of the host, if any
}

// errnoNames is MicroPython's own table; other numbers print bare.
var errnoNames = map[int]string{
	1: "EPERM", 2: "ENOENT", 5: "EIO", 9: "EBADF", 11: "EAGAIN", 12: "ENOMEM", 13: "EACCES",
	17: "EEXIST", 19: "ENODEV", 21: "EISDIR", 22: "EINVAL", 95: "EOPNOTSUPP", 98: "EADDRINUSE",
	103: "ECONNABORTED", 104: "ECONNRESET", 105: "ENOBUFS", 107: "ENOTCONN", 110: "ETIMEDOUT",
	111: "ECONNREFUSED", 113: "EHOSTUNREACH", 114: "EALREADY", 115: "EINPROGRESS",
}

// number returns the error as the stack's functions return it.
func (e *OSError) number() int {
	if e.MbedTLS != nil {
		return e.MbedTLS.Code
	}
	return -e.Errno
}

// Error returns the last line of the traceback.
func (e *OSError) Error() string {
	if e.Bare {
		return fmt.Sprintf("OSError: %d", e.number())
	}
	if e.MbedTLS != nil {
		return fmt.Sprintf("OSError: (%d, '%s')", e.MbedTLS.Code, e.MbedTLS.Name)
	}
	if name, ok := errnoNames[e.Errno]; ok {
		return fmt.Sprintf("OSError: [Errno %d] %s", e.Errno, name)
	}
	return fmt.Sprintf("OSError: %d", e.Errno)
}

// Unwrap returns the error of Mbed TLS, the error of the host and the sentinel, as far as there are any.
func (e *OSError) Unwrap() []error {
	var errs []error
	if e.MbedTLS != nil {
		errs = append(errs, e.MbedTLS)
	}
	if e.cause != nil {
		errs = append(errs, e.cause)
	}
	switch {
	case e.Errno == ENOMEM, e.has(mbedtls.ErrRSAPrivateAlloc), errors.Is(e.cause, mbedtls.ErrMPIAlloc):
		errs = append(errs, ErrNoMemory)
	case e.has(mbedtls.ErrNoClientCertificate):
		errs = append(errs, ErrNoClientCertificate)
	case e.has(mbedtls.ErrHandshakeFailure), e.has(mbedtls.ErrNoCipherChosen), e.has(mbedtls.ErrNoUsableSuite):
		errs = append(errs, ErrEnded, ErrHandshake)
	case e.MbedTLS != nil && e.cause == nil && !e.has(mbedtls.ErrConnEOF) && !e.has(mbedtls.ErrFatalAlertMessage) &&
		!e.has(mbedtls.ErrPeerCloseNotify):
		errs = append(errs, ErrEnded)
	}
	return errs
}

// has reports whether the exception carries an error of Mbed TLS, which its code identifies.
func (e *OSError) has(err *MbedTLSError) bool { return e.MbedTLS != nil && e.MbedTLS.Code == err.Code }

// With returns the same exception with another errno.
func (e *OSError) With(errno int) *OSError { return &OSError{Errno: errno, cause: e.cause} }

// Timeout reports whether a deadline or the script's timeout passed (net.Error).
func (e *OSError) Timeout() bool { return e.Errno == ETIMEDOUT }

// Temporary is Timeout; it completes net.Error.
func (e *OSError) Temporary() bool { return e.Timeout() }

// A ValueError is MicroPython's ValueError, raised by the loaders, and for a client's
// certificate that does not verify.
type ValueError struct {
	Message string
	kind    error // what errors.Is finds; nil for messages without a sentinel
	cause   error
}

// What the loaders raise as [ValueError] (CAMERA.md section 1): errors.Is finds them.
var (
	ErrInvalidKey = errors.New("invalid key") // the key, which is read first
	// ErrInvalidCert is the certificate. A connection raises it, too, for one of a client with an odd IP address.
	ErrInvalidCert = errors.New("invalid cert")
)

// What exceptions of a connection mean (CAMERA.md sections 6 and 8): errors.Is finds them.
var (
	// ErrNoMemory is a MemoryError, and an OSError when an allocation of the stack has failed.
	ErrNoMemory = errors.New("no memory left")
	// ErrNoClientCertificate is an OSError: the client sent no certificate of its own, and the camera
	// requires one.
	ErrNoClientCertificate = errors.New("no client certificate")
	// ErrEnded is an OSError: the camera ended the connection, and not the client.
	ErrEnded = errors.New("ended by the camera")
	// ErrHandshake is an ErrEnded: the handshake found nothing in common.
	ErrHandshake = errors.New("handshake failure")
)

// Error returns the last line of the traceback.
func (e *ValueError) Error() string { return "ValueError: " + e.Message }

// Unwrap returns the error of Mbed TLS behind it, and the sentinel, as far as there are any.
func (e *ValueError) Unwrap() (errs []error) {
	for _, err := range []error{e.cause, e.kind} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// A TypeError is MicroPython's TypeError, raised by a script.
type TypeError struct{ Message string }

// Error returns the last line of the traceback.
func (e *TypeError) Error() string { return "TypeError: " + e.Message }

// A MemoryError is MicroPython's MemoryError.
type MemoryError struct {
	Allocating int // octets
}

// Error returns the last line of the traceback.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("MemoryError: memory allocation failed, allocating %d bytes", e.Allocating)
}

// Unwrap returns [ErrNoMemory].
func (e *MemoryError) Unwrap() error { return ErrNoMemory }

// Errno values of MicroPython, which are Linux's.
const (
	ENOENT       = 2
	EIO          = 5
	ENOMEM       = 12
	EACCES       = 13
	EISDIR       = 21
	EPIPE        = 32
	ECONNABORTED = 103
	ECONNRESET   = 104
	ETIMEDOUT    = 110
)

// ErrNone is what a read returns where MicroPython's read returns None: the client
// sent a no_renegotiation warning. Reading can go on.
var ErrNone = errors.New("None")

// Raised turns an error of the engine or of the transport into the exception
// that MicroPython raises (CAMERA.md section 7, special mapping).
func Raised(err error) error {
	var tlsErr *mbedtls.Error
	var verifyErr *mbedtls.VerifyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &verifyErr):
		return &ValueError{Message: verifyErr.Error(), cause: verifyErr}
	case errors.As(err, &tlsErr):
		switch tlsErr {
		case mbedtls.ErrPKBadInputData:
			return &ValueError{ErrInvalidKey.Error(), ErrInvalidKey, tlsErr}
		case mbedtls.ErrX509BadInputData:
			return &ValueError{ErrInvalidCert.Error(), ErrInvalidCert, tlsErr}
		}
		if tlsErr.Code > -256 {
			return &OSError{Errno: -tlsErr.Code, cause: tlsErr} // taken for an errno
		}
		return &OSError{MbedTLS: tlsErr}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &OSError{Errno: ETIMEDOUT, cause: err}
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return ErrClosed
	}
	return &OSError{Errno: errnoOf(err), cause: err}
}

// ErrClosed is what using a closed socket raises (CAMERA.md section 5.3).
var ErrClosed = &OSError{MbedTLS: mbedtls.ErrBadInputData, cause: net.ErrClosed}

// RaisedByFile is the exception for a file that could not be read.
func RaisedByFile(err error) error {
	e := &OSError{Errno: EIO, cause: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Errno = ENOENT
	case errors.Is(err, fs.ErrPermission):
		e.Errno = EACCES
	case isDirectory(err):
		e.Errno = EISDIR
	}
	return e
}

func isDirectory(err error) bool {
	var pathErr *fs.PathError
	if !errors.As(err, &pathErr) {
		return false
	}
	info, statErr := os.Stat(pathErr.Path)
	return statErr == nil && info.IsDir()
}
