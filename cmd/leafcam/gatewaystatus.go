package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/spf13/pflag"

	"github.com/leafcam/leafcam/hostsim/gateway"
	"github.com/leafcam/leafcam/hostsim/gateway/status"
)

// statusOptions are the flags of what tells how a gateway is.
type statusOptions struct {
	address string
	exposed bool
}

func (o *statusOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.address, "status", "", "`ADDRESS` of /healthz and /metrics, such as 127.0.0.1:9180; :9180 is also on this machine only")
	f.BoolVar(&o.exposed, "status-exposed", false, "let --status listen where other machines reach it")
}

// A servedStatus is served until it is closed. A nil one is not served at all.
type servedStatus struct {
	listener net.Listener
	ended    chan struct{}
	cancel   context.CancelFunc
}

// listen takes the address, if there is one: other machines are let in by a flag of its own alone.
func (o statusOptions) listen() (*servedStatus, error) {
	if o.address == "" {
		if o.exposed {
			return nil, usage(errors.New("--status-exposed belongs to a --status"))
		}
		return nil, nil
	}
	address := o.address
	if !o.exposed {
		address = onThisMachine(address)
	}
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, usage(fmt.Errorf("--status: %w", err))
	}
	if !at.IP.IsLoopback() && !o.exposed {
		return nil, usage(fmt.Errorf("--status %s: other machines reach this address; give --status-exposed if that is meant", o.address))
	}
	l, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, environment(fmt.Errorf("cannot serve the status: %w; choose another address with --status", err))
	}
	return &servedStatus{listener: l}, nil
}

// start serves until close.
func (s *servedStatus) start(g *gateway.Gateway, log *slog.Logger) {
	if s == nil {
		return
	}
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background()) // longer than viewers are served
	s.ended = make(chan struct{})
	log.Info("status", "address", s.listener.Addr().String())
	go func() {
		defer close(s.ended)
		if err := status.Serve(ctx, s.listener, status.Handler(g.Figures)); err != nil {
			log.Error("the status is not served any more", "error", err.Error())
		}
	}()
}

// close ends it, started or not.
func (s *servedStatus) close() {
	if s == nil {
		return
	}
	if s.ended != nil {
		s.cancel()
		<-s.ended
	}
	_ = s.listener.Close() // where it was started, the server has closed it: its end is no error then
}
