package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
)

// slowest is how many clients the account of the time names.
const slowest = 6

// Held writes how long clients held the camera's connection open while they waited for an AIA
// host, where that was long enough to matter to a camera with a timeout.
func Held(w io.Writer, m *hostsim.Matrix) {
	var words []string
	for _, r := range shown(m).Rows {
		for i, c := range r.Cells {
			if m.Scenarios[i].AIA != hostsim.AIAAbsent && c.HeldSeconds >= heldLong {
				words = append(words, fmt.Sprintf("%s %.1f s (%s)", r.Client, c.HeldSeconds, c.Scenario))
			}
		}
	}
	if len(words) > 0 {
		fmt.Fprintf(w, "the camera's connection was held during AIA downloads: %s\n", strings.Join(words, ", "))
	}
}

// heldLong is what a camera's script may notice, seconds.
const heldLong = 1

// Time writes where the time of a run went: what the clients used of the processors, and the slowest of them.
func Time(w io.Writer, m *hostsim.Matrix) {
	rows := shown(m).Rows
	slices.SortStableFunc(rows, func(a, b hostsim.Row) int {
		switch {
		case a.Seconds > b.Seconds:
			return -1
		case a.Seconds < b.Seconds:
			return 1
		}
		return 0
	})
	total, browsers := 0.0, 0.0
	for _, r := range rows {
		total += r.CPUSeconds
		if r.Browser {
			browsers += r.CPUSeconds
		}
	}
	var words []string
	for _, r := range rows[:min(slowest, len(rows))] {
		if r.Seconds > 0 {
			words = append(words, fmt.Sprintf("%s %.1f s", r.Client, r.Seconds))
		}
	}
	if len(words) == 0 {
		return // nothing ran
	}
	fmt.Fprintf(w, "took %.0f s; clients used %.0f s of processor time, browsers %.0f s of it; slowest: %s\n",
		m.Seconds, total, browsers, strings.Join(words, ", "))
}
