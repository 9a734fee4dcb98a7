package device

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ahead returns the two ends of a connection, of which the second has a lookahead.
func ahead(t testing.TB) (near *net.TCPConn, far *lookahead) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	dialed, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { dialed.Close() })
	accepted, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { accepted.Close() })
	return dialed.(*net.TCPConn), lookAhead(accepted).(*lookahead)
}

// patterned returns octets that differ from their neighbours.
func patterned(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i ^ i>>8)
	}
	return data
}

// TestLookaheadReadsEverything in its order, however it comes and however it is read.
func TestLookaheadReadsEverything(t *testing.T) {
	for seed := range uint64(30) {
		near, far := ahead(t)
		rng := rand.New(rand.NewPCG(seed, 0))
		want := patterned(100 << 10)
		go func() {
			rng := rand.New(rand.NewPCG(seed, 1))
			for rest := want; len(rest) > 0; {
				n := 1 + rng.IntN(min(len(rest), 1<<rng.IntN(14)))
				_, _ = near.Write(rest[:n])
				rest = rest[n:]
			}
			near.CloseWrite()
		}()
		var got []byte
		for {
			buf := make([]byte, rng.IntN(1<<rng.IntN(15)))
			n, err := far.Read(buf)
			got = append(got, buf[:n]...)
			if rng.IntN(10) == 0 { // somebody else reads on
				far.giveBack()
				n, _ := far.TCPConn.Read(buf)
				got = append(got, buf[:n]...)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		require.Equal(t, string(want), string(got))
	}
}

// TestLookaheadReadsAsMuch: a read returns what it would return without a lookahead, so that nobody above
// can tell.
func TestLookaheadReadsAsMuch(t *testing.T) {
	for name, tc := range map[string]struct{ come, first, then, want int }{
		"a part of what came":           {100, 5, 10, 10},
		"all that is left":              {100, 5, 95, 95},
		"more than is left":             {100, 5, 200, 95},
		"more than was looked at":       {10000, 5, 9000, 9000},
		"more than was looked at, all":  {10000, 5, 20000, 9995},
		"as much as is looked at":       {10000, 4096, 4096, 4096},
		"an octet less":                 {10000, 4095, 4095, 4095},
		"over the end of what was seen": {10000, 4095, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := ahead(t)
			want := patterned(tc.come)
			_, err := near.Write(want)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return queued(t, far) == tc.come }, 10*time.Second, time.Millisecond)
			first := make([]byte, tc.first)
			n, err := far.Read(first)
			require.NoError(t, err)
			require.Equal(t, tc.first, n)
			then := make([]byte, tc.then)
			n, err = far.Read(then)
			require.NoError(t, err)
			require.Equal(t, tc.want, n)
			require.Equal(t, string(want[:tc.first+n]), string(first)+string(then[:n]))
		})
	}
}

// queued returns how many octets the kernel has for the connection.
func queued(t testing.TB, c *lookahead) (n int) {
	require.NoError(t, c.raw.Control(func(fd uintptr) {
		n, _, _ = syscall.Recvfrom(int(fd), make([]byte, 64<<10), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	}))
	return max(n, 0)
}

// TestLookaheadQueue: the kernel has nothing when everything was read, and something while anything is unread,
// at any moment.
func TestLookaheadQueue(t *testing.T) {
	near, far := ahead(t)
	_, err := near.Write(patterned(100))
	require.NoError(t, err)
	for unread := 99; unread >= 0; unread-- {
		_, err := io.ReadFull(far, make([]byte, 1))
		require.NoError(t, err)
		require.Equal(t, unread > 0, queued(t, far) > 0)
	}
	_, err = near.Write(patterned(100))
	require.NoError(t, err)
	_, err = io.ReadFull(far, make([]byte, 40))
	require.NoError(t, err)
	far.giveBack()
	require.Equal(t, 60, queued(t, far))
	far.giveBack()
	require.Equal(t, 60, queued(t, far))
}

// TestLookaheadFails as the connection itself does.
func TestLookaheadFails(t *testing.T) {
	for name, tc := range map[string]struct {
		happens func(near *net.TCPConn, far *lookahead)
		want    error
	}{
		"the client ends":   {func(near *net.TCPConn, _ *lookahead) { near.CloseWrite() }, io.EOF},
		"the client resets": {func(near *net.TCPConn, _ *lookahead) { near.SetLinger(0); near.Close() }, syscall.ECONNRESET},
		"a deadline passes": {func(_ *net.TCPConn, far *lookahead) {
			far.SetReadDeadline(time.Now().Add(time.Millisecond))
		}, os.ErrDeadlineExceeded},
		"it is closed":                {func(_ *net.TCPConn, far *lookahead) { far.Close() }, net.ErrClosed},
		"it is closed for reading":    {func(_ *net.TCPConn, far *lookahead) { far.CloseRead() }, io.EOF},
		"the client ends behind data": {func(near *net.TCPConn, _ *lookahead) { near.Write([]byte("data")); near.CloseWrite() }, io.EOF},
		"the client resets behind data": {func(near *net.TCPConn, _ *lookahead) {
			near.Write([]byte("data"))
			near.SetLinger(0)
			near.Close()
		}, syscall.ECONNRESET},
	} {
		t.Run(name, func(t *testing.T) {
			var texts [2]string
			for i := range texts { // with a lookahead, and without one
				near, far := ahead(t)
				read := far.Read
				if i == 1 {
					read = far.TCPConn.Read
				}
				tc.happens(near, far)
				var err error
				var got []byte
				for err == nil {
					var n int
					buf := make([]byte, 3)
					n, err = read(buf)
					got = append(got, buf[:n]...)
				}
				require.ErrorIs(t, err, tc.want)
				if strings.Contains(name, "data") {
					require.Equal(t, "data", string(got))
				}
				var op *net.OpError
				if errors.As(err, &op) {
					require.Equal(t, "read", op.Op)
					require.Equal(t, far.LocalAddr().String(), op.Source.String())
					require.Equal(t, far.RemoteAddr().String(), op.Addr.String())
					texts[i] = op.Net + " " + op.Err.Error()
				}
			}
			require.Equal(t, texts[1], texts[0])
		})
	}
}

// TestLookaheadWaits for what comes, until it is closed.
func TestLookaheadWaits(t *testing.T) {
	near, far := ahead(t)
	type result struct {
		n   int
		err error
	}
	results := make(chan result)
	read := func() {
		n, err := far.Read(make([]byte, 10))
		results <- result{n, err}
	}
	go read()
	_, err := near.Write([]byte("abc"))
	require.NoError(t, err)
	require.Equal(t, result{3, nil}, <-results)
	go read()
	require.NoError(t, far.Close())
	require.ErrorIs(t, (<-results).err, net.ErrClosed)
}

// TestLookaheadIsCopied: io.Copy does not read behind its back.
func TestLookaheadIsCopied(t *testing.T) {
	near, far := ahead(t)
	_, err := io.WriteString(near, "one two")
	require.NoError(t, err)
	require.NoError(t, near.CloseWrite())
	_, err = io.ReadFull(far, make([]byte, 4))
	require.NoError(t, err)
	var rest strings.Builder
	_, err = io.Copy(&rest, far)
	require.NoError(t, err)
	require.Equal(t, "two", rest.String())
}
