package verdict_test

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// FuzzSee: whatever a client sends, the sentence about it can be printed.
func FuzzSee(f *testing.F) {
	f.Add([]byte{1, 0, 0, 2, 3, 3}, "GET / HTTP/1.1", "GET /", uint8(48), uint8(7))
	f.Add([]byte{}, "", "\x16\x03", uint8(0), uint8(0))
	f.Add([]byte{}, "\x1b[2J", "SSH-2", uint8(255), uint8(4))
	f.Fuzz(func(t *testing.T, hello []byte, line, opening string, alert, shape uint8) {
		e := trace.Event{Opening: opening, Complete: shape&1 != 0}
		if shape&2 != 0 {
			e.ClientHello = trace.ParseClientHello(hello)
		}
		if shape&4 != 0 {
			e.Alerts = []trace.Alert{{Sent: shape&8 != 0, Description: alert, Name: trace.AlertName(alert)}}
		}
		if shape&16 != 0 {
			e.Requests = []trace.Request{{Line: line}}
		}
		if shape&32 != 0 {
			e.Chosen = &trace.Chosen{}
		}
		for _, s := range []verdict.Sighting{verdict.See(&e, verdict.NewServed(nil, nil)), verdict.SeeOpen(&e, verdict.NewServed(nil, nil))} {
			require.NotEmpty(t, s.Sentence)
			require.True(t, utf8.ValidString(s.Sentence))
			for _, r := range s.Sentence {
				require.True(t, unicode.IsPrint(r), "%q", s.Sentence)
			}
		}
	})
}
