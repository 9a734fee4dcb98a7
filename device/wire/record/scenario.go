package record

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/wire"
)

// get is the request of the scenarios.
var get = []byte("GET / HTTP/1.0\r\n\r\n")

// A Step is what a client does in a scenario once the server's flight has come.
type Step func(*Scenario)

// A Scenario is a connection on which a client takes steps.
type Scenario struct {
	Conn   wire.Conn
	Client *wire.Client
	// Err is the first error of a step: the server did not do what the step rests on.
	Err error
}

// note keeps the first error.
func (s *Scenario) note(err error) {
	if s.Err == nil {
		s.Err = err
	}
}

// Sealed returns a protected record.
func (s *Scenario) Sealed(typ uint8, content []byte) []byte {
	return s.Client.Sealed(typ, wire.VersionTLS12, content)
}

// Handshake completes the handshake.
func (s *Scenario) Handshake() { s.note(s.Client.Complete()) }

// Finish closes the client's direction.
func (s *Scenario) Finish() { s.note(s.Conn.CloseWrite()) }

// Reset resets the connection.
func (s *Scenario) Reset() {
	switch conn := s.Conn.(type) {
	case *wire.PipeConn:
		conn.Reset()
	case *net.TCPConn:
		s.note(conn.SetLinger(0))
		s.note(conn.Close())
	}
}

// Instead sends protected records where the Finished belongs.
func (s *Scenario) Instead(records ...[]byte) {
	s.Client.Send(append([][]byte{s.Client.KeyExchange()}, records...)...)
}

// Damaged flips the last octet of a record, or the one at -at.
func Damaged(record []byte, at int) []byte {
	record[len(record)-at] ^= 0x55
	return record
}

// After returns a step that completes the handshake and sends what f returns.
func After(f func(*Scenario) [][]byte) Step {
	return func(s *Scenario) {
		s.Handshake()
		s.Client.Send(f(s)...)
	}
}

// ThenGet returns a step that sends one protected record and a request after the handshake.
func ThenGet(typ uint8, content ...byte) Step {
	return After(func(s *Scenario) [][]byte { return [][]byte{s.Sealed(typ, content), s.Client.Data(get)} })
}

// Alone returns a step that sends one protected record after the handshake.
func Alone(typ uint8, content ...byte) Step {
	return After(func(s *Scenario) [][]byte { return [][]byte{s.Sealed(typ, content)} })
}

var steps = map[string]Step{
	"ok": After(func(s *Scenario) [][]byte { return [][]byte{s.Client.Data(get)} }),
	"ok_one_segment": func(s *Scenario) {
		s.Instead(s.Sealed(wire.Handshake, s.Client.Finished()), s.Client.Data(get))
		s.note(s.Client.AwaitFinished())
	},
	"finished_long": func(s *Scenario) {
		s.Instead(s.Sealed(wire.Handshake, wire.HandshakeMessage(20, append(s.Client.Finished()[4:], 0))))
	},
	"finished_mac": func(s *Scenario) { s.Instead(Damaged(s.Sealed(wire.Handshake, s.Client.Finished()), 1)) },
	// The last block but one is the last IV: it changes the padding only.
	"finished_pad": func(s *Scenario) { s.Instead(Damaged(s.Sealed(wire.Handshake, s.Client.Finished()), 17)) },
	"finished_notblock": func(s *Scenario) {
		rec := s.Sealed(wire.Handshake, s.Client.Finished())
		s.Instead(wire.Plain(wire.Handshake, rec[5:len(rec)-1]))
	},
	"app_before_finished":         func(s *Scenario) { s.Instead(s.Client.Data(get)) },
	"alert_before_finished_fatal": func(s *Scenario) { s.Instead(s.Sealed(wire.Alert, []byte{2, 48})) },
	"warn_before_finished": func(s *Scenario) {
		s.Instead(s.Sealed(wire.Alert, []byte{1, 90}), s.Sealed(wire.Handshake, s.Client.Finished()), s.Client.Data(get))
		s.note(s.Client.AwaitFinished())
	},
	"rst_after_hello": func(s *Scenario) { s.Reset() },
	"fin_after_server_finished": func(s *Scenario) {
		s.Handshake()
		s.Finish()
	},
	"close_notify_no_request": Alone(wire.Alert, 1, 0),
	"get_close_notify": After(func(s *Scenario) [][]byte {
		return [][]byte{s.Client.Data(get), s.Sealed(wire.Alert, []byte{1, 0})}
	}),
	"partial_get_fin": func(s *Scenario) {
		s.Handshake()
		s.Client.Send(s.Client.Data(get[:16]))
		s.Finish()
	},
	"post_alert_1byte": Alone(wire.Alert, 2),
	"app_mac":          After(func(s *Scenario) [][]byte { return [][]byte{Damaged(s.Client.Data(get), 1)} }),
	"app_bytewise": After(func(s *Scenario) (records [][]byte) {
		for _, b := range get {
			records = append(records, s.Client.Data([]byte{b}))
		}
		return records
	}),
	"post_ccs":          Alone(wire.ChangeCipherSpec, 1),
	"post_plain_ccs":    After(func(*Scenario) [][]byte { return [][]byte{wire.Plain(wire.ChangeCipherSpec, []byte{1})} }),
	"reneg_hello":       After(func(s *Scenario) [][]byte { return [][]byte{s.renegotiation()} }),
	"reneg_hello_plain": After(func(s *Scenario) [][]byte { return [][]byte{wire.Plain(wire.Handshake, s.Client.Hello(nil))} }),
	"reneg_hello_then_get": After(func(s *Scenario) [][]byte {
		return [][]byte{s.renegotiation(), s.Client.Data(get)}
	}),
	"post_hello_request": ThenGet(wire.Handshake, wire.HandshakeMessage(0, nil)...),
	"post_keyupdate":     Alone(wire.Handshake, wire.HandshakeMessage(24, []byte{0})...),
	"post_finished": After(func(s *Scenario) [][]byte {
		return [][]byte{s.Sealed(wire.Handshake, wire.HandshakeMessage(20, s.Client.VerifyData()))}
	}),
	"post_hs_short": Alone(wire.Handshake, 1, 0, 0),
	"post_hs_empty": Alone(wire.Handshake),
	"post_type99":   ThenGet(99, 'x'),
	"post_rec_len_ffff": After(func(*Scenario) [][]byte {
		return [][]byte{append([]byte{wire.ApplicationData, 3, 3, 0xff, 0xff}, make([]byte, 100)...)}
	}),
	"ignore_response_close": func(s *Scenario) {
		s.Handshake()
		s.Client.Send(s.Client.Data(get))
		time.Sleep(200 * time.Millisecond)
		s.Reset()
	},
}

func (s *Scenario) renegotiation() []byte {
	return s.Sealed(wire.Handshake, s.Client.Hello(s.Client.VerifyData()))
}

// StepOf returns the step for a recorded name; some names carry numbers.
func StepOf(name string) (Step, error) {
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
		return ThenGet(wire.Alert, alert...), nil
	case strings.HasPrefix(name, "app_zero_x"):
		_, count := numbers("app_zero_x", 10)
		return emptyThenGet(count), nil
	case strings.HasPrefix(name, "app_len_"):
		_, length := numbers("app_len_", 10)
		return After(func(s *Scenario) [][]byte {
			return [][]byte{s.Client.Data([]byte(strings.Repeat("G", length-4) + "\r\n\r\n"))}
		}), nil
	case strings.HasPrefix(name, "app_version_"):
		_, version := numbers("app_version_", 16)
		return After(func(s *Scenario) [][]byte {
			return [][]byte{s.Client.Sealed(wire.ApplicationData, uint16(version), get)}
		}), nil
	case strings.HasPrefix(name, "resp_"):
		return steps["ok"], nil
	}
	return nil, fmt.Errorf("no steps are known for scenario %q", name)
}

// emptyThenGet returns a step that sends so many empty records and a request.
func emptyThenGet(count int) Step {
	return After(func(s *Scenario) (records [][]byte) {
		for range count {
			records = append(records, s.Client.Data(nil))
		}
		return append(records, s.Client.Data(get))
	})
}

// ScenarioSilence is how long nothing has to come in a scenario before its server counts as waiting.
const ScenarioSilence = 2 * time.Second

// Seen reads until the end, or until nothing comes any more; then the client ends its direction, so that
// the server's script can end.
func (s *Scenario) Seen() []wire.ScenarioEvent {
	var events []wire.ScenarioEvent
	for {
		typ, content, err := s.Client.Read(ScenarioSilence)
		if wire.IsTimeout(err) {
			s.Finish()
			return append(events, wire.ScenarioEvent{End: "timeout"})
		}
		if err != nil {
			return append(events, wire.ScenarioEvent{End: wire.EndClosed})
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
