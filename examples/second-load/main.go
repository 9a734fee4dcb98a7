// Command second-load shows the cure that needs nothing but one more line on the camera: the clients
// of this machine before and after, what happens beyond the camera's limit of 4096 octets, and which
// firmware does not need it.
//
//	go run ./examples/second-load
//
// It needs Go, and stays on 127.0.0.1.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

const host = "cam.example.com"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, clients.Demo()); err != nil {
		fmt.Fprintln(os.Stderr, "second-load: "+err.Error())
		os.Exit(1)
	}
}

// errRefused is returned when a client refuses the whole chain.
var errRefused = errors.New("refuses leaf and intermediate")

func run(ctx context.Context, out io.Writer, list []*hostsim.Client) error {
	fmt.Fprint(out, "On the camera:\n")
	for _, line := range delivery.LoadingLines(1) {
		fmt.Fprintln(out, "    "+line)
	}
	fmt.Fprintln(out, "\nBefore (the first load alone) and after (both):")
	m, err := hostsim.Runner{Clients: list, Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioSecondLoad()}}.Run(ctx)
	if err != nil {
		return err
	}
	report.Table(out, m, report.TableOptions{})
	for _, r := range m.Rows {
		if c := r.Cell(hostsim.ScenarioSecondLoad().Name); r.Installed && c.Verdict == verdict.VerdictRefused {
			return fmt.Errorf("%s %w: %s", r.Title, errRefused, c.Reason())
		}
	}
	fmt.Fprintln(out, "\nThe limit, with the sizes of Let's Encrypt's RSA chain (Generation Y, two intermediates):")
	if err := limit(out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nA firmware that reads PEM does not need it:")
	return withPEM(out)
}

// limit loads leaves of growing size under the longest chain of today.
func limit(out io.Writer) error {
	pki, err := certs.NewGenerationY(certs.KeyRSA2048)
	if err != nil {
		return err
	}
	for _, names := range []int{1, 10, 30} {
		o := certs.LeafOptions{Key: certs.KeyRSA2048}
		for i := range names {
			o.DNS = append(o.DNS, fmt.Sprintf("camera-%02d.example.com", i))
		}
		leaf, err := pki.Issue(o)
		if err != nil {
			return err
		}
		c := device.NewSSLContext(device.OpenMV50)
		octets := 7
		for _, der := range append([][]byte{leaf.DER()}, raw(pki.Chain())...) {
			if err := c.LoadCertChain(der, leaf.KeyDER()); err != nil {
				return err
			}
			octets += 3 + len(der)
		}
		fmt.Fprintf(out, "    %2d name(s): leaf of %d octets, message of %d: %s\n",
			names, len(leaf.DER()), octets, connect(c, pki.Root.Certificate, o.DNS[0]))
	}
	return nil
}

func raw(list []*x509.Certificate) (ders [][]byte) {
	for _, c := range list {
		ders = append(ders, c.Raw)
	}
	return ders
}

// connect says what becomes of one connection.
func connect(c *device.SSLContext, root *x509.Certificate, name string) string {
	events := make(chan trace.Event, 1)
	camera, err := device.Start(device.CameraConfig{Context: c, OnEvent: func(e trace.Event) { events <- e }})
	if err != nil {
		return err.Error()
	}
	defer camera.Close()
	roots := x509.NewCertPool()
	roots.AddCert(root)
	conn, err := tls.Dial("tcp", camera.Addr().String(), &tls.Config{RootCAs: roots, ServerName: name})
	if err == nil {
		_ = conn.Close()
		return "the client accepts the chain"
	}
	return fmt.Sprintf("%s, and the client: %v", (<-events).Exception, err)
}

// withPEM loads a whole chain in one call.
func withPEM(out io.Writer) error {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	if err != nil {
		return err
	}
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{host}})
	if err != nil {
		return err
	}
	fullChain := certs.EncodePEM(append([]*x509.Certificate{leaf.Certificate}, pki.Chain()...)...)
	for _, firmware := range device.Firmwares() {
		c := device.NewSSLContext(firmware)
		if err := c.LoadCertChain(fullChain, leaf.EncodeKeyPEM()); err != nil {
			fmt.Fprintf(out, "    %-18s load_cert_chain(\"fullchain.pem\", \"privkey.pem\"): %v\n", firmware.Name, err)
			continue
		}
		fmt.Fprintf(out, "    %-18s load_cert_chain(\"fullchain.pem\", \"privkey.pem\"): presents %d certificates\n",
			firmware.Name, len(c.Chain()))
	}
	return nil
}
