package listening_test

import (
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/listening"
)

// script is a listener whose accepts end so, one after the other.
type script struct {
	net.Listener
	ends []error
}

func (s *script) Accept() (net.Conn, error) {
	err := s.ends[0]
	if len(s.ends) > 1 {
		s.ends = s.ends[1:]
	}
	if err != nil {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", err)}
	}
	client, server := net.Pipe()
	_ = client.Close()
	return server, nil
}

func (s *script) Close() error { return nil }

func TestShortages(t *testing.T) {
	for _, tc := range []struct {
		name string
		ends []error
		says []bool // whether connections are accepted
		ok   bool
	}{
		{"none", []error{nil}, nil, true},
		{"no descriptor, for a while", []error{syscall.EMFILE, syscall.EMFILE, syscall.EMFILE, nil}, []bool{false, true}, true},
		{"one after the other", []error{syscall.ENFILE, syscall.ENOBUFS, syscall.ECONNABORTED, nil}, []bool{false, true}, true},
		{"an error of the listener", []error{syscall.EBADF}, nil, false},
		{"a shortage, and then that", []error{syscall.ENOMEM, syscall.EINVAL}, []bool{false}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var says []bool
				l := listening.Keep(&script{ends: tc.ends}, func(err error) { says = append(says, err == nil) })
				_, err := l.Accept()
				require.Equal(t, tc.ok, err == nil, "%v", err)
				require.Equal(t, tc.says, says)
			})
		})
	}
}

// TestCloseWhileItWaits ends the wait at once.
func TestCloseWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listening.Keep(&script{ends: []error{syscall.EMFILE}}, nil)
		began := time.Now()
		time.AfterFunc(time.Minute+time.Millisecond, func() { _ = l.Close() })
		_, err := l.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		require.Equal(t, time.Minute+time.Millisecond, time.Since(began))
	})
}
