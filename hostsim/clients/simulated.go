package clients

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
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

// verify asks the platform's model, and downloads issuers as the policy says.
func verify(ctx context.Context, v *hostsim.Visit, p policy.Policy, sent []*x509.Certificate) error {
	leaf := sent[0]
	if slices.ContainsFunc(v.Pinned, leaf.Equal) {
		return pinned(p, leaf, v.Host)
	}
	model := p.Verifiers()[0]
	q := policy.Question{Sent: slices.Clone(sent), Roots: v.Roots, Store: v.Store, Host: v.Host, At: time.Now()}
	answer := model.Verify(q)
	for range cmp.Or(p.MaxFetches, maxDownloads) {
		if !p.AIA || answer.Fault != policy.FaultNoPath {
			break
		}
		issuer := download(ctx, v, p, q.Sent[len(q.Sent)-1])
		if issuer == nil {
			break
		}
		q.Sent = append(q.Sent, issuer)
		answer = model.Verify(q)
	}
	return inGo(answer, leaf, v.Host)
}

// pinned is what becomes of a certificate that the client was given itself.
func pinned(p policy.Policy, leaf *x509.Certificate, host string) error {
	takes := p.PinsLeaf
	if certs.SelfSigned(leaf) {
		takes = p.PinsSelfSigned
		if leaf.IsCA {
			takes = p.PinsSelfSignedCA
		}
	}
	if !takes {
		return x509.UnknownAuthorityError{Cert: leaf}
	}
	return leaf.VerifyHostname(host)
}

// inGo returns the error that crypto/x509 has for an answer.
func inGo(answer policy.Answer, leaf *x509.Certificate, host string) error {
	switch {
	case answer.Completes:
		return nil
	case answer.Fault == policy.FaultNoPath:
		return x509.UnknownAuthorityError{Cert: leaf}
	case answer.Fault.OfNames():
		return x509.HostnameError{Certificate: leaf, Host: host}
	case answer.Fault.OfDates():
		return x509.CertificateInvalidError{Cert: answer.Certificate, Reason: x509.Expired}
	}
	return fmt.Errorf("x509: refused: %s", answer.Fault)
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
