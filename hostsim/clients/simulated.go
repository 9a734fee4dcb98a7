package clients

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/policy"
)

// Platforms that do not run here, simulated: a TLS client of Go whose chains are built as
// the policy of the platform says. Their rows show no more than what the policy claims.

func simulatedClients() (list []*hostsim.Client) {
	for _, p := range policy.Platforms() {
		list = append(list, &hostsim.Client{
			Name: "sim-" + p.Name, Title: p.Title, Stack: p.Stack, Library: p.Verifier + " (simulated)",
			Known: hostsim.Known{Words: goWords, Simulated: p.Source + " (" + p.Date + ")"},
			Dial:  func(ctx context.Context, v *hostsim.Visit) ([]byte, error) { return simulate(ctx, v, p) },
		})
	}
	return list
}

// Limits of a simulated client's downloads: what Chromium allows, and enough for any chain.
const (
	downloadTimeout = 10 * time.Second
	maxDownloads    = 6
	maxDownload     = 64 << 10
)

func simulate(ctx context.Context, v *hostsim.Visit, p policy.Policy) ([]byte, error) {
	config := &tls.Config{
		ServerName:         v.Host,
		InsecureSkipVerify: true, // VerifyConnection decides
		VerifyConnection: func(state tls.ConnectionState) error {
			return verify(ctx, v, p, state.PeerCertificates)
		},
	}
	dialer := &tls.Dialer{Config: config}
	transport := &http.Transport{
		DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address(v))
		},
		DisableKeepAlives: true,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.URL(), nil)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(io.LimitReader(response.Body, maxDownload))
}

// verify builds a chain as the policy says.
func verify(ctx context.Context, v *hostsim.Visit, p policy.Policy, sent []*x509.Certificate) error {
	leaf := sent[0]
	if slices.ContainsFunc(v.Pinned, leaf.Equal) {
		return leaf.VerifyHostname(v.Host)
	}
	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), DNSName: v.Host}
	for _, c := range v.Roots {
		options.Roots.AddCert(c)
	}
	for _, c := range v.Store {
		if p.StoreIsAnchor {
			options.Roots.AddCert(c)
		} else {
			options.Intermediates.AddCert(c)
		}
	}
	for _, c := range sent[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := leaf.Verify(options)
	subject := leaf
	for range maxDownloads {
		var unknown x509.UnknownAuthorityError
		if !p.AIA || !errors.As(err, &unknown) {
			return err
		}
		issuer := download(ctx, v, p, subject)
		if issuer == nil {
			return err
		}
		options.Intermediates.AddCert(issuer)
		subject = issuer
		_, err = leaf.Verify(options)
	}
	return err
}

// download returns the issuer that the AIA URLs of a certificate lead to, or nil.
func download(ctx context.Context, v *hostsim.Visit, p policy.Policy, subject *x509.Certificate) *x509.Certificate {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(address); err == nil && v.AIAHosts[host] != "" {
			address = net.JoinHostPort(v.AIAHosts[host], port)
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	if v.AIAProxy != "" {
		transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: v.AIAProxy})
	}
	client := &http.Client{Transport: transport}
	for _, raw := range subject.IssuingCertificateURL {
		if u, err := url.Parse(raw); err != nil || u.Scheme != "http" {
			continue
		}
		body, err := get(ctx, client, raw)
		if err != nil {
			continue
		}
		for _, c := range parseIssuer(p, body) {
			if subject.CheckSignatureFrom(c) == nil {
				return c
			}
		}
	}
	return nil
}

func get(ctx context.Context, client *http.Client, raw string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, raw, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", raw, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxDownload))
}

// parseIssuer reads what the policy understands.
func parseIssuer(p policy.Policy, body []byte) []*x509.Certificate {
	if c, err := x509.ParseCertificate(body); err == nil {
		return []*x509.Certificate{c}
	}
	if list, err := delivery.ParsePKCS7(body); err == nil && p.PKCS7 {
		return list
	}
	if block, _ := pem.Decode(body); block != nil && p.PEM {
		list, _ := certs.ParseCertificates(body)
		return list
	}
	return nil
}
