package main

import (
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"time"

	"github.com/leafcam/leafcam/internal/atomicfile"
)

// format is the version of the JSON.
const format = 1

type reportJSON struct {
	Format  int          `json:"format"`
	At      time.Time    `json:"at"`
	Seconds float64      `json:"seconds"` // that it took
	Rounds  int          `json:"rounds"`
	OS      string       `json:"os"`
	Arch    string       `json:"arch"`
	Go      string       `json:"go"`
	CPU     string       `json:"cpu"`
	CPUs    int          `json:"cpus"`
	Others  *float64     `json:"others"` // share of the machine that other processes had; null where it is not known
	Status  int          `json:"status"` // exit status
	Figures []figureJSON `json:"figures"`
}

type figureJSON struct {
	Group   string      `json:"group"`
	What    string      `json:"what"`
	Unit    string      `json:"unit"`
	Ours    float64     `json:"ours"`
	Anchor  *anchorJSON `json:"anchor"` // null where it is not here
	Spread  *float64    `json:"spread"` // of the ratios; of our figures where the goal is one of ours; null around nothing
	Goal    *goalJSON   `json:"goal"`   // null where there is none
	Verdict string      `json:"verdict"`
}

type anchorJSON struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Figure  float64  `json:"figure"`
	Ratio   *float64 `json:"ratio"` // ours by the anchor's; null where that did nothing
}

type goalJSON struct {
	Of     string  `json:"of"`   // "ratio" or "ours"
	Sign   string  `json:"sign"` // "<=" or ">="
	Figure float64 `json:"figure"`
}

// writeJSON writes the figures for machines.
func (r *report) writeJSON(file string) error {
	j := reportJSON{
		Format: format, At: r.at.UTC(), Seconds: r.took.Seconds(), Rounds: r.rounds, OS: runtime.GOOS, Arch: runtime.GOARCH,
		Go: runtime.Version(), CPU: r.machine.cpu, CPUs: runtime.NumCPU(), Status: r.status(), Figures: []figureJSON{},
	}
	j.Others = finite(r.machine.others)
	for _, m := range r.groups {
		for _, row := range m.rows {
			j.Figures = append(j.Figures, m.figureJSON(row))
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(j); err != nil {
		return err
	}
	return atomicfile.Replace(file, out.Bytes(), atomicfile.Public)
}

// finite returns what JSON can hold, or nil.
func finite(figure float64) *float64 {
	if math.IsNaN(figure) || math.IsInf(figure, 0) {
		return nil
	}
	return &figure
}

func (m measured) figureJSON(r row) figureJSON {
	f := figureJSON{Group: m.name, What: r.what, Unit: r.unit.name, Ours: r.ours, Spread: finite(r.spread), Verdict: string(r.verdict)}
	for _, a := range m.anchors {
		if a.value == r.anchor {
			f.Anchor = &anchorJSON{a.name, m.versions[a.value], r.theirs, finite(r.ratio)}
		}
	}
	if r.goal != nil {
		f.Goal = &goalJSON{"ratio", ">=", r.goal.figure}
		if r.goal.own {
			f.Goal.Of = "ours"
		}
		if r.goal.atMost {
			f.Goal.Sign = "<="
		}
	}
	return f
}
