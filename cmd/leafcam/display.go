package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/grid"
	"github.com/leafcam/leafcam/internal/printable"
)

// display prints what the camera does. It is a [stage.Observer].
type display struct {
	mu   sync.Mutex
	out  io.Writer
	json bool
	// width of the terminal, which the lines at the start are wrapped for; 0 without one
	width int
}

// eventFormat is the version of the JSON lines, which device/EVENTS.md describes.
const eventFormat = 1

// line writes one object in one write, so that a reader never sees half of it.
func (d *display) line(v any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = d.out.Write(encodedLine(v)) // who runs the camera hears of a reader that is gone
}

func encodedLine(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // events always encode
	}
	return append(printable.JSON(b), '\n')
}

// start prints a line about the camera. It is wrapped, other than those of connections, which are searched by lines.
func (d *display) start(format string, args ...any) {
	said := fmt.Sprintf(format, args...)
	if d.width > 0 {
		said = grid.Hanging("", "    ", said, d.width)
	}
	d.text("%s", said)
}

func (d *display) text(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.out, format+"\n", args...)
}

// gap stands for lines that a slow reader of the output did not get.
func (d *display) gap(left int) []byte {
	if !d.json {
		return fmt.Appendf(nil, "%d lines are left out: the output is not read fast enough\n", left)
	}
	return encodedLine(struct {
		Format int    `json:"format"`
		Event  string `json:"event"`
		Left   int    `json:"left_out"`
	}{eventFormat, "gap", left})
}

// shortage tells that no connection can be accepted for now, or, without an error, that it can again.
func (d *display) shortage(err error) {
	words := ""
	if err != nil {
		words = err.Error()
	}
	switch {
	case d.json:
		d.line(struct {
			Format int    `json:"format"`
			Event  string `json:"event"`
			Error  string `json:"error"`
		}{eventFormat, "shortage", words})
	case err != nil:
		d.text("%s  no connection can be accepted for now: %s", time.Now().Format(time.TimeOnly), words)
	default:
		d.text("%s  connections are accepted again", time.Now().Format(time.TimeOnly))
	}
}

func (d *display) listening(addr net.Addr, info cameraInfo) {
	if d.json {
		d.line(struct {
			Format int    `json:"format"`
			Event  string `json:"event"`
			Addr   string `json:"addr"`
		}{eventFormat, "listening", addr.String()})
		return
	}
	fw := info.given.Firmware()
	d.start("camera %s (MicroPython %s, Mbed TLS %s) on https://%s/, script %s", fw.Name, fw.MicroPython, fw.MbedTLS, addr, info.script)
	d.start("presents %s, key %s; Ctrl-C stops it", describeChain(info.given.Chain()), info.given.KeyKind())
	if info.served.Gap() {
		d.start("does not present %s: who asks for a page all the same found it elsewhere, or verifies nothing", info.served.Lacks())
	}
	if b := info.given.Board(); b != nil {
		room := "memory not modelled"
		if fit := info.given.Fit(); fit >= 0 {
			room = fmt.Sprintf("heap %s, room for %d connection(s) at a time", describeHeap(b.Heap), fit)
		}
		d.start("board %s, %s: %s; %s with %d sockets", b.Name, b.Title, room, b.Network, b.Network.Connections)
	}
	if info.delay != nil {
		d.start("delays %s, %s", info.delay.Name, info.delay.Source)
	}
}

// page tells where the page is.
func (d *display) page(addr net.Addr, exposed bool) {
	if d.json {
		d.line(struct {
			Format int    `json:"format"`
			Event  string `json:"event"`
			URL    string `json:"url"`
		}{eventFormat, "page", "http://" + addr.String() + "/"})
		return
	}
	d.text("page http://%s/", addr)
	if exposed {
		d.text("that page is not for this machine alone: anyone who reaches it sees the connections and can switch the camera")
	}
}

// Progress does nothing: a line is printed when a connection has ended.
func (d *display) Progress(int, trace.Event, verdict.Sighting) {}

// Stalled tells of a client for which the board had no socket.
func (d *display) Stalled(_ int, remote net.Addr) {
	if d.json {
		d.line(struct {
			Format int    `json:"format"`
			Event  string `json:"event"`
			Remote string `json:"remote"`
		}{eventFormat, "no_socket", remote.String()})
		return
	}
	d.text("%s  %-21s  waits: the board has no socket left, and would not answer yet", time.Now().Format(time.TimeOnly), remote)
}

// Reset tells of a client that was reset.
func (d *display) Reset(_ int, remote net.Addr) {
	if d.json {
		d.line(struct {
			Format int    `json:"format"`
			Event  string `json:"event"`
			Remote string `json:"remote"`
		}{eventFormat, "backlog_full", remote.String()})
		return
	}
	d.text("%s  %-21s  %s", time.Now().Format(time.TimeOnly), remote, verdict.SeeReset().Sentence)
}

// Ended tells of a connection.
func (d *display) Ended(_ int, e trace.Event, s verdict.Sighting) {
	if d.json {
		d.line(withSighting{e, s})
		return
	}
	d.text("%s  %-21s  %s", e.Start.Format(time.TimeOnly), e.Remote, describeEvent(e, s))
}

// withSighting is an event's JSON with the sighting at its end.
type withSighting struct {
	event    trace.Event
	sighting verdict.Sighting
}

// MarshalJSON adds the keys format and sighting to the event's own.
func (w withSighting) MarshalJSON() ([]byte, error) {
	event, err := json.Marshal(w.event)
	if err != nil {
		return nil, err
	}
	sighting, err := json.Marshal(w.sighting)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"format":%d,%s,"sighting":%s}`, eventFormat, event[1:len(event)-1], sighting), nil
}
