package wire_test

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/device/wire"
)

// The recordings of microdot: what a client did, and what it got.
type (
	microdotHead struct {
		Profile  string `json:"profile"`
		Microdot string `json:"microdot"`
		Cert     []byte `json:"cert_der_b64"`
		Key      []byte `json:"key_der_b64"`
	}
	microdotVector struct {
		Name      string         `json:"name"`
		Body      string         `json:"body"` // of the page
		Steps     []microdotStep `json:"steps"`
		Octets    wire.Octets    `json:"octets_hex"` // instead of records, where there was no handshake
		Meanwhile *microdotGot   `json:"meanwhile"`
		Printed   []string       `json:"printed"` // last lines of tracebacks, also those after the client has gone
		microdotGot
	}
	microdotGot struct {
		Records []wire.Octets `json:"records_hex"`
		End     string        `json:"end"`
	}
	// A microdotStep is one of its fields.
	microdotStep struct {
		Send      *wire.Octets `json:"send_hex"`
		Raw       *wire.Octets `json:"raw_hex"`       // in the place of a handshake
		Meanwhile *wire.Octets `json:"meanwhile_hex"` // by another client, which comes and goes
		End       string       `json:"end"`           // "fin" or "close_notify"
	}
)

// TestMicrodot repeats what clients did to microdot on the real stack: each record has to be the same.
func TestMicrodot(t *testing.T) {
	head, vectors, err := wire.ReadVectors[microdotHead, microdotVector](filepath.Join("testdata", "microdot_openmv-5.0.jsonl.gz"))
	require.NoError(t, err)
	require.Len(t, vectors, 188)
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(head.Cert, head.Key))
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { repeatMicrodot(t, context, v) }) })
	}
}

func repeatMicrodot(t *testing.T, context *device.SSLContext, v microdotVector) {
	camera := device.NewCamera(device.CameraConfig{Context: context, Script: device.Microdot(v.Body)})
	var serving sync.WaitGroup
	defer serving.Wait()
	connect := func(ended func(trace.Event)) (*wire.PipeConn, *wire.PipeConn) {
		client, server := wire.Pipe()
		serving.Go(func() { ended(camera.ServeConn(server)) })
		return client, server
	}
	var event *trace.Event // once the script is done
	conn, server := connect(func(e trace.Event) { event = &e })
	defer conn.Close()
	var client *wire.Client
	if len(v.Steps) == 0 || v.Steps[0].Raw == nil {
		client = shaken(t, conn)
	}
	for _, s := range v.Steps {
		synctest.Wait() // until the camera has read what came before
		switch {
		case s.Send != nil:
			sendData(client, *s.Send)
		case s.Raw != nil:
			_, err := conn.Write(*s.Raw)
			require.NoError(t, err)
		case s.Meanwhile != nil:
			other, _ := connect(func(trace.Event) {})
			another := shaken(t, other)
			sendData(another, *s.Meanwhile)
			require.Equal(t, *v.Meanwhile, received(another))
			require.NoError(t, other.Close())
		case s.End == "fin":
			require.NoError(t, conn.CloseWrite())
		case s.End == "close_notify":
			client.Send(client.Sealed(wire.Alert, wire.VersionTLS12, []byte{1, 0}))
		}
	}
	if client != nil {
		require.Equal(t, v.microdotGot, received(client))
	} else {
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Second)))
		got, err := io.ReadAll(conn)
		require.Equal(t, []byte(v.Octets), append([]byte{}, got...))
		require.True(t, wire.IsTimeout(err), "still open")
	}
	synctest.Wait()
	waits := event == nil
	require.NoError(t, conn.CloseWrite()) // as the recorded client left
	synctest.Wait()
	require.NotNil(t, event)
	require.Equal(t, uncaught(v.Printed), exceptionLine(*event))
	if v.End == wire.EndOpen && !waits {
		require.True(t, event.LeftOpen)
	}
	if event.LeftOpen {
		require.NoError(t, server.Close())
	}
}

// shaken returns a client whose handshake is complete.
func shaken(t *testing.T, conn *wire.PipeConn) *wire.Client {
	const suite = 0xc02b
	client, err := wire.NewClient(conn, suite)
	require.NoError(t, err)
	require.NoError(t, client.Start())
	require.NoError(t, client.Complete())
	return client
}

// sendData sends data in as few records as there can be.
func sendData(client *wire.Client, data []byte) {
	const most = 16 << 10
	for len(data) > most {
		client.Send(client.Data(data[:most]))
		data = data[most:]
	}
	client.Send(client.Data(data))
}

// received returns the records that come until the end, or until none comes.
func received(client *wire.Client) (got microdotGot) {
	got.Records, got.End = []wire.Octets{}, wire.EndOpen
	for {
		_, content, err := client.Read(time.Second)
		switch {
		case err == nil:
			got.Records = append(got.Records, bytes.Clone(content))
		case wire.IsTimeout(err):
			return got
		default:
			got.End = wire.EndClosed
			return got
		}
	}
}

// uncaught returns the exception that ended the script: microdot prints others, and goes on.
func uncaught(printed []string) string {
	if last := len(printed) - 1; last > 0 && strings.HasPrefix(printed[last-1], "Task exception wasn't retrieved") {
		return printed[last]
	}
	return ""
}
