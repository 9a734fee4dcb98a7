package verdict

import (
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/trace"
)

var (
	helloRecord = append([]byte{22, 3, 1, 0, 4}, "hell"...)
	alertRecord = []byte{21, 3, 3, 0, 2, 2, 48}
	ccsRecord   = []byte{20, 3, 3, 0, 1, 1}
)

// seen returns the alert that a tap sees when the pieces arrive one after the other.
func seen(pieces ...[]byte) *trace.Alert {
	tap := &Tap{}
	c := &tapConn{Conn: addressed{}, tap: tap}
	for _, p := range pieces {
		c.look(p)
	}
	event := trace.Event{Remote: addressed{}.RemoteAddr().String()}
	tap.Complete(&event)
	return event.AlertReceived()
}

type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func TestAlertTap(t *testing.T) {
	whole := append(append([]byte{}, helloRecord...), alertRecord...)
	require.Equal(t, "fatal unknown_ca (48)", seen(whole).String())
	for cut := range whole {
		require.Equal(t, "fatal unknown_ca (48)", seen(whole[:cut], whole[cut:]).String(), "cut at %d", cut)
	}
	require.Nil(t, seen(helloRecord))
	require.Nil(t, seen(ccsRecord, alertRecord), "what is encrypted cannot be read")
	require.Nil(t, seen([]byte("GET / HTTP/1.1\r\n\r\n")))
}

// connected returns both ends of a connection over loopback.
func connected(t *testing.T) (client, server net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	server, err = l.Accept()
	require.NoError(t, err)
	return client, server
}

// TestAlertBeforeReset: the client's alert is seen although the camera's write fails.
func TestAlertBeforeReset(t *testing.T) {
	client, raw := connected(t)
	tap := &Tap{}
	server := tap.Conn(raw)
	_, err := server.Write([]byte("a flight that the client does not read"))
	require.NoError(t, err)
	_, err = client.Read(make([]byte, 1)) // it is there: closing with the rest unread resets
	require.NoError(t, err)
	_, err = client.Write(alertRecord)
	require.NoError(t, err)
	require.NoError(t, client.Close())
	require.Eventually(t, func() bool {
		_, err := server.Write([]byte("more"))
		return err != nil
	}, 5*time.Second, time.Millisecond)
	require.NoError(t, server.Close())
	require.Equal(t, uint8(48), tap.alerts[raw.RemoteAddr().String()].Description)
	_, err = raw.Read(make([]byte, 1))
	require.ErrorIs(t, err, net.ErrClosed)
	require.NotErrorIs(t, err, io.EOF)
}

// TestResetThroughTaps: what stands between the camera and the wire does not keep it from
// resetting a connection.
func TestResetThroughTaps(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"a tap":                  (&Tap{}).Conn,
		"a tap around something": func(c net.Conn) net.Conn { return (&Tap{}).Conn((&Tap{}).Conn(c)) },
	} {
		t.Run(name, func(t *testing.T) {
			client, raw := connected(t)
			server := wrap(raw)
			require.NoError(t, server.(interface{ SetLinger(int) error }).SetLinger(0))
			require.NoError(t, server.Close())
			_, err := client.Read(make([]byte, 1))
			require.ErrorIs(t, err, syscall.ECONNRESET)
		})
	}
}

// FuzzAlertTap: whatever comes over the wire, in whatever pieces, what is kept is bounded.
func FuzzAlertTap(f *testing.F) {
	f.Add(helloRecord, alertRecord)
	f.Add([]byte{21}, []byte{3, 3, 0, 2, 2, 48})
	f.Add([]byte{22, 3, 3, 255, 255}, make([]byte, 1000))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		c := &tapConn{Conn: addressed{}, tap: &Tap{}}
		c.look(first)
		c.look(second)
		if len(c.pending) > recordHeaderLen+1<<16 {
			t.Fatalf("%d octets are kept", len(c.pending))
		}
	})
}
