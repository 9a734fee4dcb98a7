package preflight

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/leafcam/leafcam/certs"
)

// Fetch allows downloads of issuers, within limits. The zero value has the usual ones.
type Fetch struct {
	Timeout  time.Duration // for each URL; 10 seconds when 0
	MaxBytes int64         // 64 KiB when 0
	// AllowPrivate allows addresses of this machine and of private networks (RFC 1918 and the like).
	AllowPrivate bool
}

const (
	fetchTimeout   = 10 * time.Second
	fetchMaxBytes  = 64 << 10
	fetchRedirects = 3
)

// The forms of an answer.
const (
	formDER   = "DER"
	formPKCS7 = "PKCS#7"
	formPEM   = "PEM"
)

// get downloads one URL and returns the certificates there. No proxy is asked, and the address
// is looked at when it is connected to, after all redirections and names were resolved.
func (f *Fetch) get(ctx context.Context, raw string) (list []*x509.Certificate, form string, err error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(f.Timeout, fetchTimeout))
	defer cancel()
	dialer := &net.Dialer{Control: f.control}
	transport := &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > fetchRedirects {
			return fmt.Errorf("more than %d redirections", fetchRedirects)
		}
		return webURL(r.URL)
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, raw, nil)
	if err == nil {
		err = webURL(request.URL)
	}
	if err != nil {
		return nil, "", fmt.Errorf("AIA: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", fmt.Errorf("AIA: %w", err) // names the URL
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("%s answers %s", raw, response.Status)
	}
	limit := cmp.Or(f.MaxBytes, fetchMaxBytes)
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("%s: %w", raw, err)
	case int64(len(body)) > limit:
		return nil, "", fmt.Errorf("%s answers with more than %d octets, which is no certificate", raw, limit)
	}
	if list, form = parseAnswer(body); form == "" {
		return nil, "", fmt.Errorf("%s answers with something that is no certificate", raw)
	}
	return list, form, nil
}

func webURL(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%s: only http and https are downloaded", u.Redacted())
	}
	return nil
}

// ErrPrivateAddress is why a download was not tried.
var ErrPrivateAddress = errors.New("leads to a private address, which is asked only when that is allowed")

// control looks at the address that is about to be connected to.
func (f *Fetch) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if host, err := certs.ParseHostName(to.Addr().String()); !f.AllowPrivate && (err != nil || !host.Public()) {
		return fmt.Errorf("%s: %w", address, ErrPrivateAddress)
	}
	return nil
}

// parseAnswer reads what an AIA URL answered.
func parseAnswer(body []byte) (list []*x509.Certificate, form string) {
	if c, err := x509.ParseCertificate(body); err == nil {
		return []*x509.Certificate{c}, formDER
	}
	if list, err := certs.ParseCertificates(body); err == nil && bytes.Contains(body, []byte("-----BEGIN")) {
		return list, formPEM
	}
	if list, err := certs.ParsePKCS7(body); err == nil {
		return list, formPKCS7
	}
	return nil, ""
}
