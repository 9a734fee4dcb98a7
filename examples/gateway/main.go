// Command gateway shows the cure that needs another machine: an emulated camera with a self-signed
// certificate, a gateway in front of it with the full chain, and this machine's clients, which
// refuse the leaf alone and complete through the gateway.
//
//	go run ./examples/gateway
//
// It needs Go, and stays on 127.0.0.1.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, clients.Demo()); err != nil {
		fmt.Fprintln(os.Stderr, "gateway: "+err.Error())
		os.Exit(1)
	}
}

// errRefused is returned when a client does not complete through the gateway.
var errRefused = errors.New("does not complete through the gateway")

func run(ctx context.Context, out io.Writer, list []*hostsim.Client) error {
	fmt.Fprintln(out,
		"left: the camera alone, with a CA's leaf; right: the same leaf with its intermediate on a gateway, and the camera behind it self-signed")
	m, err := hostsim.Runner{Clients: list, Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioGateway()}}.Run(ctx)
	if err != nil {
		return err
	}
	report.Table(out, m, report.TableOptions{})
	for _, r := range m.Rows {
		if c := r.Cell(hostsim.ScenarioGateway().Name); r.Installed && r.Trustworthy && c.Verdict == verdict.VerdictRefused {
			return fmt.Errorf("%s %w: %s", r.Title, errRefused, c.Reason())
		}
	}
	return nil
}
