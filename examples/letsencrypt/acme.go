package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/pebble"
)

// authority is the CA that orders are sent to.
type authority struct{ *pebble.CA }

// An order is a certificate to be had from the CA.
type order struct {
	tool      string // certbot or lego
	challenge string // http-01 or dns-01
	links     int    // intermediates between leaf and root
	request   bool   // with a key and a request that leafcam csr would make
}

func (o order) String() string {
	return fmt.Sprintf("%s asks Pebble for a certificate for %s by %s", o.tool, host, o.challenge)
}

// issue gets the certificate and returns what is to be read: paths of a delivery.
func (a authority) issue(ctx context.Context, self string, o order) (delivery []string, err error) {
	switch {
	case o.tool == "lego":
		return a.lego(ctx)
	case o.request:
		return a.certbotWithRequest(ctx)
	}
	return a.certbot(ctx, self, o.challenge)
}

// lego gets a certificate by HTTP-01 and returns lego's folder.
func (a authority) lego(ctx context.Context) ([]string, error) {
	base := filepath.Join(a.Dir, "lego")
	cmd := exec.CommandContext(ctx, "lego", "--server", a.Directory, "--accept-tos", "--email", "camera@example.com", "--domains", host,
		"--path", base, "--http", "--http.port", fmt.Sprintf("127.0.0.1:%d", a.HTTPPort), "run")
	cmd.Env = append(os.Environ(), "LEGO_CA_CERTIFICATES="+a.File)
	return []string{base}, a.run(cmd)
}

// certbotWithRequest hands certbot a request: the key never leaves its folder, and certbot writes
// what came where it is told to.
func (a authority) certbotWithRequest(ctx context.Context) ([]string, error) {
	base := filepath.Join(a.Dir, "certbot-request")
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, err
	}
	key, err := certs.GenerateKey(certs.KeyECDSAP256)
	if err != nil {
		return nil, err
	}
	request, err := certs.NewRequest(key, []certs.HostName{{Name: host, Kind: certs.NamePublic}})
	if err != nil {
		return nil, err
	}
	id := certs.Identity{Key: key}
	requestFile, keyFile, leaf, chain := filepath.Join(base, "server.csr"),
		filepath.Join(base, "server.key.pem"), filepath.Join(base, "cert.pem"), filepath.Join(base, "chain.pem")
	err = errors.Join(os.WriteFile(requestFile, request, 0o600), os.WriteFile(keyFile, id.EncodeKeyPEM(), 0o600))
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "certbot", a.certbotArgs(base, "http-01",
		"--csr", requestFile, "--cert-path", leaf, "--chain-path", chain, "--fullchain-path", filepath.Join(base, "full.pem"))...)
	cmd.Env = append(os.Environ(), "REQUESTS_CA_BUNDLE="+a.File)
	return []string{requestFile, keyFile, leaf, chain}, a.run(cmd)
}

// certbotArgs are what certbot is told whatever the order.
func (a authority) certbotArgs(base, challenge string, more ...string) []string {
	args := append([]string{
		"certonly", "--non-interactive", "--agree-tos", "--register-unsafely-without-email", "--no-random-sleep-on-renew",
		"--server", a.Directory, "--preferred-challenges", strings.TrimSuffix(challenge, "-01"),
		"--config-dir", base, "--work-dir", filepath.Join(base, "work"), "--logs-dir", filepath.Join(base, "logs"),
	}, more...)
	if challenge == "http-01" {
		args = append(args, "--standalone", "--http-01-address", "127.0.0.1", "--http-01-port", fmt.Sprint(a.HTTPPort))
	}
	return args
}

// run runs an ACME client; its error has what both ends said.
func (a authority) run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s\nPebble said:\n%s", filepath.Base(cmd.Path), err, out, a.Said())
	}
	return nil
}

// dnsHook is the argument with which certbot calls this program.
const dnsHook = "publish-txt"

// certbot gets a certificate and returns certbot's live folder.
func (a authority) certbot(ctx context.Context, self, challenge string) ([]string, error) {
	base := filepath.Join(a.Dir, "certbot-"+challenge)
	args := a.certbotArgs(base, challenge, "--domain", host)
	if challenge == "dns-01" {
		// certbot looks for the hook's first word without unquoting it: a script of ours
		// has a name that needs no quotes.
		hook := filepath.Join(a.Dir, "hook")
		script := fmt.Sprintf("#!/bin/sh\nexec '%s' %s %s\n", strings.ReplaceAll(self, "'", `'\''`), dnsHook, a.Challenges)
		if err := os.WriteFile(hook, []byte(script), 0o700); err != nil {
			return nil, err
		}
		args = append(args, "--manual", "--manual-auth-hook", hook)
	}
	cmd := exec.CommandContext(ctx, "certbot", args...)
	cmd.Env = append(os.Environ(), "REQUESTS_CA_BUNDLE="+a.File)
	return []string{filepath.Join(base, "live", host)}, a.run(cmd)
}

// publishTXT puts the answer to a DNS-01 challenge into the challenge server.
func publishTXT(challenges, domain, value string) error {
	record, err := json.Marshal(map[string]string{"host": "_acme-challenge." + domain + ".", "value": value})
	if err != nil {
		return err
	}
	response, err := http.Post(challenges+"/set-txt", "application/json", bytes.NewReader(record))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the challenge server answers %s", response.Status)
	}
	return nil
}
