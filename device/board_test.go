package device_test

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/internal/nearest"
)

// onBoard returns a context on a board, with a P-256 pair.
func onBoard(t testing.TB, name string) *device.SSLContext {
	board, err := device.BoardByName(name)
	require.NoError(t, err)
	context, err := device.NewSSLContextOn(board, device.OpenMV50)
	require.NoError(t, err)
	pair := sizedPairOf(t, "P-256")
	require.NoError(t, context.LoadCertChain(pair.cert, pair.key))
	return context
}

// TestEveryBoardServes: also the smallest one has room for a connection, but not for
// one with a large RSA key.
func TestEveryBoardServes(t *testing.T) {
	for _, board := range device.Boards() {
		t.Run(board.Name, func(t *testing.T) {
			require.NotZero(t, board.Fit(device.OpenMV50, device.KeySize{Bits: 256}))
			camera, events := start(t, device.CameraConfig{Context: onBoard(t, board.Name)})
			client := tls.Client(dial(t, camera), anyone)
			_, err := client.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
			require.NoError(t, err)
			page, _ := io.ReadAll(client)
			require.Contains(t, string(page), device.DefaultBody)
			require.NoError(t, (<-events).Exception)
		})
	}
	small, err := device.BoardByName("openmv2")
	require.NoError(t, err)
	require.Zero(t, small.Fit(device.OpenMV50, device.KeySize{RSA: true, Bits: 4096}))
}

// TestBoardByName: a board is known by its build, its title and what people call it, in any case.
func TestBoardByName(t *testing.T) {
	for name, want := range map[string]string{
		"RPI_PICO_W": "RPI_PICO_W", "rpi-pico-w": "RPI_PICO_W", "pico-w": "RPI_PICO_W", "PICO W": "RPI_PICO_W",
		"Raspberry Pi Pico W": "RPI_PICO_W",
		"pico-2-w":            "RPI_PICO2_W", "OPENMV4P": "OPENMV4P", "OpenMV-H7-Plus": "OPENMV4P",
		"openmv-h7": "OPENMV4", "openmv-m7": "OPENMV3",
		"openmv-m4": "OPENMV2", "openmv-rt1062": "OPENMV_RT1060", "openmv-n6": "OPENMV_N6", "openmv-ae3": "OPENMV_AE3",
		"openmv-pure-thermal": "OPENMVPT",
		"portenta-h7":         "ARDUINO_PORTENTA_H7", "giga": "ARDUINO_GIGA", "nicla-vision": "ARDUINO_NICLA_VISION",
		"portenta-h7-micropython": "MICROPYTHON_PORTENTA_H7", "teensy-4.1": "TEENSY41", "pyboard-d": "PYBD_SF2", "nucleo-f767zi": "NUCLEO_F767ZI",
		"esp32": "ESP32_GENERIC", "esp32-s3": "ESP32_GENERIC_S3", "ESP32_GENERIC_S3-SPIRAM_OCT": "ESP32_GENERIC_S3-SPIRAM_OCT",
	} {
		board, err := device.BoardByName(name)
		require.NoError(t, err, name)
		require.Equal(t, want, board.Name, name)
	}
	for name, want := range map[string]string{
		"pico-v": `unknown board "pico-v"; did you mean pico-w, pico-2-w?`,
		"none":   `unknown board "none"; known: OPENMV2, OPENMV3, `,
		"":       `unknown board ""; known: OPENMV2, OPENMV3, `,
	} {
		_, err := device.BoardByName(name)
		require.ErrorContains(t, err, want)
	}
}

// TestBoardsAreWhole: no two boards share a name, and what is said of each can be used.
func TestBoardsAreWhole(t *testing.T) {
	named := map[string]string{}
	for _, board := range device.Boards() {
		for _, name := range append([]string{board.Name, board.Title}, board.Aliases...) {
			plain := nearest.Plain(name)
			require.True(t, named[plain] == "" || named[plain] == board.Name, "%s and %s are called %s", named[plain], board.Name, name)
			named[plain] = board.Name
		}
		require.Contains(t, []device.Project{device.OpenMV, device.MicroPython}, board.Project, board.Name)
		require.Positive(t, board.MHz, board.Name)
		require.Positive(t, board.Network.Connections, board.Name)
		require.False(t, board.Unset.Before(board.Epoch), board.Name)
		firmware, err := device.FirmwareByName(board.Firmware)
		require.NoError(t, err, board.Name)
		require.NoError(t, firmware.Validate(), board.Name)
	}
}

// TestMemoryThatIsNotModelled: the network's sockets are the only limit.
func TestMemoryThatIsNotModelled(t *testing.T) {
	board, err := device.BoardByName("esp32")
	require.NoError(t, err)
	require.Equal(t, -1, board.Fit(device.OpenMV50, device.KeySize{RSA: true, Bits: 4096}))
	context := onBoard(t, "esp32")
	require.Equal(t, -1, context.Fit())
	used, total := context.Memory()
	require.Zero(t, used)
	require.Zero(t, total)
	camera, _ := start(t, device.CameraConfig{Context: context, Script: device.Asyncio("page")})
	for range board.Network.Connections {
		require.NoError(t, tls.Client(dial(t, camera), anyone).Handshake())
	}
}

// TestNoSocketLeft: five connections are served, the sixth waits for one of them to end.
func TestNoSocketLeft(t *testing.T) {
	stalled := make(chan net.Addr, 1)
	camera, events := start(t, device.CameraConfig{
		Context: onBoard(t, "OPENMV_N6"), Script: device.Asyncio("page"),
		OnStall: func(remote net.Addr) { stalled <- remote },
	})
	var clients []*tls.Conn
	for range 5 {
		client := tls.Client(dial(t, camera), anyone)
		require.NoError(t, client.Handshake())
		clients = append(clients, client)
	}
	sixth := dial(t, camera)
	require.Equal(t, sixth.LocalAddr().String(), (<-stalled).String())
	answered := make(chan error, 1)
	go func() { answered <- tls.Client(sixth, anyone).Handshake() }()
	select {
	case err := <-answered:
		require.Fail(t, "served at once", "%v", err)
	case <-time.After(200 * time.Millisecond):
	}
	require.NoError(t, clients[0].NetConn().Close())
	<-events
	require.NoError(t, <-answered)
}

// TestMemoryBeforeSockets: a board whose memory ends first refuses with ENOMEM.
func TestMemoryBeforeSockets(t *testing.T) {
	camera, events := start(t, device.CameraConfig{Context: onBoard(t, "OPENMV3"), Script: device.Asyncio("page")})
	require.NoError(t, tls.Client(dial(t, camera), anyone).Handshake())
	err := tls.Client(dial(t, camera), anyone).Handshake()
	require.Error(t, err)
	require.EqualError(t, (<-events).Exception, "OSError: [Errno 12] ENOMEM")
}

// TestLwIPHasNoEPIPE: writing to a client that is gone is ECONNRESET on lwIP.
func TestLwIPHasNoEPIPE(t *testing.T) {
	for name, want := range map[string]string{
		"OPENMV4P":  "OSError: 32",
		"OPENMV_N6": "OSError: [Errno 104] ECONNRESET",
	} {
		client, server := wire.Pipe()
		go tls.Client(client, anyone).Handshake()
		socket, err := onBoard(t, name).WrapSocket(brokenPipe{server})
		require.NoError(t, err)
		broken := socket
		_, err = broken.Write([]byte("lost"))
		require.NoError(t, err)
		client.Close()
		require.Eventually(t, func() bool { _, err = broken.Write([]byte("lost")); return err != nil }, time.Second, time.Millisecond)
		require.EqualError(t, err, want)
		_, err = broken.Write([]byte("lost"))
		require.EqualError(t, err, want, "raised again")
	}
}

// brokenPipe fails as Linux does when the client is gone.
type brokenPipe struct{ net.Conn }

func (c brokenPipe) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil {
		err = os.NewSyscallError("write", syscall.EPIPE)
	}
	return n, err
}

// TestClockOfABoard: its epoch is its port's, and so is what it says when nobody sets it.
func TestClockOfABoard(t *testing.T) {
	for name, years := range map[string]struct{ epoch, unset int }{
		"OPENMV4P": {2000, 2015}, "OPENMV_RT1060": {1970, 2013}, "OPENMV_AE3": {1970, 1970}, "pico-w": {1970, 2021}, "esp32": {1970, 2000},
	} {
		context := onBoard(t, name)
		require.Equal(t, years.epoch, context.Epoch().Year(), name)
		require.Equal(t, years.unset, context.Unset().Year(), name)
	}
	require.Equal(t, device.OpenMV50.Epoch, device.NewSSLContext(device.OpenMV50).Unset())
	require.Equal(t, 2000, device.NewSSLContext(device.ESP32).Unset().Year(), "though its TLS counts from 1970")
}

// TestDelays: the time of each preset passes before the client has its answers.
func TestDelays(t *testing.T) {
	for _, row := range []struct {
		delay, kind string
		suite       uint16
		want        time.Duration
	}{
		{"480mhz", "P-256", tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 455 * time.Millisecond},
		{"600mhz", "P-384", tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 938 * time.Millisecond},
		{"400mhz", "P-521", tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 1407 * time.Millisecond},
		{"480mhz", "RSA-2048", tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 625 * time.Millisecond},
		{"480mhz", "RSA-2048", tls.TLS_RSA_WITH_AES_128_GCM_SHA256, 225 * time.Millisecond},
		{"216mhz", "RSA-2048", tls.TLS_RSA_WITH_AES_128_GCM_SHA256, 500 * time.Millisecond},
		{"400mhz-first", "RSA-2048", tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 1329 * time.Millisecond},
		{"600mhz-first", "P-256", tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 838 * time.Millisecond},
		{"600mhz-first", "P-384", tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 1512 * time.Millisecond},
		{"400mhz-first", "RSA-2048", tls.TLS_RSA_WITH_AES_128_GCM_SHA256, 351 * time.Millisecond},
	} {
		t.Run(row.delay+"/"+row.kind+"/"+tls.CipherSuiteName(row.suite), func(t *testing.T) {
			delay, err := device.DelayByName(row.delay)
			require.NoError(t, err)
			require.NotEmpty(t, delay.Source)
			pair := sizedPairOf(t, row.kind)
			context := device.NewSSLContext(device.OpenMV50)
			require.NoError(t, context.LoadCertChain(pair.cert, pair.key))
			config := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{row.suite}}
			synctest.Test(t, func(t *testing.T) {
				client, server := wire.Pipe()
				camera := device.NewCamera(device.CameraConfig{Context: context, Delay: delay})
				ended := make(chan trace.Event, 1)
				go func() { ended <- camera.ServeConn(server) }()
				began := time.Now()
				require.NoError(t, tls.Client(client, config).Handshake())
				require.InDelta(t, row.want, time.Since(began), 2, "but for the rounding of two halves")
				client.CloseWrite()
				<-ended
			})
		})
	}
	_, err := device.DelayByName("fast")
	require.EqualError(t, err,
		`unknown delay "fast"; known: 216mhz, 216mhz-first, 400mhz, 400mhz-first, 480mhz, 480mhz-first, 600mhz, 600mhz-first`)
}

// TestDelayEndsWithTheCamera: closing does not wait for a computation.
func TestDelayEndsWithTheCamera(t *testing.T) {
	delay, err := device.DelayByName("216mhz")
	require.NoError(t, err)
	pair := sizedPairOf(t, "RSA-2048")
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(pair.cert, pair.key))
	synctest.Test(t, func(t *testing.T) {
		client, server := wire.Pipe()
		camera := device.NewCamera(device.CameraConfig{Context: context, Delay: delay})
		ended := make(chan trace.Event, 1)
		go func() { ended <- camera.ServeConn(server) }()
		go tls.Client(client, anyone).Handshake()
		time.Sleep(100 * time.Millisecond) // in the middle of the first half, virtually
		began := time.Now()
		require.NoError(t, camera.Close())
		client.CloseWrite()
		<-ended
		require.Zero(t, time.Since(began))
	})
}
