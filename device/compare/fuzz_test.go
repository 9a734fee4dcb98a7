package compare

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// FuzzAnswers lets a server answer anything to a probe: the comparison ends, and describes it.
func FuzzAnswers(f *testing.F) {
	camera, err := newTwin(nil)
	require.NoError(f, err)
	probe := Probes()[0]
	known, err := answers(camera, []Probe{probe})
	require.NoError(f, err)
	f.Add(recorded(f, camera, probe))
	for _, seed := range []string{
		"", "\x15\x03\x03\x00\x02\x02\x28", "\x16\x03\x03\x00\x04\x0e\x00\x00\x00", "HTTP/1.1 400 Bad Request\r\n\r\n",
		"\x16\x03\x03\x00\x0a\x0b\x00\x00\x06\x00\x00\x03\x00\x00\x00", "\x16\x03\x03\xff\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		synctest.Test(t, func(t *testing.T) {
			o := Options{Dial: func(context.Context) (wire.Conn, error) {
				client, server := wire.Pipe()
				go func() {
					_, _ = server.Write(answer)
					_ = server.Close()
				}()
				return client, nil
			}}
			chain, flight, err := greet(t.Context(), o, probe)
			require.NoError(t, err)
			_ = leafKey(chain)
			result, vector, err := camera.try(t.Context(), o, probe, flight, known)
			require.NoError(t, err)
			require.Equal(t, result.Answer, vector.Describe())
			report := &Report{Results: []Result{result}}
			report.compareWith(known)
			require.Len(t, report.Results[0].Matches, len(device.Firmwares()))
		})
	})
}

// recorded is what a camera answers to a probe, octet by octet.
func recorded(f *testing.F, t *twin, p Probe) []byte {
	f.Helper()
	c, err := t.context(device.OpenMV50)
	require.NoError(f, err)
	client, server := wire.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		device.NewCamera(device.CameraConfig{Context: c}).ServeConn(server)
	}()
	noted := &notedConn{Conn: client}
	wire.Replay(noted, p.sent(t.kind), p.replay(t, 0))
	<-ended
	return noted.octets
}

// notedConn keeps what was read.
type notedConn struct {
	wire.Conn
	octets []byte
}

func (c *notedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.octets = append(c.octets, p[:n]...)
	return n, err
}
