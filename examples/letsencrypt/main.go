// Command letsencrypt shows the way of a real certificate onto a camera: Pebble, Let's
// Encrypt's test CA, issues it to certbot and to lego, by HTTP-01 and by DNS-01, with one to three
// intermediates above it; what came is checked and converted, the emulated camera loads it, and
// this machine's clients connect.
//
//	go run ./examples/letsencrypt
//
// It needs Go, certbot and lego, and stays on 127.0.0.1; only Go's module proxy is asked for
// Pebble's source when it is not cached.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/internal/pebble"
)

// host is the name that the certificates are for.
const host = "cam.example.com"

func main() {
	// certbot calls this program again to publish a DNS-01 answer.
	if len(os.Args) == 3 && os.Args[1] == dnsHook {
		exit(publishTXT(os.Args[2], os.Getenv("CERTBOT_DOMAIN"), os.Getenv("CERTBOT_VALIDATION")))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		exit(err)
	}
	exit(run(ctx, self, os.Stdout, usual, clients.Demo()))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "letsencrypt: "+err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

// errNotInstalled is returned for an ACME client that is not there.
var errNotInstalled = errors.New("is not installed: apt-get install")

// usual are the orders of the demonstration: both challenges, both ACME clients, and chains of one, two
// and three intermediates.
var usual = []order{
	{tool: "certbot", challenge: "http-01", links: 1},
	{tool: "certbot", challenge: "dns-01", links: 2},
	{tool: "lego", challenge: "http-01", links: 3},
}

// run does everything in a temporary directory. self is the program that certbot calls
// for DNS-01.
func run(ctx context.Context, self string, out io.Writer, orders []order, list []*hostsim.Client) error {
	for _, o := range orders {
		if _, err := exec.LookPath(o.tool); err != nil {
			return fmt.Errorf("%s %w %s", o.tool, errNotInstalled, o.tool)
		}
	}
	dir, err := os.MkdirTemp("", "leafcam-letsencrypt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(out, "building Pebble and its challenge server")
	tools := filepath.Join(dir, "tools")
	if err := pebble.Build(ctx, tools); err != nil {
		return err
	}
	for i, o := range orders {
		if err := fill(ctx, self, tools, filepath.Join(dir, fmt.Sprint(i)), o, list, out); err != nil {
			return fmt.Errorf("%s: %w", o, err)
		}
	}
	fmt.Fprintln(out, "\nPebble's leaves carry no AIA URL, so the column AIA does not apply: no client could fetch the intermediate.")
	return nil
}

// fill gets one certificate, checks and converts it, and lets the clients connect.
func fill(ctx context.Context, self, tools, dir string, o order, list []*hostsim.Client, out io.Writer) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	ca, err := pebble.Start(ctx, tools, dir, o.links)
	if err != nil {
		return err
	}
	defer ca.Stop()
	fmt.Fprintf(out, "\n%s; %d intermediate(s) above it\n", o, o.links)
	delivered, err := authority{ca}.issue(ctx, self, o)
	if err != nil {
		return err
	}
	root, err := ca.Root(ctx)
	if err != nil {
		return err
	}
	camera := filepath.Join(dir, "camera")
	report, err := flash(ctx, delivered, camera, root, out)
	if err != nil {
		return err
	}
	return tryClients(ctx, out, camera, root, report, list)
}

// flash does what leafcam check and leafcam convert do: it looks at what came, and writes the
// camera's files.
func flash(ctx context.Context, delivered []string, camera string, root *x509.Certificate, out io.Writer) (*preflight.Report, error) {
	d, err := delivery.Read(ctx, delivered, delivery.Options{})
	if err != nil {
		return nil, err
	}
	subject, err := preflight.FromDelivery(d)
	if err != nil {
		return nil, err
	}
	report := preflight.Check(ctx, subject, preflight.Options{Host: host, Roots: []*x509.Certificate{root}})
	for _, f := range report.Findings {
		fmt.Fprintf(out, "  %s: %s\n", f.Severity, f.Title)
	}
	if report.Errors() > 0 {
		return nil, errors.New("the check finds errors in what the CA delivered")
	}
	files, err := d.CameraFiles()
	if err != nil {
		return nil, err
	}
	if _, err := delivery.WriteFiles(camera, files, false); err != nil {
		return nil, err
	}
	return report, nil
}

// errMatrix is returned when forecast and outcome differ.
var errMatrix = errors.New("a client did something else than the check forecast")

// tryClients lets the clients connect, and compares with what the check forecast.
func tryClients(
	ctx context.Context, out io.Writer, camera string, root *x509.Certificate, checked *preflight.Report, list []*hostsim.Client,
) error {
	rootFile := filepath.Join(camera, "root.pem")
	if err := os.WriteFile(rootFile, certs.EncodePEM(root), 0o600); err != nil {
		return err
	}
	files, err := hostsim.ReadFiles(device.OpenMV50, hostsim.FilePaths{
		Cert: filepath.Join(camera, delivery.CameraCert), Key: filepath.Join(camera, delivery.CameraKey),
		Chain: filepath.Join(camera, delivery.ChainFile), Root: rootFile,
	})
	if err != nil {
		return err
	}
	m, err := hostsim.Runner{Clients: list, Files: files, Host: host}.Run(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the camera presents %d octets of DER, signed by %q\n", len(files.Cert), files.Leaf.Issuer.CommonName)
	report.Table(out, m, report.TableOptions{})
	for i := range checked.Forecast {
		reach := &checked.Forecast[i]
		for _, r := range m.Rows {
			if !r.Installed || !r.Trustworthy || r.Family != reach.Family {
				continue
			}
			alone, sent := r.Cell(hostsim.ScenarioLeafOnly().Name), r.Cell(hostsim.ScenarioSecondLoad().Name)
			if alone.ChainCompleted != (reach.Under(preflight.CureLeafOnly).Outcome == preflight.OutcomeCompletes) ||
				sent.ChainCompleted != (reach.Under(preflight.CureSecondLoad).Outcome == preflight.OutcomeCompletes) {
				return fmt.Errorf("%w: %s", errMatrix, r.Title)
			}
		}
	}
	return nil
}
