package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
)

// display prints what the camera does. It is a [livepage.Observer].
type display struct {
	mu   sync.Mutex
	out  io.Writer
	json bool
}

// line writes one object in one write, so that a reader never sees half of it.
func (d *display) line(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // events always encode
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out.Write(append(b, '\n'))
}

func (d *display) text(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.out, format+"\n", args...)
}

func (d *display) listening(addr net.Addr, info cameraInfo) {
	if d.json {
		d.line(struct {
			Event string `json:"event"`
			Addr  string `json:"addr"`
		}{"listening", addr.String()})
		return
	}
	fw := info.given.Firmware()
	d.text("camera %s (MicroPython %s, Mbed TLS %s) on https://%s/, script %s", fw.Name, fw.MicroPython, fw.MbedTLS, addr, info.script)
	d.text("presents %s, key %s; Ctrl-C stops it", describeChain(info.given.Chain()), info.given.KeyKind())
	if info.served.Gap() {
		d.text("does not present %s: who asks for a page all the same found it elsewhere, or verifies nothing", info.served.Lacks())
	}
	if b := info.given.Board(); b != nil {
		d.text("board %s: heap %s, room for %d connection(s) at a time; %s with %d sockets",
			b.Name, describeHeap(b.Heap), info.given.Fit(), b.Network.Name, b.Network.Connections)
	}
	if info.delay != nil {
		d.text("delays as on another board, an estimate: %s", info.delay.Source)
	}
}

// page tells where the page is.
func (d *display) page(addr net.Addr, exposed bool) {
	if d.json {
		d.line(struct {
			Event string `json:"event"`
			URL   string `json:"url"`
		}{"page", "http://" + addr.String() + "/"})
		return
	}
	d.text("page http://%s/", addr)
	if exposed {
		d.text("that page is not for this machine alone: whoever reaches it sees the connections and can switch the camera")
	}
}

// Progress does nothing: a line is printed when a connection has ended.
func (d *display) Progress(int, device.Event, hostsim.Sighting) {}

// Stalled tells of a client for which the board had no socket.
func (d *display) Stalled(_ int, remote net.Addr) {
	if d.json {
		d.line(struct {
			Event  string `json:"event"`
			Remote string `json:"remote"`
		}{"no_socket", remote.String()})
		return
	}
	d.text("%s  %-21s  waits: the board has no socket left, and would not answer yet", time.Now().Format(time.TimeOnly), remote)
}

// Reset tells of a client that was reset.
func (d *display) Reset(_ int, remote net.Addr) {
	if d.json {
		d.line(struct {
			Event  string `json:"event"`
			Remote string `json:"remote"`
		}{"backlog_full", remote.String()})
		return
	}
	d.text("%s  %-21s  %s", time.Now().Format(time.TimeOnly), remote, hostsim.SeeReset().Sentence)
}

// Ended tells of a connection.
func (d *display) Ended(_ int, e device.Event, s hostsim.Sighting) {
	if d.json {
		d.line(withSighting{e, s})
		return
	}
	d.text("%s  %-21s  %s", e.Start.Format(time.TimeOnly), e.Remote, describeEvent(e, s))
}

// withSighting is an event's JSON with the sighting at its end.
type withSighting struct {
	event    device.Event
	sighting hostsim.Sighting
}

// MarshalJSON adds the key sighting to the event's own.
func (w withSighting) MarshalJSON() ([]byte, error) {
	event, err := json.Marshal(w.event)
	if err != nil {
		return nil, err
	}
	sighting, err := json.Marshal(w.sighting)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(event[:len(event)-1], `,"sighting":%s}`, sighting), nil
}
