package clients

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// chromium trusts what the NSS database of its user says. An intermediate without
// trust flags there completes chains and is no anchor.
var chromium = &hostsim.Client{
	Name: "chromium", Title: "Chromium", Stack: boringSSL, Library: "BoringSSL, Chromium's verifier",
	Needs: hostsim.Needs{
		Packages: []string{"chromium", "libnss3-tools"}, Programs: []string{"chromium", "certutil"},
		Version: []string{"--version"},
	},
	Known:   hostsim.Known{Family: "chromium", Words: chromiumWords, Browser: true},
	Prepare: nssDatabase,
	Command: func(v *hostsim.Visit) hostsim.Command { return chromiumCommand(v, os.Geteuid() == 0) },
}

// chromiumPolicy is told by an administrator whom to trust, and which intermediates are
// hints, in the place of Debian's own policies.
var chromiumPolicy = &hostsim.Client{
	Name: "chromium-policy", Title: "Chromium, by policy", Stack: boringSSL, Library: "BoringSSL, Chromium's verifier",
	Needs:     hostsim.Needs{Packages: []string{"chromium"}, Programs: []string{"chromium"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{Mounts: map[string]string{"/etc/chromium": "etc"}},
	Known:     hostsim.Known{Family: "chromium-policy", Words: chromiumWords, Browser: true},
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		policy := map[string][]string{}
		for _, c := range slices.Concat(v.Roots, v.Pinned) {
			policy["CACertificates"] = append(policy["CACertificates"], base64.StdEncoding.EncodeToString(c.Raw))
		}
		for _, c := range v.Store {
			policy["CAHintCertificates"] = append(policy["CAHintCertificates"], base64.StdEncoding.EncodeToString(c.Raw))
		}
		text, err := json.Marshal(policy)
		if err != nil {
			return err
		}
		dir := v.File("etc/policies/managed")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "leafcam.json"), text, 0o644)
	},
	Command: func(v *hostsim.Visit) hostsim.Command { return chromiumCommand(v, true) }, // mounting makes it root
}

// chromiumCommand is Chromium without a window. As root it refuses to start in its own
// sandbox.
func chromiumCommand(v *hostsim.Visit, root bool) hostsim.Command {
	args := []string{
		v.Program("chromium"), "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
		"--disable-extensions", "--disable-dev-shm-usage", "--user-data-dir=" + v.File("profile"),
		"--host-resolver-rules=" + resolverRules(v),
	}
	if v.AIAProxy != "" {
		args = append(args, "--proxy-server=http="+v.AIAProxy)
	}
	if root {
		args = append(args, "--no-sandbox")
	}
	return hostsim.Command{Args: append(args, "--dump-dom", v.URL())}
}

// resolverRules maps the names of the cell to their addresses and every other one to
// nothing.
func resolverRules(v *hostsim.Visit) string {
	rules := ""
	for name, address := range v.Hosts() {
		rules += fmt.Sprintf("MAP %s %s, ", name, address)
	}
	if v.IsAddress() { // nothing but that is there to be found
		return strings.TrimSuffix(rules, ", ")
	}
	return rules + "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
}

// nssDatabase makes the database of the user.
func nssDatabase(ctx context.Context, v *hostsim.Visit) error {
	return nssDatabaseAt(ctx, v, v.File(".pki/nssdb"), nssPeer, v.Store)
}

// How NSS is told that a certificate is to be trusted: to issue others, or to be itself.
// Which of the two lets a self-signed leaf pass differs between programs.
const (
	nssIssuer = "C,,"
	nssPeer   = "P,,"
)

// nssDatabaseAt puts roots in as CAs, pinned leaves with the given trust and intermediates
// without any.
func nssDatabaseAt(ctx context.Context, v *hostsim.Visit, dir, pinned string, intermediates []*x509.Certificate) error {
	if exists(filepath.Join(dir, "cert9.db")) {
		return nil // of an earlier visit, with the same certificates
	}
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
	}{{nssIssuer, v.Roots}, {pinned, v.Pinned}, {",,", intermediates}} {
		for i, cert := range group.list {
			file := v.File(fmt.Sprintf("nss-%d.pem", i))
			if err := atomicfile.Replace(file, certs.EncodePEM(cert), atomicfile.Public); err != nil {
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
