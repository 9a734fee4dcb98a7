package main

import (
	"fmt"
	"math"
	"runtime"

	"golang.org/x/perf/benchfmt"
)

// machine is what was measured on.
type machine struct {
	cpu    string
	others float64 // share of its processors that other processes had; NaN where that cannot be told
	load   string  // average of the last minutes; "" where there is none
}

// seen keeps what a benchmark says of the processor.
func (m *machine) seen(r *benchfmt.Result) {
	if cpu := r.GetConfig("cpu"); cpu != "" {
		m.cpu = cpu
	}
}

func (m *machine) merge(other machine) {
	if other.cpu != "" {
		m.cpu = other.cpu
	}
}

// watchMachine returns a function that says how busy the machine was since.
func watchMachine() func() machine {
	before, known := usage()
	return func() machine {
		m := machine{others: math.NaN(), load: loadAverage()}
		if after, ok := usage(); known && ok && after.all > before.all {
			others := (after.busy - before.busy) - (after.own - before.own)
			m.others = max(0, others/(after.all-before.all))
		}
		return m
	}
}

// used is what processors have done, in seconds.
type used struct{ all, busy, own float64 }

// String is what is said of the machine.
func (m machine) String() string {
	text := fmt.Sprintf("%d CPUs", runtime.NumCPU())
	if m.cpu != "" {
		text += " (" + m.cpu + ")"
	}
	return fmt.Sprintf("%s, %s/%s, %s", text, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// company says what else ran.
func (m machine) company() string {
	if math.IsNaN(m.others) {
		return "what else ran on the machine cannot be told"
	}
	return fmt.Sprintf("other processes had %.0f %% of the machine (load average %s)", 100*m.others, m.load)
}
