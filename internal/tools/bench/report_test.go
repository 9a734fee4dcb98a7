package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sprint is a group that is measured nowhere.
func sprint(goals ...goal) group {
	none := anchor{value: "other", name: "other"}
	return group{
		name: "sprint", title: "how fast both run", side: "by", ours: "leafcam", anchors: []anchor{none},
		units: []unit{{name: "sec/op", show: milliseconds}}, goals: goals,
	}
}

// compared returns the only row of so many rounds, in milliseconds.
func compared(t *testing.T, g group, m machine, ours, theirs []float64) row {
	t.Helper()
	s := &samples{figures: map[sample][]float64{}}
	for i := range ours {
		lines := fmt.Sprintf("BenchmarkRun/on=grass/by=leafcam-2 10 %.0f ns/op\n", ours[i]*1e6)
		if theirs != nil {
			lines += fmt.Sprintf("BenchmarkRun/on=grass/by=other-2 10 %.0f ns/op\n", theirs[i]*1e6)
		}
		require.NoError(t, s.read(g, []byte("cpu: abacus\n"+lines+"PASS\n")))
	}
	require.Equal(t, "abacus", s.machine.cpu)
	rows, err := g.rows(s, len(ours), m)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, "Run, grass", rows[0].what)
	return rows[0]
}

func TestVerdict(t *testing.T) {
	const what, unit = "Run, grass", "sec/op"
	calm, wild := []float64{10, 11, 10, 10}, []float64{10, 30, 9, 20}
	for _, tc := range []struct {
		name         string
		goals        []goal
		others       float64
		ours, theirs []float64
		want         verdict
	}{
		{name: "no goal", ours: calm, theirs: calm},
		{name: "a ratio that is met", goals: []goal{{of: what, unit: unit, atMost: true, figure: 0.6}}, ours: calm,
			theirs: []float64{20, 22, 20, 20}, want: verdictMet},
		{name: "a ratio that is missed", goals: []goal{{of: what, unit: unit, atMost: true, figure: 0.4}}, ours: calm,
			theirs: []float64{20, 22, 20, 20}, others: 0.9, want: verdictMissed},
		{name: "both sides were slow at times", goals: []goal{{of: what, unit: unit, atMost: true, figure: 1}}, ours: wild, theirs: wild,
			want: verdictMet},
		{name: "one side was slow at times", goals: []goal{{of: what, unit: unit, atMost: true, figure: 1}}, ours: wild, theirs: calm,
			want: verdictTooBusy},
		{name: "too busy, without a goal", ours: wild, theirs: calm, want: verdictTooBusy},
		{name: "a figure of ours that is met", goals: []goal{{of: what, unit: unit, own: true, atMost: true, figure: 0.010}}, ours: calm,
			theirs: wild, others: 0.9, want: verdictMet},
		{name: "a figure of ours that is missed", goals: []goal{{of: what, unit: unit, own: true, atMost: true, figure: 0.009}}, ours: calm,
			theirs: calm, want: verdictMissed},
		{name: "a figure of ours that others may have spoilt", goals: []goal{{of: what, unit: unit, own: true, atMost: true, figure: 0.009}},
			ours: calm, theirs: calm, others: 0.5, want: verdictTooBusy},
		{name: "a figure of ours that is to be large", goals: []goal{{of: what, unit: unit, own: true, figure: 0.009}}, ours: calm,
			theirs: calm, want: verdictMet},
		{name: "nothing is beside it", goals: []goal{{of: what, unit: unit, own: true, atMost: true, figure: 0.010}},
			ours: calm, want: verdictMet},
		{name: "a ratio, and nothing is beside it", goals: []goal{{of: what, unit: unit, atMost: true, figure: 1}}, ours: calm},
		{name: "the goal of another one", goals: []goal{{of: "Run, sand", unit: unit, atMost: true}}, ours: calm, theirs: calm},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := compared(t, sprint(tc.goals...), machine{others: tc.others}, tc.ours, tc.theirs)
			require.Equal(t, tc.want, r.verdict)
		})
	}
}

// TestRatioOfRounds: a ratio is of one round, and not of medians.
func TestRatioOfRounds(t *testing.T) {
	r := compared(t, sprint(), machine{}, []float64{10, 100, 20}, []float64{20, 50, 40})
	require.InDelta(t, 0.5, r.ratio, 1e-9)
	require.InDelta(t, 0.020, r.ours, 1e-9)
	require.InDelta(t, 0.040, r.theirs, 1e-9)
}

func TestWhatIsIncomplete(t *testing.T) {
	for _, tc := range []struct{ name, output, fails string }{
		{"no side", "BenchmarkRun/on=grass 1 5 ns/op\n", "no part /by="},
		{"a broken line", "BenchmarkRun/by=leafcam one 5 ns/op\n", "parsing iteration count"},
		{"a round is missing", "BenchmarkRun/by=leafcam 1 5 ns/op\nBenchmarkRun/by=leafcam 1 5 ns/op\nBenchmarkRun/by=other 1 5 ns/op\n",
			"was not measured once in each round"},
		{"nothing", "PASS\n", "nothing was measured"},
		{"another unit", "BenchmarkRun/by=leafcam 1 5 apples\n", "nothing was measured"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &samples{figures: map[sample][]float64{}}
			err := s.read(sprint(), []byte(tc.output))
			if err == nil {
				_, err = sprint().rows(s, 2, machine{})
			}
			require.ErrorContains(t, err, tc.fails)
		})
	}
}

// reported is a report with one row for each verdict.
func reported(verdicts ...verdict) *report {
	g := sprint()
	m := measured{group: g, versions: map[string]string{"other": "1.2"}}
	for _, v := range verdicts {
		m.rows = append(m.rows, row{
			what: "Run", unit: g.units[0], ours: 0.001, anchor: "other", theirs: 0, ratio: math.Inf(1), spread: math.Inf(1),
			goal: &goal{own: true, atMost: true, figure: 1}, verdict: v,
		})
	}
	return &report{at: time.Now(), rounds: 10, groups: []measured{m}, machine: machine{others: math.NaN()}}
}

func TestStatus(t *testing.T) {
	require.Equal(t, 0, reported(verdictNone, verdictMet).status())
	require.Equal(t, exitTooBusy, reported(verdictMet, verdictTooBusy, verdictMet).status())
	require.Equal(t, exitMissed, reported(verdictTooBusy, verdictMissed, verdictTooBusy).status())
}

// TestJSON: what JSON cannot hold is null.
func TestJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "figures.json")
	require.NoError(t, reported(verdictMissed).writeJSON(file))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var got reportJSON
	require.NoError(t, json.Unmarshal(data, &got))
	require.Equal(t, format, got.Format)
	require.Equal(t, exitMissed, got.Status)
	require.Nil(t, got.Others)
	require.Equal(t, []figureJSON{{
		Group: "sprint", What: "Run", Unit: "sec/op", Ours: 0.001, Anchor: &anchorJSON{Name: "other", Version: "1.2"},
		Goal: &goalJSON{Of: "ours", Sign: "<=", Figure: 1}, Verdict: "not met",
	}}, got.Figures)
}

// TestEvidence: the page has a part for each group, and what is written there says what, when and how.
func TestEvidence(t *testing.T) {
	page, err := readPage("../../../docs/evidence.md", allGroups())
	require.NoError(t, err)
	require.Contains(t, page, "make evidence")
	got, err := reported(verdictMet).fill("a\n<!-- sprint -->\nold\n<!-- end of sprint -->\nb\n")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(got, "a\n<!-- sprint -->\nMeasured on "), got)
	require.Contains(t, got, "    go run ./internal/tools/bench sprint\n")
	require.Contains(t, got, "| Run | 1.0 ms | other 1.2 | 0.0 ms | ∞ | ∞ | ≤ 1000.0 ms | met |\n<!-- end of sprint -->\nb\n")
	_, err = readPage("../../../docs/architecture.md", allGroups())
	require.ErrorContains(t, err, "where one is expected")
}

func TestChoose(t *testing.T) {
	o := options{rounds: 10}
	require.NoError(t, o.choose([]string{"check"}))
	require.Equal(t, []string{"check"}, names(o.groups))
	require.NoError(t, o.choose(nil))
	require.Len(t, o.groups, len(allGroups()))
	require.ErrorContains(t, o.choose([]string{"dance"}), `unknown group "dance"; known: engine, gateway`)
	o.rounds = 9
	require.ErrorContains(t, o.choose(nil), "fewer than 10 rounds")
}
