package wire_test

import (
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/internal/race"
)

// serve runs the documented server on the server end of a pipe and returns the
// client end and the event to come.
func serve(context *device.SSLContext, script device.Script) (*wire.PipeConn, <-chan trace.Event) {
	client, server := wire.Pipe()
	events := make(chan trace.Event, 1)
	camera := device.NewCamera(device.CameraConfig{Context: context, Script: script})
	go func() {
		event := camera.ServeConn(server)
		if event.LeftOpen {
			server.Leave()
		}
		events <- event
	}()
	return client, events
}

func exceptionLine(e trace.Event) string {
	if e.Exception == nil {
		return ""
	}
	return e.Exception.Error()
}

// recordings returns the names of the recordings of every firmware.
func recordings(kinds ...string) (names []string) {
	for _, fw := range device.Firmwares() {
		for _, kind := range kinds {
			names = append(names, fw.Name+"_"+kind)
		}
	}
	return names
}

// opened returns the exchanges of a recording, a context of its firmware with its pair, and the key.
func opened(t *testing.T, name string) (*device.SSLContext, wire.LoadedKey, []wire.Vector) {
	head, vectors, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("testdata", name+".jsonl.gz"))
	require.NoError(t, err)
	firmware, err := device.FirmwareByName(head.Profile)
	require.NoError(t, err)
	context := device.NewSSLContext(firmware)
	require.NoError(t, context.LoadCertChain(head.Cert, head.Key))
	key, err := wire.ParseKey(head.Key)
	require.NoError(t, err)
	return context, key, vectors
}

// TestVectors replays every recorded exchange of each firmware in virtual time.
func TestVectors(t *testing.T) {
	for _, name := range recordings("p256", "p384", "rsa2048") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			context, key, vectors := opened(t, name)
			require.Greater(t, len(vectors), 800)
			for _, v := range race.Part(vectors) {
				t.Run(v.Name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { replay(t, context, key, v) })
				})
			}
		})
	}
}

// TestVectorsUnderAsyncio replays them against a script whose handshake happens inside
// its first read, and which closes the TCP socket as well. The wire is the same, the exceptions come from the read; only a
// close_notify in the handshake is no exception there but the end of the stream
// (CAMERA.md section 5.4).
func TestVectorsUnderAsyncio(t *testing.T) {
	head, vectors, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("testdata", "openmv-5.0_p256.jsonl.gz"))
	require.NoError(t, err)
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(head.Cert, head.Key))
	for _, v := range race.Part(vectors) {
		t.Run(v.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				script := device.Asyncio(device.DefaultBody)
				script.TLSAlone = false
				conn, events := serve(context, script)
				pause, plain := v.Gap()
				got := wire.Replay(conn, v.Sent, wire.ReplayOptions{Pause: pause, Plain: plain, Varies: true})
				event := <-events
				require.Empty(t, strings.Join(wire.Diff(v.Exchange, got), "\n"), "vector %s", v.Name)
				if strings.Contains(v.DeviceException, "PEER_CLOSE_NOTIFY") {
					require.NoError(t, event.Exception)
					return
				}
				require.Equal(t, v.DeviceException, exceptionLine(event))
				require.Equal(t, "read", event.Phase)
			})
		})
	}
}

// TestLeftOpenUnderAsyncio replays handshakes that failed under asyncio.start_server: the script closes the TLS socket, which
// leaves TCP open, also once the client has closed its direction (CAMERA.md section 5.4).
func TestLeftOpenUnderAsyncio(t *testing.T) {
	head, vectors, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("testdata", "asyncio_openmv-5.0_p256.jsonl.gz"))
	require.NoError(t, err)
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(head.Cert, head.Key))
	key, err := wire.ParseKey(head.Key)
	require.NoError(t, err)
	require.Len(t, vectors, 61)
	for _, v := range vectors {
		require.Equal(t, wire.EndOpen, v.End)
		for _, script := range []device.Script{device.Asyncio(device.DefaultBody), device.Microdot(device.DefaultBody)} {
			t.Run(script.Name+"/"+v.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					conn, events := serve(context, script)
					pause, plain := v.Gap()
					got := wire.Replay(conn, v.Sent, wire.ReplayOptions{Pause: pause, Plain: plain, Varies: true})
					event := <-events
					require.Empty(t, strings.Join(wire.Diff(v.Exchange, got), "\n"), "vector %s", v.Name)
					require.Equal(t, v.DeviceException, exceptionLine(event))
					require.Equal(t, "read", event.Phase)
					require.True(t, event.LeftOpen)
					require.NoError(t, key.Verify(got.Received, v.Sent))
				})
			})
		}
	}
}

func replay(t *testing.T, context *device.SSLContext, key wire.LoadedKey, v wire.Vector) {
	conn, events := serve(context, device.Hello(device.DefaultBody))
	pause, plain := v.Gap()
	got := wire.Replay(conn, v.Sent, wire.ReplayOptions{Pause: pause, Plain: plain, Varies: key.Varies()})
	event := <-events
	require.Empty(t, strings.Join(wire.Diff(v.Exchange, got), "\n"), "vector %s", v.Name)
	require.Equal(t, v.DeviceException, exceptionLine(event), "exception of vector %s", v.Name)
	require.Equal(t, v.Device.Phase, event.Phase, "phase of vector %s", v.Name)
	require.NoError(t, key.Verify(got.Received, v.Sent), "vector %s", v.Name)
}

// TestVectorsOverTCP replays those exchanges over the kernel's TCP that end without
// the client's doing, and so need no time: what Linux does at the end of a connection
// must not eat what the camera sent before.
func TestVectorsOverTCP(t *testing.T) {
	head, vectors, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("testdata", "openmv-5.0_p256.jsonl.gz"))
	require.NoError(t, err)
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(head.Cert, head.Key))
	events := make(chan trace.Event, 1)
	camera, err := device.Start(device.CameraConfig{Context: context, OnEvent: func(e trace.Event) { events <- e }})
	require.NoError(t, err)
	defer camera.Close()
	replayed := 0
	for _, v := range vectors {
		if v.End != "closed" {
			continue
		}
		replayed++
		conn, err := net.Dial("tcp", camera.Addr().String())
		require.NoError(t, err)
		pause, plain := v.Gap()
		got := wire.Replay(conn.(*net.TCPConn), v.Sent, wire.ReplayOptions{Pause: pause, Plain: plain, Varies: true})
		require.Empty(t, strings.Join(wire.Diff(v.Exchange, got), "\n"), "vector %s", v.Name)
		require.Equal(t, v.DeviceException, exceptionLine(<-events), "exception of vector %s", v.Name)
	}
	require.Greater(t, replayed, 300)
}

// TestLoaderCases loads every recorded pair of files, and compares what those that
// load answer to two ClientHellos.
func TestLoaderCases(t *testing.T) {
	for kind, count := range map[string]int{"loader": 188, "loader-corners": 34} {
		for _, fw := range device.Firmwares() {
			head, cases, err := wire.ReadVectors[wire.LoaderHead, wire.LoaderCase](filepath.Join("testdata", kind+"_"+fw.Name+".jsonl.gz"))
			require.NoError(t, err)
			require.Len(t, cases, count)
			require.Equal(t, fw.Name, head.Profile)
			t.Run(kind+"/"+fw.Name, func(t *testing.T) {
				t.Parallel()
				for _, c := range race.Part(cases) {
					t.Run(strings.ReplaceAll(c.Title, "/", "|"), func(t *testing.T) { load(t, fw, head, c) })
				}
			})
		}
	}
}

func load(t *testing.T, firmware *device.Firmware, head wire.LoaderHead, c wire.LoaderCase) {
	context := device.NewSSLContext(firmware)
	err := context.LoadCertChainFiles(file(t, c.CertFile, c.Cert), file(t, c.KeyFile, c.Key))
	if !c.Load.OK {
		require.Error(t, err, "expected %s", c.Load.Line)
		require.Equal(t, c.Load.Line, err.Error())
		return
	}
	require.NoError(t, err)
	key, err := wire.ParseKey(c.Key)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		answer(t, context, key, head.HelloAll, c.HelloAll)
		answer(t, context, key, head.HelloRSAKXOnly, c.HelloRSAKXOnly)
	})
}

// file writes the content where the case expects a file, and returns its path.
func file(t *testing.T, name string, content []byte) string {
	path := filepath.Join(t.TempDir(), name)
	if content != nil {
		require.NoError(t, os.WriteFile(path, content, 0o600))
	}
	return path
}

func answer(t *testing.T, context *device.SSLContext, key wire.LoadedKey, hello wire.Octets, want *wire.LoaderAnswer) {
	conn, events := serve(context, device.Hello(device.DefaultBody))
	sent := []wire.Octets{hello}
	got := wire.Replay(conn, sent, wire.ReplayOptions{Plain: true, Varies: key.Varies()})
	event := <-events
	require.Empty(t, strings.Join(wire.Diff(want.Exchange, got), "\n"))
	require.Equal(t, want.Device.Line, exceptionLine(event))
	require.Equal(t, want.Device.Phase, event.Phase)
	require.NoError(t, key.Verify(got.Received, sent))
}

// TestReadVectorsRefuses shows that damaged files are noticed.
func TestReadVectorsRefuses(t *testing.T) {
	_, _, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join(t.TempDir(), "missing.jsonl.gz"))
	require.ErrorIs(t, err, os.ErrNotExist)
	plain := filepath.Join(t.TempDir(), "plain.jsonl.gz")
	require.NoError(t, os.WriteFile(plain, []byte(base64.StdEncoding.EncodeToString([]byte("no gzip"))), 0o600))
	_, _, err = wire.ReadVectors[wire.Head, wire.Vector](plain)
	require.ErrorContains(t, err, "gzip")
}
