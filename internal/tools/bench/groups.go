package main

import (
	"context"
	"io"
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
	// measure measures every side once in each round.
	measure(ctx context.Context, rounds int, out io.Writer) error
}

// An atOnce source has rounds of its own, and goes through all of them at once. The rounds of the others are mixed.
type atOnce interface{ atOnce() }

// A unit is one that is shown, of the benchmarks that report it.
type unit struct {
	name  string // as package benchfmt names it
	of    string // how the benchmarks begin that it is shown of; "" for all
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

// allGroups returns the groups in the order of a report.
func allGroups() []group {
	return []group{engine(), gateway(), proxies(), checks(), commands()}
}

func names(groups []group) (list []string) {
	for _, g := range groups {
		list = append(list, g.name)
	}
	return list
}

// engine is the camera's TLS.
func engine() group {
	g := group{
		name:  "engine",
		title: "the camera's engine beside crypto/tls, as servers of one client, whose work is in the times",
		side:  "server", ours: "engine",
		anchors: []anchor{{"std", "crypto/tls", goVersion}},
		units: []unit{
			{name: "sec/op", of: "Handshake", show: microseconds}, {name: "B/s", of: "10MiB", show: mebibytes},
			{name: "B/s", of: "SmallRecords", show: mebibytes},
		},
		source: &goTest{pkg: "./device", benchmarks: "^(BenchmarkHandshake|Benchmark10MiB|BenchmarkSmallRecords)$", time: "200ms"},
	}
	for key, most := range map[string]float64{"ecdsa-p256": 0.90, "ecdsa-p384": 0.97, "rsa-2048": 0.97} {
		for _, transport := range []string{"memory", "tcp"} {
			of := ", " + key + ", " + transport
			g.goals = append(g.goals, goal{of: "Handshake" + of, unit: "sec/op", atMost: true, figure: most},
				goal{of: "10MiB" + of, unit: "B/s", figure: 1})
		}
	}
	return g
}

// gateway is what a page costs.
func gateway() group {
	return group{
		name:  "gateway",
		title: "a small page through the gateway beside the bare httputil.ReverseProxy, of a quick camera and one that takes 20 ms",
		side:  "through", ours: "gateway",
		anchors: []anchor{{"httputil", "httputil.ReverseProxy", goVersion}},
		units:   []unit{{name: "sec/op", show: microseconds}},
		source:  &goTest{pkg: "./hostsim/gateway", benchmarks: "^BenchmarkPage$", time: "500ms"},
	}
}

// proxies are processes that stand before a camera.
func proxies() group {
	return group{
		name:  "proxies",
		title: "the gateway beside nginx and HAProxy as examples/gateway has them; the camera and viewers share the machine",
		side:  "through", ours: "leafcam",
		anchors: []anchor{{"nginx", "nginx", versionOf("nginx")}, {"HAProxy", "HAProxy", versionOf("haproxy")}},
		units: []unit{
			{name: "pages/s", show: aSecond}, {name: "cpu-ms/page", show: ofMilliseconds, title: "CPU a page"},
			{name: "frames/s", show: aSecond, title: "frames"}, {name: "viewers", show: count, title: "who see it"},
			{name: "resident-B", show: memory, title: "memory"},
		},
		goals:  []goal{{of: "Pages, keep-alive", unit: "pages/s", figure: 0.8}},
		source: &gateways{},
	}
}

// checks are those of many devices, on one core.
func checks() group {
	return group{
		name:  "check",
		title: "checks in a second of one core's time, beside what crypto/x509 and crypto/tls take to read and verify the same files",
		side:  "by", ours: "leafcam",
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
		name:  "command",
		title: "the command, from the start of its process to the end, beside openssl on the same files",
		side:  "by", ours: "leafcam",
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
