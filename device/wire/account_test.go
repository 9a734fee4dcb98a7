package wire_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/record"
	"github.com/leafcam/leafcam/internal/race"
)

// TestAccount takes steps that the account of the camera tells of (CAMERA.md section
// 5) and that no recording in testdata shows.
func TestAccount(t *testing.T) {
	wrong := func(message []byte) []byte { return record.Damaged(message, 1) }
	for _, tc := range []struct {
		name  string
		take  record.Step
		alert []int // that the client sees, nil for none
		line  string
		phase string
		only  *device.Firmware // nil for all
	}{
		{"Finished with wrong content", func(s *record.Scenario) { s.Instead(s.Sealed(wire.Handshake, wrong(s.Client.Finished()))) },
			[]int{2, 51}, "OSError: (-28160, 'MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE')", "wrap", nil},
		{"Finished of 11 octets", func(s *record.Scenario) {
			s.Instead(s.Sealed(wire.Handshake, wire.HandshakeMessage(20, s.Client.Finished()[5:])))
		}, []int{2, 50}, "OSError: (-29440, 'MBEDTLS_ERR_SSL_DECODE_ERROR')", "wrap", nil},
		{"another message instead of Finished", func(s *record.Scenario) {
			s.Instead(s.Sealed(wire.Handshake, wire.HandshakeMessage(11, []byte{0, 0, 0})))
		}, []int{2, 10}, "OSError: (-30464, 'MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE')", "wrap", nil},
		{"no_renegotiation instead of Finished", func(s *record.Scenario) { s.Instead(s.Sealed(wire.Alert, []byte{1, 100})) },
			[]int{2, 10}, "OSError: (-30464, 'MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE')", "wrap", nil},
		{"close_notify instead of Finished", func(s *record.Scenario) { s.Instead(s.Sealed(wire.Alert, []byte{1, 0})) },
			nil, "OSError: (-30848, 'MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY')", "wrap", nil},
		{"Finished in two records", splitFinished,
			nil, "OSError: (-28800, 'MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE')", "wrap", device.OpenMV50},
		{"Finished in two records, put together", func(s *record.Scenario) { splitFinished(s); s.Finish() },
			nil, "", "", device.MicroPython129},
		{"Finished and another message in its record", func(s *record.Scenario) {
			s.Instead(s.Sealed(wire.Handshake, append(s.Client.Finished(), wire.HandshakeMessage(20, nil)...)))
		}, nil, "OSError: (-30464, 'MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE')", "read", nil},
		{"Finished and one more octet in its record", func(s *record.Scenario) {
			s.Instead(s.Sealed(wire.Handshake, append(s.Client.Finished(), 0)))
		}, nil, "OSError: (-29184, 'MBEDTLS_ERR_SSL_INVALID_RECORD')", "read", nil},
		{"a ChangeCipherSpec of value 2", func(s *record.Scenario) {
			second := s.Client.KeyExchange()
			second[len(second)-1] = 2
			s.Client.Send(second)
		}, nil, "OSError: (-29184, 'MBEDTLS_ERR_SSL_INVALID_RECORD')", "wrap", nil},
		{"a split message after the handshake", record.Alone(wire.Handshake, 1, 0, 1, 0, 3, 3),
			nil, "OSError: (-28800, 'MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE')", "read", device.OpenMV50},
		{"a replayed record", record.After(func(s *record.Scenario) [][]byte {
			record := s.Client.Data(get[:16])
			return [][]byte{record, record}
		}), nil, "OSError: (-29056, 'MBEDTLS_ERR_SSL_INVALID_MAC')", "read", nil},
		{"a record of a later version", record.After(func(s *record.Scenario) [][]byte {
			return [][]byte{s.Client.Sealed(wire.ApplicationData, 0x0304, get)}
		}), nil, "OSError: (-29184, 'MBEDTLS_ERR_SSL_INVALID_RECORD')", "read", nil},
		{"two empty records before the request", mustStep(t, "app_zero_x2"), nil, "", "", nil},
		{"three empty records before the request", mustStep(t, "app_zero_x3"), nil, "", "", nil},
		{"the greatest record", record.After(func(s *record.Scenario) [][]byte {
			line := make([]byte, 16384)
			copy(line[16380:], "\r\n\r\n")
			return [][]byte{s.Client.Data(line)}
		}), nil, "", "", nil},
	} {
		for _, fw := range race.Part(device.Firmwares()) {
			if tc.only != nil && tc.only != fw {
				continue
			}
			for suite, file := range suitesOf(fw) {
				t.Run(fw.Name+"/"+file+"/"+tc.name, func(t *testing.T) {
					head, _, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("testdata", fw.Name+"_"+file+".jsonl.gz"))
					require.NoError(t, err)
					context := device.NewSSLContext(fw)
					require.NoError(t, context.LoadCertChain(head.Cert, head.Key))
					alert, line := tc.alert, tc.line
					if end, other := endsOfMbedTLS2(fw)[tc.name]; other {
						alert, line = end.alert, end.line
					}
					synctest.Test(t, func(t *testing.T) {
						takeStep(t, context, suite, tc.take, alertOf(fw, alert, line), lineOf(fw, tc.phase, line), tc.phase)
					})
				})
			}
		}
	}
}

// An end is how a handshake ends.
type end struct {
	alert []int
	line  string
}

// endsOfMbedTLS2 returns what firmwares over Mbed TLS 2 do in another way, by the names of steps.
func endsOfMbedTLS2(fw *device.Firmware) map[string]end {
	if fw.Generation == "" {
		return nil
	}
	const bad = "OSError: (-32384, 'MBEDTLS_ERR_SSL_BAD_HS_FINISHED')"
	wrong := end{[]int{2, 51}, bad}
	if fw == device.MicroPython120 {
		wrong.alert = []int{2, 50}
	}
	return map[string]end{
		"Finished with wrong content":         wrong,
		"Finished of 11 octets":               {[]int{2, 50}, bad},
		"another message instead of Finished": {[]int{2, 50}, bad},
	}
}

func takeStep(t *testing.T, context *device.SSLContext, suite uint16, take record.Step, alert []int, line, phase string) {
	conn, events := serve(context, device.Hello(device.DefaultBody))
	defer conn.Close()
	client, err := wire.NewClient(conn, suite)
	require.NoError(t, err)
	require.NoError(t, client.Start())
	s := &record.Scenario{Conn: conn, Client: client}
	take(s)
	var got []int
	for _, e := range s.Seen() {
		if e.Alert != nil {
			got = e.Alert
		}
	}
	require.Equal(t, alert, got)
	event := <-events
	require.Equal(t, line, exceptionLine(event))
	require.Equal(t, phase, event.Phase)
}

// splitFinished sends the Finished in two records, both halves with more than a header.
func splitFinished(s *record.Scenario) {
	finished := s.Client.Finished()
	s.Instead(s.Sealed(wire.Handshake, finished[:8]), s.Sealed(wire.Handshake, finished[8:]))
}

// mustStep returns the step of a recorded scenario.
func mustStep(t *testing.T, name string) record.Step {
	take, err := record.StepOf(name)
	require.NoError(t, err)
	return take
}

// beforeGCM reports whether a firmware has the suites from before MicroPython 1.24: CBC alone, and no ECDHE for RSA certificates.
func beforeGCM(fw *device.Firmware) bool {
	return !slices.Contains(fw.CipherSuites(), "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256")
}

// suitesOf returns a suite of a firmware for each key.
func suitesOf(fw *device.Firmware) map[uint16]string {
	if beforeGCM(fw) {
		return map[uint16]string{0xc009: "p256", 0x002f: "rsa2048"}
	}
	return map[uint16]string{0xc02b: "p256", 0xc013: "rsa2048"}
}

// alertOf returns the alert that a firmware sends where others send that or none.
func alertOf(fw *device.Firmware, alert []int, line string) []int {
	if fw.MACAlert && strings.Contains(line, "INVALID_MAC") {
		return []int{2, 20}
	}
	return alert
}

// lineOf returns the line of an exception as a firmware prints it.
func lineOf(fw *device.Firmware, phase, line string) string {
	bare := fw.BareStreamErrors && fw.DropsTCP != device.DropsAlways && phase == "read"
	if number, _, named := strings.Cut(strings.TrimPrefix(line, "OSError: ("), ","); named && bare {
		return "OSError: " + number
	}
	return line
}
