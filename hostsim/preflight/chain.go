package preflight

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/certname"
)

// Who can be said to trust a root.
const (
	trustOwn      = "your root"
	trustPublic   = "Mozilla's list of public roots"
	trustSystem   = "this system's roots"
	trustDelivery = "the delivery"
)

// chain finds the way from the leaf to a root, and what of it the camera does not send.
func (c *checker) chain(ctx context.Context) {
	p := c.leaf.Parsed
	if p == nil {
		return
	}
	if certs.SelfSigned(p) {
		c.report.Missing = 0
		c.selfSigned()
		c.lifetime()
		return
	}
	pool := c.issuers()
	c.link(ctx, pool)
	c.lookAtAIA(ctx)
	if c.root == nil && c.fetch != nil {
		c.link(ctx, c.download(ctx, pool))
	}
	c.notAsked()
	c.describePath()
	c.lifetime()
	c.issuerDates()
	if c.public && certs.Extension(p, certs.OIDTimestamps) == nil {
		c.add(CodeNoSCTs, c.subject.CertFile, "", Symptom{"Chrome", "ERR_CERTIFICATE_TRANSPARENCY_REQUIRED"})
	}
}

func (c *checker) selfSigned() {
	kind := "CA:FALSE: Chromium takes it where it is imported as a server's certificate, others as an anchor"
	if c.leaf.Parsed.IsCA {
		kind = "CA:TRUE: Firefox and rustls refuse that form"
	}
	c.add(CodeSelfSigned, c.subject.CertFile, "the certificate is self-signed ("+kind+")",
		Symptom{"curl", "self-signed certificate"}, Symptom{"openssl", "self-signed certificate"})
}

// issuers returns the certificates of the delivery that can be issuers.
func (c *checker) issuers() (pool []*x509.Certificate) {
	if c.subject.Delivery == nil {
		return nil
	}
	for _, parsed := range c.subject.Delivery.Certificates() {
		if !parsed.Equal(c.leaf.Parsed) {
			pool = append(pool, parsed)
		}
	}
	return pool
}

// MaxLinks is how many certificates there are between a leaf and its root at most.
const MaxLinks = certs.MaxLinks

// link finds the shortest path to a root that somebody trusts: the fewest links are missing there.
// Without one, the path is as long as the certificates at hand allow.
func (c *checker) link(ctx context.Context, pool []*x509.Certificate) {
	search := certs.Search{At: c.options.At, Pool: pool, Anchor: func(top *x509.Certificate) *x509.Certificate {
		if ctx.Err() != nil {
			return nil
		}
		root, _ := c.anchor(top)
		return root
	}}
	path := search.Shortest(c.leaf.Parsed)
	c.path, c.root, c.public = path.Issuers, path.Root, false
	trust := trustDelivery
	if c.root != nil {
		top := append([]*x509.Certificate{c.leaf.Parsed}, c.path...)[len(c.path)]
		if known, who := c.anchor(top); known != nil { // the delivery has it, too
			c.root, trust = known, who
		}
	}
	c.report.Path, c.report.Root, c.report.Trust = []string{}, "", ""
	for _, issuer := range c.path {
		c.report.Path = append(c.report.Path, certname.Title(issuer))
	}
	if c.root != nil {
		c.report.Root, c.report.Missing = certname.Title(c.root), len(c.path)
		c.report.Trust, c.public = trust, trust == trustPublic
	}
}

// anchor returns a root that has signed a certificate and is not in the delivery, and who trusts it.
func (c *checker) anchor(top *x509.Certificate) (root *x509.Certificate, trust string) {
	for _, own := range c.options.Roots {
		if certs.SignedBy(top, own) {
			return own, trustOwn
		}
	}
	if c.options.NoPublicRoots {
		return nil, ""
	}
	if root := c.publicRoot(top); root != nil {
		return root, trustPublic
	}
	if root := certs.FindRoot(top); root != nil {
		return root, trustSystem
	}
	return nil, ""
}

// publicRoot returns a public root that has signed a certificate.
func (c *checker) publicRoot(top *x509.Certificate) *x509.Certificate {
	for _, root := range c.options.publicRoots {
		if certs.SignedBy(top, root) {
			return root
		}
	}
	return certs.PublicRoot(top)
}

// describePath adds the findings about the way to the root.
func (c *checker) describePath() {
	top := c.leaf.Parsed
	ders := [][]byte{c.leaf.Raw}
	for _, issuer := range c.path {
		ders, top = append(ders, issuer.Raw), issuer
	}
	c.report.Message.Path = MessageSize(ders...)
	switch {
	case c.root == nil && (len(c.path) == 0 || len(top.IssuingCertificateURL) > 0):
		c.add(CodeMissingLink, c.subject.CertFile,
			fmt.Sprintf(`"%s" is signed by "%s", which is not here`, certname.Title(top), certname.Whole(top.Issuer)),
			Symptom{"openssl verify", "unable to get local issuer certificate"})
	case c.root == nil:
		c.add(CodeUnknownRoot, "",
			fmt.Sprintf(`the chain ends with "%s", signed by "%s", which leafcam does not know`, certname.Title(top), certname.Whole(top.Issuer)),
			Symptom{"openssl verify", "unable to get local issuer certificate"})
	case !c.public:
		c.add(CodePrivateRoot, "",
			fmt.Sprintf(`the root "%s" is not a public one (known from: %s): each client has to be given it`,
				certname.Title(c.root), c.report.Trust),
			Symptom{"curl, where the root is missing", "unable to get local issuer certificate"})
	}
	if c.root != nil {
		c.verify()
	}
	if c.served() {
		c.report.Missing = 0
	}
	if !c.served() && (len(c.path) > 0 || c.root == nil) {
		c.add(CodeIntermediateUnsent, c.subject.CertFile, c.describeGap(),
			Symptom{camera, "OSError: (-30592, 'MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE')"},
			Symptom{"curl", "unable to get local issuer certificate"},
			Symptom{"Java", "unable to find valid certification path to requested target"},
			Symptom{"Firefox", "SEC_ERROR_UNKNOWN_ISSUER"})
	}
	if len(c.path) > 0 && c.report.Message.Path > c.options.Firmware.OutContentLen && c.report.Finding(CodeMessageTooLong) == nil {
		c.add(CodeChainTooLong, "", fmt.Sprintf("leaf and %d intermediate(s) take %d octets, and the camera sends %d at most",
			len(c.path), c.report.Message.Path, c.options.Firmware.OutContentLen),
			Symptom{camera, "OSError: (-27136, 'MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL')"})
	}
}

// describeGap says what the camera does not send.
func (c *checker) describeGap() string {
	if c.root == nil {
		return fmt.Sprintf("the camera sends its leaf alone; at least %d issuer(s) between it and a root are missing", max(1, len(c.path)))
	}
	who := "the camera sends its leaf alone"
	if c.report.Presented > 0 {
		who = "the server does not send all"
	}
	title := fmt.Sprintf(`%s: %s missing between it and the root "%s": %s`, who,
		links(len(c.path)), certname.Title(c.root), strings.Join(c.report.Path, ", "))
	if d := c.subject.Delivery; d != nil && len(d.Chain) > len(c.path) {
		title += fmt.Sprintf(" (%s for clients that know older roots only)", links(len(d.Chain)))
	}
	return title
}

func links(n int) string {
	if n == 1 {
		return "1 link"
	}
	return fmt.Sprintf("%d links", n)
}

// verify lets crypto/x509 look at the whole chain. What is wrong with the leaf's dates is said
// elsewhere.
func (c *checker) verify() {
	at := c.options.At
	if p := c.leaf.Parsed; at.Before(p.NotBefore) || at.After(p.NotAfter) {
		at = p.NotBefore.Add(p.NotAfter.Sub(p.NotBefore) / 2)
	}
	o := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(),
		CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	o.Roots.AddCert(c.root)
	for _, issuer := range c.path {
		o.Intermediates.AddCert(issuer)
	}
	_, err := c.leaf.Parsed.Verify(o)
	var invalid x509.CertificateInvalidError
	if at != c.options.At && errors.As(err, &invalid) && invalid.Reason == x509.Expired && c.issuersValid() {
		return // the issuers were renewed since
	}
	if err != nil {
		words := goWords(err)
		c.add(CodeChainInvalid, "", "the chain reaches its root and does not verify: "+strings.TrimPrefix(words, "x509: "),
			Symptom{"Go", words}, Symptom{"openssl verify", c.opensslWords(err)})
	}
}

// issuersValid reports whether the issuers and the root are valid at the time that is asked about.
func (c *checker) issuersValid() bool {
	return !slices.ContainsFunc(append(slices.Clone(c.path), c.root), func(i *x509.Certificate) bool {
		return c.options.At.Before(i.NotBefore) || c.options.At.After(i.NotAfter)
	})
}

// goWords is what crypto/x509 says, without the time of the day.
func goWords(err error) string {
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return "x509: certificate has expired or is not yet valid"
	}
	return err.Error()
}

// opensslWords puts the reasons of crypto/x509 into the words of OpenSSL.
func (c *checker) opensslWords(err error) string {
	for _, issuer := range append(slices.Clone(c.path), c.root) {
		switch {
		case c.options.At.After(issuer.NotAfter):
			return "certificate has expired"
		case c.options.At.Before(issuer.NotBefore):
			return "certificate is not yet valid"
		case issuer.BasicConstraintsValid && !issuer.IsCA:
			return "invalid CA certificate"
		}
	}
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) {
		switch invalid.Reason {
		case x509.TooManyIntermediates:
			return "path length constraint exceeded"
		case x509.CANotAuthorizedForThisName, x509.NameConstraintsWithoutSANs, x509.UnconstrainedName:
			return "permitted subtree violation"
		}
	}
	return "certificate verify failed"
}
