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
	"github.com/leafcam/leafcam/certs/delivery"
)

// Fetch allows downloads of issuers, within limits. The zero value has the usual ones.
type Fetch struct {
	Timeout  time.Duration // for each URL; 10 seconds when 0
	MaxBytes int64         // 64 KiB when 0
	// AllowPrivate allows addresses of this machine and of private networks (RFC 1918 and the like).
	// Link-local addresses and those of a cloud's metadata stay closed.
	AllowPrivate bool

	answers *answers // of a whole fleet; of one check when nil
	dialer  dialer   // the network's when nil
}

// A dialer makes what connects; control decides on each address that it connects to.
type dialer func(control func(network, address string, c syscall.RawConn) error) func(
	ctx context.Context, network, address string) (net.Conn, error)

const (
	fetchTimeout   = 10 * time.Second
	fetchMaxBytes  = 64 << 10
	fetchRedirects = 3
)

// Bounds of all downloads of one check.
const (
	MaxFetches   = 20 // requests, redirections included
	MaxFetchTime = 30 * time.Second
)

// A fetcher downloads for one check.
type fetcher struct {
	*Fetch
	requests int // that were made
	until    time.Time
	unasked  map[string]bool // URLs that were left out, or not to their end
}

func newFetcher(f *Fetch) *fetcher {
	if f == nil {
		return nil
	}
	own := *f
	if own.answers == nil {
		own.answers = &answers{}
	}
	return &fetcher{Fetch: &own, unasked: map[string]bool{}}
}

// errNotAsked is of a URL that was left out.
var errNotAsked = fmt.Errorf("not asked: a check makes %d requests at most, in %s", MaxFetches, MaxFetchTime)

// get returns the certificates at a URL, which is asked once only.
func (f *fetcher) get(ctx context.Context, raw string) (list []*x509.Certificate, form delivery.Form, err error) {
	a, err := f.answers.of(ctx, raw, func() (answer, bool) {
		if f.until.IsZero() {
			f.until = time.Now().Add(MaxFetchTime)
		}
		if f.requests >= MaxFetches || !time.Now().Before(f.until) {
			f.unasked[raw] = true
			return answer{err: errNotAsked}, false
		}
		limited, cancel := context.WithDeadline(ctx, f.until)
		defer cancel()
		list, form, err := f.download(limited, raw)
		given := err == nil || ctx.Err() == nil && time.Now().Before(f.until) && !errors.Is(err, errTooMany)
		f.unasked[raw] = !given
		return answer{list, form, err}, given
	})
	if err != nil {
		return nil, "", err
	}
	return a.list, a.form, a.err
}

// errTooMany ends a redirection.
var errTooMany = errors.New("more requests than a check makes")

// download asks one URL and returns the certificates there. No proxy is asked, and the address
// is looked at when it is connected to, after all redirections and names were resolved.
func (f *fetcher) download(ctx context.Context, raw string) (list []*x509.Certificate, form delivery.Form, err error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(f.Timeout, fetchTimeout))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, raw, nil)
	if err == nil {
		err = webURL(request.URL)
	}
	if err != nil {
		return nil, "", fmt.Errorf("AIA: %w", err)
	}
	client, done := f.client()
	defer done()
	f.requests++
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

// client returns what asks one URL, and what ends it.
func (f *fetcher) client() (client *http.Client, done func()) {
	dial := f.dialer
	if dial == nil {
		dial = overTheNetwork
	}
	transport := &http.Transport{
		DialContext: dial(f.control), DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: fetchMaxBytes,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > fetchRedirects {
			return fmt.Errorf("more than %d redirections", fetchRedirects)
		}
		if f.requests++; f.requests > MaxFetches {
			return errTooMany
		}
		return webURL(r.URL)
	}}, transport.CloseIdleConnections
}

func overTheNetwork(control func(string, string, syscall.RawConn) error) func(context.Context, string, string) (net.Conn, error) {
	return (&net.Dialer{Control: control}).DialContext
}

func webURL(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%s: only http and https are downloaded", u.Redacted())
	}
	return nil
}

// control looks at the address that is about to be connected to.
func (f *Fetch) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err == nil {
		err = allowed(to.Addr(), f.AllowPrivate)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	return nil
}

// parseAnswer reads what an AIA URL answered.
func parseAnswer(body []byte) (list []*x509.Certificate, form delivery.Form) {
	if c, err := x509.ParseCertificate(body); err == nil {
		return []*x509.Certificate{c}, delivery.FormDER
	}
	if list, err := certs.ParseCertificates(body); err == nil && bytes.Contains(body, []byte("-----BEGIN")) {
		return list, delivery.FormPEM
	}
	if list, err := delivery.ParsePKCS7(body); err == nil {
		return list, delivery.FormPKCS7
	}
	return nil, ""
}

// FetchIssuers follows the AIA URLs of a certificate upwards, and returns the issuers that were downloaded; sent are
// certificates that are at hand.
func FetchIssuers(ctx context.Context, f *Fetch, leaf *x509.Certificate, sent []*x509.Certificate) []*x509.Certificate {
	c := &checker{fetch: newFetcher(f), leaf: &delivery.Certificate{Raw: leaf.Raw, Parsed: leaf}}
	return c.download(ctx, sent)[len(sent):]
}
