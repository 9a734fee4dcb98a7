package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/hostsim/livepage"
	"github.com/leafcam/leafcam/hostsim/stage"
)

// servedPage is the live page of serve.
type servedPage struct {
	listener net.Listener
	journal  *livepage.Journal
	cancel   context.CancelFunc
	ended    chan struct{}
}

// openPage listens for the page: on this machine alone, unless the address says otherwise.
func (o serveOptions) openPage() (*servedPage, error) {
	address := o.page
	if _, err := strconv.Atoi(address); err == nil {
		address = ":" + address
	}
	l, err := net.Listen("tcp", onThisMachine(address))
	if err != nil {
		return nil, environment(fmt.Errorf("cannot serve the page: %w; choose another address with --page, such as 127.0.0.1:8080", err))
	}
	return &servedPage{listener: l, journal: livepage.NewJournal(), ended: make(chan struct{})}, nil
}

// onThisMachine adds loopback to an address that is a port alone.
func onThisMachine(address string) string {
	if strings.HasPrefix(address, ":") {
		return "127.0.0.1" + address
	}
	return address
}

// start serves the page until stop.
func (p *servedPage) start(ctx context.Context, stage *stage.Stage, info cameraInfo, show *display) {
	firmware := info.given.Firmware()
	options := livepage.Options{
		Firmware: firmware.Name, Versions: fmt.Sprintf("MicroPython %s, Mbed TLS %s", firmware.MicroPython, firmware.MbedTLS),
		Script: info.script, Key: info.given.KeyKind(),
	}
	if leaf := info.served.Leaf(); len(leaf.DNSNames) > 0 {
		options.Host = leaf.DNSNames[0]
	} else if len(leaf.IPAddresses) > 0 {
		options.Host = leaf.IPAddresses[0].String()
	}
	if b := info.given.Board(); b != nil {
		options.Board = fmt.Sprintf("%s, heap %s, %s with %d sockets", b.Title, describeHeap(b.Heap), b.Network, b.Network.Connections)
	}
	page := livepage.NewPage(stage, p.journal, p.listener.Addr(), options)
	ctx, p.cancel = context.WithCancel(ctx)
	go func() {
		defer close(p.ended)
		_ = page.Serve(ctx, p.listener) // ends with stop
	}()
	at := p.listener.Addr().(*net.TCPAddr)
	show.page(at, !at.IP.IsLoopback())
}

// stop ends the page and waits until it has.
func (p *servedPage) stop() {
	p.cancel()
	<-p.ended
}
