package livepage_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/livepage"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// A visit is a connection as the tests below write it.
type visit struct {
	address string
	suite   trace.Codepoint // stands for a program; 0 sends no ClientHello
	agent   string
	mode    int
	verdict verdict.Sighting
	done    bool // the handshake
}

// Sightings.
var (
	completed = verdict.Sighting{Verdict: verdict.VerdictCompleted, Sentence: "completed"}
	refused   = verdict.Sighting{Verdict: verdict.VerdictRefused, Cause: verdict.CauseMissing, Sentence: "refused"}
	guessed   = verdict.Sighting{Verdict: verdict.VerdictRefused, Cause: verdict.CauseMissing, Guess: true, Sentence: "guessed"}
	spare     = verdict.Sighting{Verdict: verdict.VerdictNoHandshake, Cause: verdict.CauseSilence, Sentence: "spare"}
	going     = verdict.Sighting{Verdict: verdict.VerdictOpen, Sentence: "going on"}
)

func (v visit) event(id int) trace.Event {
	e := trace.Event{ID: id, Remote: net.JoinHostPort(v.address, fmt.Sprint(10000+id)), Start: time.Now(), Complete: v.done}
	if v.suite != 0 {
		grease := trace.Codepoint(0x0a0a + 0x1010*(id%4)) // another one each time
		extensions := []trace.Codepoint{0, 10, 13, grease}
		if id%2 == 1 {
			extensions = []trace.Codepoint{grease, 13, 41, 10}
		}
		e.ClientHello = &trace.ClientHello{
			Version: 0x0303, CipherSuites: []trace.Codepoint{grease, v.suite},
			SignatureAlgorithms: []trace.Codepoint{grease, 0x0403}, Extensions: extensions,
		}
	}
	if v.agent != "" {
		e.Requests = []trace.Request{{Line: "GET / HTTP/1.1", UserAgent: v.agent}}
	}
	return e
}

// folded plays visits and returns the devices, the first one first.
func folded(visits ...visit) []livepage.Device {
	j := livepage.NewJournal()
	for i, v := range visits {
		if e := v.event(i); v.suite != 0 {
			e.Requests = nil
			j.Progress(v.mode, e, going)
		}
		j.Ended(v.mode, v.event(i), v.verdict)
	}
	list := j.Since(0).Devices
	for i, k := 0, len(list)-1; i < k; i, k = i+1, k-1 {
		list[i], list[k] = list[k], list[i]
	}
	return list
}

func TestFolding(t *testing.T) {
	const phone, tablet = "192.0.2.1", "192.0.2.2"
	for _, tc := range []struct {
		name   string
		visits []visit
		counts []int // of each device
		agents []string
	}{
		{
			"one program again and again",
			[]visit{{phone, 1, "", 0, refused, false}, {phone, 1, "", 0, refused, false}, {phone, 1, "", 0, refused, false}},
			[]int{3}, []string{""},
		},
		{
			"refused at first, named later",
			[]visit{{phone, 1, "", 0, refused, false}, {phone, 1, "Fox", 1, completed, true}, {phone, 1, "", 0, refused, false}},
			[]int{3}, []string{"Fox"},
		},
		{"two devices", []visit{{phone, 1, "", 0, refused, false}, {tablet, 1, "", 0, refused, false}}, []int{1, 1}, []string{"", ""}},
		{
			"two libraries on one device",
			[]visit{{phone, 1, "", 0, refused, false}, {phone, 2, "", 0, refused, false}},
			[]int{1, 1}, []string{"", ""},
		},
		{
			"two programs of one library",
			[]visit{{phone, 1, "Fox", 1, completed, true}, {phone, 1, "Cat", 1, completed, true}, {phone, 1, "Fox", 1, completed, true}},
			[]int{2, 1}, []string{"Fox", "Cat"},
		},
		{
			"no TLS at all",
			[]visit{{phone, 0, "", 0, spare, false}, {phone, 0, "", 0, spare, false}, {phone, 1, "", 0, refused, false}},
			[]int{2, 1}, []string{"", ""},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			devices := folded(tc.visits...)
			var counts []int
			var agents []string
			for _, d := range devices {
				counts, agents = append(counts, d.Count), append(agents, d.UserAgent)
				require.Len(t, d.Attempts, d.Count)
			}
			require.Equal(t, tc.counts, counts)
			require.Equal(t, tc.agents, agents)
		})
	}
}

// TestResults: what a device has come to in a mode after several attempts.
func TestResults(t *testing.T) {
	at := func(s verdict.Sighting, done bool) visit { return visit{"192.0.2.1", 1, "", 0, s, done} }
	for _, tc := range []struct {
		name     string
		visits   []visit
		sentence string
		refusals int
	}{
		{"spare connections after a page", []visit{at(completed, true), at(spare, false), at(guessed, true)}, "completed", 0},
		{"a spare connection before a page", []visit{at(guessed, true), at(completed, true)}, "completed", 0},
		{"a refusal after a page", []visit{at(completed, true), at(refused, false)}, "refused", 0},
		{"a close in the handshake after a page", []visit{at(completed, true), at(guessed, false)}, "guessed", 0},
		{"somebody goes on after a refusal", []visit{at(refused, false), at(refused, false), at(completed, true)}, "completed", 1},
		{"a spare connection after a refusal", []visit{at(refused, false), at(spare, false)}, "refused", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := folded(tc.visits...)[0]
			require.Equal(t, tc.sentence, d.Results[0].Sighting.Sentence)
			require.Equal(t, tc.sentence, d.Latest().Sighting.Sentence)
			require.Equal(t, tc.refusals, d.Results[0].Refusals)
			require.False(t, d.Results[1].Tried)
		})
	}
}

// TestJournalIsBounded: however many come, the last ones are kept.
func TestJournalIsBounded(t *testing.T) {
	j := livepage.NewJournal()
	for i := range 1000 {
		j.Ended(0, visit{address: fmt.Sprintf("192.0.2.%d", i%250), suite: trace.Codepoint(1 + i%7), verdict: refused}.event(i), refused)
	}
	v := j.Since(0)
	require.Len(t, v.Devices, 100)
	require.Equal(t, 900, v.Gone, "each came from an address and with a library of its own")
	for range 100 {
		j.Reset(0, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1})
	}
	require.LessOrEqual(t, len(j.Since(0).Devices[0].Attempts), 8)
	require.Empty(t, j.Since(j.Since(0).Version).Devices, "nothing has changed since")

	e := visit{address: "192.0.2.1", suite: 1}.event(5000)
	j.Progress(0, e, going)
	j.Forget()
	require.Empty(t, j.Since(0).IDs)
	j.Ended(0, e, refused)
	require.Len(t, j.Since(0).IDs, 1, "what goes on is noted again")
}
