package record_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recording returns a recording of the project.
func recording[H, E any](t testing.TB, name string) (H, []E) {
	head, entries, err := wire.ReadVectors[H, E](filepath.Join("..", "testdata", name+".jsonl.gz"))
	require.NoError(t, err)
	return head, entries
}

// TestRecordsAgain: what is recorded of the emulation is what was recorded of the real stack.
func TestRecordsAgain(t *testing.T) {
	for _, fw := range device.Firmwares() {
		t.Run(fw.Name, func(t *testing.T) {
			subject := &record.Emulated{Firmware: fw}
			pairs := map[string]wire.Head{}
			for suite, key := range map[string]string{"c02b": "p256", "c013": "rsa2048"} {
				head, vectors := recording[wire.Head, wire.Vector](t, fw.Name+"_"+key)
				pairs[suite] = head
				got, err := record.Vectors(t.Context(), subject, head, vectors[:60], nil)
				require.NoError(t, err)
				require.Len(t, got, 60)
				for i, v := range got {
					require.Empty(t, wire.Diff(vectors[i].Exchange, v.Exchange), v.Name)
					require.Equal(t, vectors[i].Device, v.Device, v.Name)
					require.Equal(t, vectors[i].Alert, v.Alert, v.Name)
				}
			}
			head, cases := recording[wire.LoaderHead, wire.LoaderCase](t, "loader_"+fw.Name)
			got, err := record.Loads(t.Context(), subject, head, cases[:80], nil)
			require.NoError(t, err)
			for i, c := range got {
				require.Equal(t, cases[i].Load, c.Load, c.Title)
			}
		})
	}
}

// TestGenerateIsRepeatable: a seed always makes the same exchanges, and each kind makes what differs.
func TestGenerateIsRepeatable(t *testing.T) {
	first, err := record.Generate(7, 340)
	require.NoError(t, err)
	again, err := record.Generate(7, 400)
	require.NoError(t, err)
	require.Equal(t, first, again[:340])
	other, err := record.Generate(8, 340)
	require.NoError(t, err)
	require.NotEqual(t, first[0].Sent, other[0].Sent)
	sent := map[string]map[string]bool{}
	for _, v := range first {
		if sent[v.Tags] == nil {
			sent[v.Tags] = map[string]bool{}
		}
		var all string
		for _, s := range v.Sent {
			require.NotEmpty(t, s, v.Name)
			all += string(s) + "|"
		}
		sent[v.Tags][all] = true
	}
	require.Len(t, sent, len(record.Kinds()))
	for tags, different := range sent {
		require.Greater(t, len(different), 12, tags)
	}
	_, err = record.Generate(1, 1, "dance")
	require.ErrorContains(t, err, `no kind "dance"`)
}

// TestDifferFindsWhatDiffers: two firmwares are told apart, each difference is shrunk, and a firmware does not differ
// from itself.
func TestDifferFindsWhatDiffers(t *testing.T) {
	head, _ := recording[wire.Head, wire.Vector](t, "openmv-5.0_p256")
	ask, err := record.Generate(1, 170)
	require.NoError(t, err)
	done := 0
	none, err := record.Differ(t.Context(), emulated(device.OpenMV50), emulated(device.OpenMV50), head, ask, func(int, int) { done++ })
	require.NoError(t, err)
	require.Empty(t, none)
	require.Equal(t, len(ask), done)
	ask, err = record.Generate(1, 10, "frag")
	require.NoError(t, err)
	found, err := record.Differ(t.Context(), emulated(device.OpenMV50), emulated(device.MicroPython129), head, ask, nil)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, d := range found {
		require.NotEqual(t, d.First, d.Second)
		require.NotEmpty(t, d.Words)
	}
	require.Less(t, len(found[0].Sent[0]), len(ask[0].Sent[0])+1)
}

// liar is a control port that says something else.
func liar(t *testing.T, says string) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(says))
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func TestDialRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ says, err string }{
		"nothing":         {"", "no answer"},
		"another service": {"SSH-2.0-OpenSSH\n", "is no recording server"},
		"no end of line":  {string(make([]byte, 100<<10)), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := record.Dial(t.Context(), liar(t, tc.says), 0)
			require.ErrorContains(t, err, tc.err)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := record.Dial(ctx, "127.0.0.1:1", 0)
	require.ErrorIs(t, err, context.Canceled)
}

// TestServerOfTheScript records a server that speaks the script's lines, with the emulation behind it.
func TestServerOfTheScript(t *testing.T) {
	address := scripted(t)
	real, err := record.Dial(t.Context(), address, 50*time.Millisecond)
	require.NoError(t, err)
	defer real.Close()
	require.Equal(t, "3.4.0; MicroPython emulated", real.Version)
	head, _ := recording[wire.Head, wire.Vector](t, "openmv-5.0_p256")
	ask, err := record.Generate(3, 17)
	require.NoError(t, err)
	none, err := record.Differ(t.Context(), real, &record.Emulated{Firmware: device.OpenMV50}, head, ask, nil)
	require.NoError(t, err)
	require.Empty(t, none)
	report, err := real.Load(t.Context(), record.Setup{Cert: []byte("no certificate"), Key: head.Key})
	require.NoError(t, err)
	require.Equal(t, "ValueError: invalid cert", report.Line)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = real.Connect(ctx, 0, func(wire.Conn) { <-ctx.Done() })
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// scripted serves the emulation by the lines of the script.
func scripted(t *testing.T) (address string) {
	control, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	tls, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := control.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, port, _ := net.SplitHostPort(tls.Addr().String())
		number, _ := strconv.Atoi(port)
		answers := json.NewEncoder(conn)
		_ = answers.Encode(map[string]any{"port": number, "version": "3.4.0; MicroPython emulated"})
		subject := &record.Emulated{Firmware: device.OpenMV50}
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			var ask struct {
				Do        string
				Cert, Key []byte
			}
			if json.Unmarshal(lines.Bytes(), &ask) != nil {
				return
			}
			if ask.Do == "load" {
				report, _ := subject.Load(context.Background(), record.Setup{Cert: ask.Cert, Key: ask.Key})
				_ = answers.Encode(report)
				continue
			}
			client, err := tls.Accept()
			if err != nil {
				return
			}
			report, _ := subject.Connect(context.Background(), 0, func(camera wire.Conn) { splice(client.(*net.TCPConn), camera) })
			_ = answers.Encode(report)
		}
	}()
	t.Cleanup(func() { control.Close(); tls.Close(); <-done })
	return control.Addr().String()
}
