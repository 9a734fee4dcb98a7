package preflight

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// aiaState is what is known of the leaf's caIssuers URLs (RFC 5280 section 4.2.2.1).
type aiaState struct {
	url string // the first one that clients would ask; "" without any
	// https says that only https URLs are there.
	https bool
	tried bool
	form  delivery.Form // what it answered with: DER, PKCS#7, PEM; "" when that is no issuer
}

// lookAtAIA looks at the URLs, and asks them where that is allowed.
func (c *checker) lookAtAIA(ctx context.Context) {
	urls := c.leaf.Parsed.IssuingCertificateURL
	if len(urls) == 0 {
		c.add(CodeNoAIA, c.subject.CertFile, "", Symptom{"Chromium", "ERR_CERT_AUTHORITY_INVALID"})
		return
	}
	for _, u := range urls {
		scheme, _, _ := strings.Cut(strings.ToLower(u), "://")
		if scheme == "http" {
			c.aia = aiaState{url: u}
			break
		}
		if scheme == "https" && c.aia.url == "" {
			c.aia = aiaState{url: u, https: true}
		}
	}
	if c.aia.url == "" || c.aia.https {
		c.add(CodeAIAUnusable, c.subject.CertFile, fmt.Sprintf("the leaf's AIA URL %s is one that browsers do not ask", urls[0]),
			Symptom{"Chromium", "ERR_CERT_AUTHORITY_INVALID"})
	}
	if c.fetch == nil || c.aia.url == "" {
		return
	}
	c.aia.tried = true
	list, form, err := c.fetch.get(ctx, c.aia.url)
	if err == nil && c.signerAmong(list, c.leaf.Parsed) == nil {
		err = fmt.Errorf("%s answers with a certificate that is not the leaf's issuer", c.aia.url)
	}
	if err != nil {
		c.add(CodeAIAFails, c.subject.CertFile, err.Error(), Symptom{"Chromium", "ERR_CERT_AUTHORITY_INVALID"})
		return
	}
	c.aia.form = form
	switch form {
	case delivery.FormDER:
		c.add(CodeAIAWorks, c.subject.CertFile, fmt.Sprintf("%s leads to the issuer, in DER", c.aia.url))
	default:
		c.add(CodeAIAFails, c.subject.CertFile,
			fmt.Sprintf("%s answers in %s, which not every client understands (DER is what RFC 5280 has for one certificate)", c.aia.url, form))
	}
}

// maxChecks bounds the signatures of what is downloaded that are checked.
const maxChecks = 2000

// signerAmong returns the certificate of an answer that has signed another one, or nil.
func (c *checker) signerAmong(list []*x509.Certificate, subject *x509.Certificate) *x509.Certificate {
	for _, issuer := range list {
		if !bytes.Equal(subject.RawIssuer, issuer.RawSubject) {
			continue
		}
		if c.checks++; c.checks > maxChecks {
			return nil
		}
		if certs.SignedBy(subject, issuer) {
			return issuer
		}
	}
	return nil
}

// maxFollowed bounds how far AIA URLs are followed.
const maxFollowed = 6

// download follows the AIA URLs from the end of the path, and returns the pool with what came.
func (c *checker) download(ctx context.Context, pool []*x509.Certificate) []*x509.Certificate {
	chain, _ := certs.BuildChain(c.leaf.Parsed, pool)
	top := c.leaf.Parsed
	if len(chain) > 0 {
		top = chain[len(chain)-1]
	}
	for range maxFollowed {
		issuer := c.issuerOf(ctx, top)
		if issuer == nil {
			break
		}
		pool = append(pool, issuer)
		if certs.SelfSigned(issuer) {
			break
		}
		if root, _ := c.anchor(issuer); root != nil {
			break
		}
		top = issuer
	}
	return pool
}

func (c *checker) issuerOf(ctx context.Context, subject *x509.Certificate) *x509.Certificate {
	for _, u := range subject.IssuingCertificateURL {
		list, _, err := c.fetch.get(ctx, u)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			continue
		}
		if issuer := c.signerAmong(list, subject); issuer != nil {
			return issuer
		}
	}
	return nil
}

// notAsked says how many URLs were left out, and one of them.
func (c *checker) notAsked() {
	if c.fetch == nil {
		return
	}
	maps.DeleteFunc(c.fetch.unasked, func(_ string, left bool) bool { return !left })
	left := slices.Sorted(maps.Keys(c.fetch.unasked))
	if len(left) == 0 {
		return
	}
	c.add(CodeAIANotAsked, c.subject.CertFile,
		fmt.Sprintf("%d AIA URL(s) were not asked, such as %s: a check makes %d requests at most, in %s",
			len(left), left[0], MaxFetches, MaxFetchTime))
}
