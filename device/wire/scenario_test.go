package wire_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/device/wire"
)

var get = []byte("GET / HTTP/1.0\r\n\r\n")

// A step of a scenario, once the server's flight has come.
type step func(*scenario)

// scenario is one recorded scenario being repeated.
type scenario struct {
	t      *testing.T
	conn   *wire.PipeConn
	client *wire.Client
	sealed func(typ uint8, content []byte) []byte
}

func (s *scenario) handshake() { require.NoError(s.t, s.client.Complete()) }

// instead sends protected records where the Finished belongs.
func (s *scenario) instead(records ...[]byte) {
	s.client.Send(append([][]byte{s.client.KeyExchange()}, records...)...)
}

// damaged flips the last octet of a record, or the one at -at.
func damaged(record []byte, at int) []byte {
	record[len(record)-at] ^= 0x55
	return record
}

// after returns a step that completes the handshake and sends what f returns.
func after(f func(*scenario) [][]byte) step {
	return func(s *scenario) {
		s.handshake()
		s.client.Send(f(s)...)
	}
}

// thenGet returns a step that sends one protected record and a request after the handshake.
func thenGet(typ uint8, content ...byte) step {
	return after(func(s *scenario) [][]byte { return [][]byte{s.sealed(typ, content), s.client.Data(get)} })
}

// alone returns a step that sends one protected record after the handshake.
func alone(typ uint8, content ...byte) step {
	return after(func(s *scenario) [][]byte { return [][]byte{s.sealed(typ, content)} })
}

var steps = map[string]step{
	"ok": after(func(s *scenario) [][]byte { return [][]byte{s.client.Data(get)} }),
	"ok_one_segment": func(s *scenario) {
		s.instead(s.sealed(wire.Handshake, s.client.Finished()), s.client.Data(get))
		require.NoError(s.t, s.client.AwaitFinished())
	},
	"finished_long": func(s *scenario) {
		s.instead(s.sealed(wire.Handshake, wire.HandshakeMessage(20, append(s.client.Finished()[4:], 0))))
	},
	"finished_mac": func(s *scenario) { s.instead(damaged(s.sealed(wire.Handshake, s.client.Finished()), 1)) },
	// The last block but one is the last IV: it changes the padding only.
	"finished_pad": func(s *scenario) { s.instead(damaged(s.sealed(wire.Handshake, s.client.Finished()), 17)) },
	"finished_notblock": func(s *scenario) {
		rec := s.sealed(wire.Handshake, s.client.Finished())
		s.instead(wire.Plain(wire.Handshake, rec[5:len(rec)-1]))
	},
	"app_before_finished":         func(s *scenario) { s.instead(s.client.Data(get)) },
	"alert_before_finished_fatal": func(s *scenario) { s.instead(s.sealed(wire.Alert, []byte{2, 48})) },
	"warn_before_finished": func(s *scenario) {
		s.instead(s.sealed(wire.Alert, []byte{1, 90}), s.sealed(wire.Handshake, s.client.Finished()), s.client.Data(get))
		require.NoError(s.t, s.client.AwaitFinished())
	},
	"rst_after_hello": func(s *scenario) { s.conn.Reset() },
	"fin_after_server_finished": func(s *scenario) {
		s.handshake()
		require.NoError(s.t, s.conn.CloseWrite())
	},
	"close_notify_no_request": alone(wire.Alert, 1, 0),
	"get_close_notify": after(func(s *scenario) [][]byte {
		return [][]byte{s.client.Data(get), s.sealed(wire.Alert, []byte{1, 0})}
	}),
	"partial_get_fin": func(s *scenario) {
		s.handshake()
		s.client.Send(s.client.Data(get[:16]))
		require.NoError(s.t, s.conn.CloseWrite())
	},
	"post_alert_1byte": alone(wire.Alert, 2),
	"app_mac":          after(func(s *scenario) [][]byte { return [][]byte{damaged(s.client.Data(get), 1)} }),
	"app_bytewise": after(func(s *scenario) (records [][]byte) {
		for _, b := range get {
			records = append(records, s.client.Data([]byte{b}))
		}
		return records
	}),
	"post_ccs":          alone(wire.ChangeCipherSpec, 1),
	"post_plain_ccs":    after(func(*scenario) [][]byte { return [][]byte{wire.Plain(wire.ChangeCipherSpec, []byte{1})} }),
	"reneg_hello":       after(func(s *scenario) [][]byte { return [][]byte{s.renegotiation()} }),
	"reneg_hello_plain": after(func(s *scenario) [][]byte { return [][]byte{wire.Plain(wire.Handshake, s.client.Hello(nil))} }),
	"reneg_hello_then_get": after(func(s *scenario) [][]byte {
		return [][]byte{s.renegotiation(), s.client.Data(get)}
	}),
	"post_hello_request": thenGet(wire.Handshake, wire.HandshakeMessage(0, nil)...),
	"post_keyupdate":     alone(wire.Handshake, wire.HandshakeMessage(24, []byte{0})...),
	"post_finished": after(func(s *scenario) [][]byte {
		return [][]byte{s.sealed(wire.Handshake, wire.HandshakeMessage(20, s.client.VerifyData()))}
	}),
	"post_hs_short": alone(wire.Handshake, 1, 0, 0),
	"post_hs_empty": alone(wire.Handshake),
	"post_type99":   thenGet(99, 'x'),
	"post_rec_len_ffff": after(func(*scenario) [][]byte {
		return [][]byte{append([]byte{wire.ApplicationData, 3, 3, 0xff, 0xff}, make([]byte, 100)...)}
	}),
	"ignore_response_close": func(s *scenario) {
		s.handshake()
		s.client.Send(s.client.Data(get))
		time.Sleep(200 * time.Millisecond)
		s.conn.Reset()
	},
}

func (s *scenario) renegotiation() []byte {
	return s.sealed(wire.Handshake, s.client.Hello(s.client.VerifyData()))
}

// stepOf returns the step for a recorded name; some names carry numbers.
func stepOf(name string) (step, error) {
	if f, ok := steps[name]; ok {
		return f, nil
	}
	numbers := func(prefix string, base int) (n []byte, whole int) {
		for _, field := range strings.Split(strings.TrimPrefix(name, prefix), "_") {
			v, err := strconv.ParseUint(field, base, 32)
			if err != nil {
				return nil, 0
			}
			n, whole = append(n, byte(v)), int(v)
		}
		return n, whole
	}
	switch {
	case strings.HasPrefix(name, "post_alert_"):
		alert, _ := numbers("post_alert_", 10)
		return thenGet(wire.Alert, alert...), nil
	case strings.HasPrefix(name, "app_zero_x"):
		_, count := numbers("app_zero_x", 10)
		return emptyThenGet(count), nil
	case strings.HasPrefix(name, "app_len_"):
		_, length := numbers("app_len_", 10)
		return after(func(s *scenario) [][]byte {
			return [][]byte{s.client.Data([]byte(strings.Repeat("G", length-4) + "\r\n\r\n"))}
		}), nil
	case strings.HasPrefix(name, "app_version_"):
		_, version := numbers("app_version_", 16)
		return after(func(s *scenario) [][]byte {
			return [][]byte{s.client.Sealed(wire.ApplicationData, uint16(version), get)}
		}), nil
	case strings.HasPrefix(name, "resp_"):
		return steps["ok"], nil
	}
	return nil, fmt.Errorf("no steps are known for scenario %q", name)
}

// TestScenarios takes the steps of every recorded scenario, in virtual time.
func TestScenarios(t *testing.T) {
	for _, fw := range device.Firmwares() {
		head, scenarios, err := wire.ReadVectors[struct{ Profile string }, wire.Recorded](filepath.Join("testdata",
			"scenarios_"+fw.Name+".jsonl.gz"))
		require.NoError(t, err)
		require.Len(t, scenarios, 104)
		require.Equal(t, fw.Name, head.Profile)
		contexts := map[string]*device.SSLContext{}
		for suite, file := range map[string]string{"c02b": "p256", "c013": "rsa2048"} {
			keyHead, _, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("testdata", fw.Name+"_"+file+".jsonl.gz"))
			require.NoError(t, err)
			contexts[suite] = device.NewSSLContext(fw)
			require.NoError(t, contexts[suite].LoadCertChain(keyHead.Cert, keyHead.Key))
		}
		for _, recorded := range scenarios {
			t.Run(fw.Name+"/"+recorded.Name+"/"+recorded.Suite, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { repeat(t, contexts[recorded.Suite], recorded) })
			})
		}
	}
}

func repeat(t *testing.T, context *device.SSLContext, recorded wire.Recorded) {
	body := device.DefaultBody
	if recorded.Options.Response > 0 {
		body = strings.Repeat("x", recorded.Options.Response)
	}
	conn, events := serve(context, device.Hello(body))
	defer conn.Close()
	suite, err := strconv.ParseUint(recorded.Suite, 16, 16)
	require.NoError(t, err)
	client, err := wire.NewClient(conn, uint16(suite))
	require.NoError(t, err)
	take, err := stepOf(recorded.Name)
	require.NoError(t, err)
	require.NoError(t, client.Start())
	take(&scenario{t: t, conn: conn, client: client, sealed: func(typ uint8, content []byte) []byte {
		return client.Sealed(typ, wire.VersionTLS12, content)
	}})
	if len(recorded.Events) > 0 {
		require.Equal(t, sameEnds(recorded.Events), seen(t, client, conn))
	}
	require.Equal(t, recorded.Device, deviceLine(<-events))
}

// sameEnds forgets how TCP ended: that depends on the host's stack and on timing.
func sameEnds(events []wire.ScenarioEvent) []wire.ScenarioEvent {
	list := append([]wire.ScenarioEvent{}, events...)
	if last := &list[len(list)-1]; last.End == "reset" || last.OSError != "" {
		*last = wire.ScenarioEvent{End: "closed"}
	}
	return list
}

// seen reads until the end, or until nothing comes any more; then the client ends
// its direction, so that the server's script can end.
func seen(t *testing.T, client *wire.Client, conn *wire.PipeConn) []wire.ScenarioEvent {
	var events []wire.ScenarioEvent
	for {
		typ, content, err := client.Read(2 * time.Second)
		if wire.IsTimeout(err) {
			require.NoError(t, conn.CloseWrite())
			return append(events, wire.ScenarioEvent{End: "timeout"})
		}
		if err != nil {
			return append(events, wire.ScenarioEvent{End: "closed"})
		}
		e := wire.ScenarioEvent{Type: int(typ), Version: "0303", Length: len(content)}
		if typ == wire.Alert && len(content) == 2 {
			e.Alert = []int{int(content[0]), int(content[1])}
			e.Name = wire.AlertName(content[1])
		} else {
			e.Data = string(content[:min(len(content), 60)])
		}
		events = append(events, e)
	}
}

// deviceLine writes an event as the recorder's server did.
func deviceLine(e trace.Event) string {
	if e.Exception == nil {
		request := ""
		if len(e.Requests) > 0 {
			request = e.Requests[0].Line + "\r\n"
		}
		quoted := strings.ReplaceAll(strings.ReplaceAll(request[:min(len(request), 80)], "\r", `\r`), "\n", `\n`)
		return fmt.Sprintf("1\tOK\t('%s', 'TLSv1.2')\tb'%s'", e.Chosen.SuiteName, quoted)
	}
	line := e.Exception.Error()
	class, args, _ := strings.Cut(line, ": ")
	switch {
	case class == "TypeError":
		args = `("` + args + `",)`
	case strings.HasPrefix(args, "[Errno "):
		number, _, _ := strings.Cut(strings.TrimPrefix(args, "[Errno "), "]")
		args = "(" + number + ",)"
	}
	return fmt.Sprintf("1\tEXC\t%s\t%s\t%s\t%s", e.Phase, class, args, line)
}
