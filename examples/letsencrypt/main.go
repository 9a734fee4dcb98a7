// Command letsencrypt shows the way of a real certificate onto a camera: Pebble, Let's
// Encrypt's test CA, and certbot issue it by HTTP-01 and by DNS-01, its PEM files become
// DER, the emulated camera loads them, and this machine's clients connect.
//
//	go run ./examples/letsencrypt
//
// It needs Go and certbot, and stays on 127.0.0.1; only Go's module proxy is asked for
// Pebble's source when it is not cached.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/report"
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
	exit(run(ctx, self, os.Stdout))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "letsencrypt: "+err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

var errNoCertbot = errors.New("certbot is not installed: apt-get install certbot")

// run does everything in a temporary directory. self is the program that certbot calls
// for DNS-01.
func run(ctx context.Context, self string, out io.Writer) error {
	if _, err := exec.LookPath("certbot"); err != nil {
		return errNoCertbot
	}
	dir, err := os.MkdirTemp("", "leafcam-letsencrypt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(out, "building Pebble and its challenge server")
	ca, err := startCA(ctx, dir)
	if err != nil {
		return err
	}
	defer ca.stop()
	for _, challenge := range []string{"http-01", "dns-01"} {
		fmt.Fprintf(out, "certbot asks Pebble for a certificate for %s by %s\n", host, challenge)
		live, err := ca.issue(ctx, self, challenge)
		if err != nil {
			return err
		}
		files, err := flash(live, filepath.Join(dir, "camera-"+challenge))
		if err != nil {
			return err
		}
		if files.Root, err = ca.root(ctx); err != nil {
			return err
		}
		if err := tryClients(ctx, out, files); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "\nPebble's leaves carry no AIA URL, so the column AIA does not apply: no client could fetch the intermediate.")
	return nil
}

// flash turns certbot's PEM files into the camera's DER files and loads them, as the
// camera would from its flash.
func flash(live, camera string) (*hostsim.Files, error) {
	leaf, err := certs.ReadCertificates(filepath.Join(live, "cert.pem"))
	if err != nil {
		return nil, err
	}
	chain, err := certs.ReadCertificates(filepath.Join(live, "chain.pem"))
	if err != nil {
		return nil, err
	}
	keyPEM, err := os.ReadFile(filepath.Join(live, "privkey.pem"))
	if err != nil {
		return nil, err
	}
	key, err := certs.ParseKeyPEM(keyPEM)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(camera, 0o700); err != nil {
		return nil, err
	}
	certFile, keyFile := filepath.Join(camera, "server.der"), filepath.Join(camera, "server.key.der")
	if err := certs.WriteNew(certFile, leaf[0].Raw, certs.ModeCert); err != nil {
		return nil, err
	}
	if err := certs.WriteNew(keyFile, key, certs.ModeKey); err != nil {
		return nil, err
	}
	if err := device.NewSSLContext(device.OpenMV50).LoadCertChainFiles(certFile, keyFile); err != nil {
		return nil, fmt.Errorf("the camera does not load what certbot delivered: %w", err)
	}
	return &hostsim.Files{Cert: leaf[0].Raw, Key: key, Leaf: leaf[0], Chain: chain}, nil
}

// errMatrix is returned when a client did what it must not do.
var errMatrix = errors.New("the clients' outcome is not what a leaf without its intermediate leads to")

func tryClients(ctx context.Context, out io.Writer, files *hostsim.Files) error {
	m, err := hostsim.Runner{Clients: clients.Demo(), Files: files, Host: host}.Run(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the camera presents %d octets of DER, signed by %q\n", len(files.Cert), files.Leaf.Issuer.CommonName)
	report.Table(out, m, report.TableOptions{})
	for _, r := range m.Rows {
		if !r.Installed || !r.Trustworthy {
			continue
		}
		alone, sent := r.Cell(hostsim.LeafOnly.Name), r.Cell(hostsim.SecondLoad.Name)
		if alone.ChainCompleted || sent.Verdict == hostsim.Refused {
			return fmt.Errorf("%w: %s", errMatrix, r.Title)
		}
	}
	return nil
}
