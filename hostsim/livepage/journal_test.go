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
	name    string
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
			SignatureAlgorithms: []trace.Codepoint{grease, 0x0403}, Extensions: extensions, ServerName: v.name,
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
			[]visit{{phone, 1, "", 0, refused, false, ""}, {phone, 1, "", 0, refused, false, ""}, {phone, 1, "", 0, refused, false, ""}},
			[]int{3}, []string{""},
		},
		{
			"refused at first, named later",
			[]visit{{phone, 1, "", 0, refused, false, ""}, {phone, 1, "Fox", 1, completed, true, ""}, {phone, 1, "", 0, refused, false, ""}},
			[]int{3}, []string{"Fox"},
		},
		{"two devices", []visit{{phone, 1, "", 0, refused, false, ""}, {tablet, 1, "", 0, refused, false, ""}}, []int{1, 1}, []string{"", ""}},
		{
			"two libraries on one device",
			[]visit{{phone, 1, "", 0, refused, false, ""}, {phone, 2, "", 0, refused, false, ""}},
			[]int{1, 1}, []string{"", ""},
		},
		{
			"two programs of one library",
			[]visit{{phone, 1, "Fox", 1, completed, true, ""}, {phone, 1, "Cat", 1, completed, true, ""}, {phone, 1, "Fox", 1, completed, true, ""}},
			[]int{2, 1}, []string{"Fox", "Cat"},
		},
		{
			"two names",
			[]visit{
				{phone, 1, "Fox", 0, completed, true, "one.example"}, {phone, 1, "Fox", 0, completed, true, "two.example"},
				{phone, 1, "", 1, refused, false, "one.example"},
			},
			[]int{2, 1}, []string{"Fox", "Fox"},
		},
		{
			"no TLS at all",
			[]visit{{phone, 0, "", 0, spare, false, ""}, {phone, 0, "", 0, spare, false, ""}, {phone, 1, "", 0, refused, false, ""}},
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
	at := func(s verdict.Sighting, done bool) visit { return visit{"192.0.2.1", 1, "", 0, s, done, ""} }
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

// TestTitles: a card is called by what is known.
func TestTitles(t *testing.T) {
	for _, tc := range []struct {
		name  string
		event trace.Event
		title string
	}{
		{"nothing but an address", trace.Event{}, "192.0.2.1, no TLS"},
		{"a library", trace.Event{ClientHello: &trace.ClientHello{SignatureAlgorithms: []trace.Codepoint{0x0401, 0x0809, 0x0804, 0x0403}}},
			"192.0.2.1, perhaps GnuTLS"},
		{"no library that is known", trace.Event{ClientHello: &trace.ClientHello{}}, "192.0.2.1, TLS library unknown"},
		{"a program", trace.Event{ClientHello: &trace.ClientHello{}, Requests: []trace.Request{{Line: "GET /", UserAgent: "Fox"}}},
			"Fox at 192.0.2.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.event.Remote = "192.0.2.1:1"
			j := livepage.NewJournal()
			j.Ended(0, tc.event, completed)
			require.Equal(t, tc.title, j.Since(0).Devices[0].Title())
		})
	}
}

// TestTwoProgramsAlike: what one of two programs has tried without saying who it is counts as tried for neither,
// and as untried for neither.
func TestTwoProgramsAlike(t *testing.T) {
	at := func(agent string, mode int, s verdict.Sighting) visit {
		return visit{"192.0.2.1", 1, agent, mode, s, true, ""}
	}
	devices := folded(at("", 0, refused), at("", 0, refused), at("Fox", 1, completed), at("Cat", 1, completed))
	require.Len(t, devices, 2)
	fox, cat := devices[0], devices[1]
	require.True(t, fox.Alike)
	require.True(t, cat.Alike)
	require.True(t, fox.Results[0].Tried)
	require.False(t, cat.Results[0].Tried)
	require.True(t, cat.Results[0].Unclear)
	require.False(t, cat.Results[1].Unclear)
	require.False(t, cat.Results[2].Unclear, "nobody has tried it")

	alone := folded(at("", 0, refused), at("Fox", 1, completed))[0]
	require.False(t, alone.Alike)
}

// TestMovedAttempts: when an attempt turns out to be another program's, what was there before it stays.
func TestMovedAttempts(t *testing.T) {
	at := func(agent string, s verdict.Sighting) visit { return visit{"192.0.2.1", 1, agent, 0, s, true, ""} }
	for name, before := range map[string]verdict.Sighting{"a spare connection": spare, "a refusal": refused} {
		t.Run(name, func(t *testing.T) {
			devices := folded(visit{"192.0.2.1", 1, "Fox", 1, completed, true, ""}, at("", before), at("Cat", completed))
			require.Len(t, devices, 2)
			require.True(t, devices[0].Results[0].Tried)
			require.Equal(t, before.Sentence, devices[0].Results[0].Sighting.Sentence)
			require.Equal(t, "completed", devices[1].Results[0].Sighting.Sentence)
		})
	}
}

// TestForgottenWhileOpen: a connection that outlives its row comes into another one.
func TestForgottenWhileOpen(t *testing.T) {
	j := livepage.NewJournal()
	long := visit{address: "192.0.2.1", suite: 9, verdict: completed}
	j.Progress(0, long.event(1), going)
	for i := range 150 {
		j.Ended(0, visit{address: fmt.Sprintf("198.51.100.%d", i), suite: 1}.event(10+i), refused)
	}
	j.Ended(0, long.event(1), completed)
	require.Equal(t, "192.0.2.1", j.Since(0).Devices[0].Address)
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
