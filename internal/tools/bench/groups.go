package main

import (
	"context"
	"io"
	"runtime"
)

// A group is figures that are measured in the same way. Names of its benchmarks have a part that tells the sides
// apart: one is ours, the others are anchors.
type group struct {
	name  string
	title string
	side  string // key of that part
	ours  string // its value for leafcam
	// anchors are what it is compared with, by their values.
	anchors []anchor
	units   []unit
	goals   []goal
	source  source
}

// An anchor is a program, or a library, that leafcam is measured beside.
type anchor struct {
	value, name string
	// version asks which one it is; the error says that it is not here.
	version func(context.Context) (string, error)
}

// A source measures a group. Its figures are in the format of Go's benchmarks.
type source interface {
	// prepare makes what is measured, in an empty folder that is there for as long.
	prepare(ctx context.Context, dir string) error
	// round measures every side once.
	round(ctx context.Context, out io.Writer) error
}

// A unit is one that is shown, of the benchmarks that report it.
type unit struct {
	name  string // as package benchfmt names it
	show  func(float64) string
	title string // of the figure, behind what was measured; "" where there is but one
}

// A goal is for a benchmark. It is one of the ratio, or of our own figure.
type goal struct {
	of     string // the benchmark, as it is shown
	unit   string
	own    bool
	atMost bool // atLeast otherwise
	figure float64
}

// goVersion is of what this program was built with, as are the benchmarks.
func goVersion(context.Context) (string, error) { return runtime.Version(), nil }

// allGroups returns the groups in the order of a report.
func allGroups() []group {
	return []group{checks(), commands()}
}

func names(groups []group) (list []string) {
	for _, g := range groups {
		list = append(list, g.name)
	}
	return list
}

// checks are those of many devices, on one core.
func checks() group {
	return group{
		name: "check", title: "checks in a second of one core's time, beside what crypto/x509 and crypto/tls take to read and verify the same files",
		side: "by", ours: "leafcam",
		anchors: []anchor{{"go", "crypto/x509", goVersion}},
		units:   []unit{{name: "checks/cpu-s", show: aSecond}},
		goals: []goal{
			{of: "Check, leaf", unit: "checks/cpu-s", own: true, figure: 5000},
			{of: "Check, chain", unit: "checks/cpu-s", own: true, figure: 1500},
		},
		source: &goTest{pkg: "./hostsim/preflight", benchmarks: "^BenchmarkCheck$", time: "300ms", flags: []string{"-test.cpu=1"}},
	}
}

// commands are processes, from their start to their end.
func commands() group {
	g := group{
		name: "command", title: "the command, from the start of its process to the end, beside openssl on the same files",
		side: "by", ours: "leafcam",
		anchors: []anchor{{"openssl", "openssl", opensslVersion}},
		units:   []unit{{name: "sec/op", show: milliseconds}},
		source:  &processes{},
	}
	for _, c := range processCases {
		if c.check {
			g.goals = append(g.goals, goal{of: "Command, " + c.name, unit: "sec/op", own: true, atMost: true, figure: 0.050})
		}
	}
	return g
}
