package device_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
)

// TestProgress: what is known of a connection is told while it is open.
func TestProgress(t *testing.T) {
	for _, script := range []device.Script{device.Hello("page\n"), device.Asyncio("page\n"), device.Snapshot()} {
		t.Run(script.Name, func(t *testing.T) {
			context, pool := selfSigned(t, "")
			steps := make(chan trace.Event, 10)
			camera, events := start(t, device.CameraConfig{Context: context, Script: script, OnProgress: func(e trace.Event) { steps <- e }})
			response, err := httpClient(pool).Get(urlOf(t, camera) + "stream.jpg")
			require.NoError(t, err)
			require.NoError(t, response.Body.Close()) // the stream would not end by itself
			last := <-events

			accepted, hello, shaken, asked := <-steps, <-steps, <-steps, <-steps
			require.Empty(t, steps)
			require.Nil(t, accepted.ClientHello)
			require.Equal(t, host, hello.ClientHello.ServerName)
			require.False(t, hello.Complete)
			require.True(t, shaken.Complete)
			require.NotNil(t, shaken.Chosen)
			require.Empty(t, shaken.Requests)
			require.Equal(t, "GET /stream.jpg HTTP/1.1", asked.Requests[0].Line)
			for _, e := range []trace.Event{accepted, hello, shaken, asked} {
				require.Equal(t, last.ID, e.ID)
				require.Equal(t, last.Remote, e.Remote)
				require.LessOrEqual(t, e.Duration, last.Duration)
			}
		})
	}
}

// TestConnectionsAndMemory: what a camera has in use can be asked at any moment.
func TestConnectionsAndMemory(t *testing.T) {
	board, err := device.BoardByName("OPENMV4")
	require.NoError(t, err)
	context, err := device.NewSSLContextOn(board, device.OpenMV50)
	require.NoError(t, err)
	camera, _ := start(t, device.CameraConfig{Context: context})
	before, total := context.Memory()
	require.Positive(t, before)
	require.Greater(t, total, before)

	dial(t, camera)
	dial(t, camera)
	require.Eventually(t, func() bool {
		serving, waiting, stalled := camera.Connections()
		used, _ := context.Memory()
		return serving == 1 && waiting == 1 && stalled == 0 && used > before
	}, 5*time.Second, time.Millisecond)
	require.NoError(t, camera.Close())
	after, _ := context.Memory()
	require.Equal(t, before, after)

	used, total := device.NewSSLContext(device.OpenMV50).Memory()
	require.Zero(t, used+total, "without a board nothing is counted")
}
