package clients

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
)

// chromium trusts what the NSS database of its user says. An intermediate without
// trust flags there completes chains and is no anchor.
var chromium = &hostsim.Client{
	Name: "chromium", Title: "Chromium", Library: "BoringSSL, Chromium's verifier", Package: "chromium libnss3-tools",
	Programs: []string{"chromium", "certutil"}, Version: []string{"--version"},
	Prepare: nssDatabase,
	Command: func(v *hostsim.Visit) hostsim.Command {
		args := []string{
			v.Program("chromium"), "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
			"--disable-extensions", "--disable-dev-shm-usage", "--user-data-dir=" + v.File("profile"),
			"--host-resolver-rules=" + resolverRules(v),
		}
		if v.AIAProxy != "" {
			args = append(args, "--proxy-server=http="+v.AIAProxy)
		}
		if os.Geteuid() == 0 {
			args = append(args, "--no-sandbox") // it refuses to start as root otherwise
		}
		return hostsim.Command{Args: append(args, "--dump-dom", v.URL())}
	},
}

// resolverRules maps the names of the cell to their addresses and every other one to
// nothing.
func resolverRules(v *hostsim.Visit) string {
	rules := ""
	for name, address := range v.Hosts() {
		rules += fmt.Sprintf("MAP %s %s, ", name, address)
	}
	return rules + "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
}

// nssDatabase puts roots in as CAs, pinned leaves as trusted peers and intermediates
// without any trust.
func nssDatabase(ctx context.Context, v *hostsim.Visit) error {
	dir := v.File(".pki/nssdb")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	certutil := []string{v.Program("certutil"), "-d", "sql:" + dir}
	if err := v.Run(ctx, nil, append(certutil, "-N", "--empty-password")...); err != nil {
		return err
	}
	for _, group := range []struct {
		trust string
		list  []*x509.Certificate
	}{{"C,,", v.Roots}, {"P,,", v.Pinned}, {",,", v.Store}} {
		for i, cert := range group.list {
			file := v.File(fmt.Sprintf("nss-%d.pem", i))
			if err := certs.Replace(file, certs.EncodePEM(cert), certs.ModeCert); err != nil {
				return err
			}
			name := fmt.Sprintf("%s %d", group.trust, i)
			if err := v.Run(ctx, nil, append(certutil, "-A", "-n", name, "-t", group.trust, "-i", file)...); err != nil {
				return err
			}
		}
	}
	return nil
}
