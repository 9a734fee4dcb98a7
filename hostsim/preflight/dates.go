package preflight

import (
	"crypto/x509"
	"fmt"
	"time"

	"github.com/leafcam/leafcam/internal/certname"
)

const day = 24 * time.Hour

// dates compares the leaf's validity with the time asked about, and with the limits that were in
// force when it was issued.
func (c *checker) dates() {
	p := c.leaf.Parsed
	if p == nil {
		return
	}
	at := c.options.At
	left, lifetime := p.NotAfter.Sub(at), p.NotAfter.Sub(p.NotBefore)
	switch {
	case at.After(p.NotAfter):
		c.add(CodeExpired, c.subject.CertFile,
			fmt.Sprintf("the certificate expired on %s, %s before %s", date(p.NotAfter), days(-left), date(at)),
			Symptom{"curl", "certificate has expired"}, Symptom{"Chromium", "ERR_CERT_DATE_INVALID"})
	case at.Before(p.NotBefore):
		c.add(CodeNotYetValid, c.subject.CertFile,
			fmt.Sprintf("the certificate is valid from %s, and it is %s", p.NotBefore.UTC().Format(time.RFC3339), at.UTC().Format(time.RFC3339)),
			Symptom{"curl", "certificate is not yet valid"}, Symptom{"Chromium", "ERR_CERT_DATE_INVALID"})
	case left < c.options.WarnBefore, c.options.WarnBefore == 0 && left < lifetime/3 && left < 30*day:
		c.add(CodeExpiresSoon, c.subject.CertFile, fmt.Sprintf("the certificate expires on %s, in %s", date(p.NotAfter), days(left)))
	}
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func days(d time.Duration) string {
	if d < 2*day {
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d/day))
}

// publicLimits are the longest lifetimes for certificates of public CAs by the day of issue
// (CA/Browser Forum SC-22, SC-31, SC-081).
var publicLimits = []struct {
	from time.Time
	days int
}{
	{time.Date(2029, 3, 15, 0, 0, 0, 0, time.UTC), 47},
	{time.Date(2027, 3, 15, 0, 0, 0, 0, time.UTC), 100},
	{time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC), 200},
	{time.Date(2020, 9, 1, 0, 0, 0, 0, time.UTC), 398},
	{time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC), 825},
}

// appleSince is from when on Apple's clients refuse more than 825 days of any CA
// (support.apple.com/103769).
var appleSince = time.Date(2019, 7, 1, 0, 0, 0, 0, time.UTC)

const appleLimit = 825

// LifetimeLimit returns how many days a certificate of a public CA could be valid for when it
// was issued on that day; 0 is no limit.
func LifetimeLimit(issued time.Time) int {
	for _, l := range publicLimits {
		if !issued.Before(l.from) {
			return l.days
		}
	}
	return 0
}

// lifetime is looked at once it is known whose certificate it is.
func (c *checker) lifetime() {
	p := c.leaf.Parsed
	lifetime := p.NotAfter.Sub(p.NotBefore)
	limit := LifetimeLimit(p.NotBefore)
	switch {
	case c.public && limit > 0 && lifetime > time.Duration(limit)*day:
		c.add(CodeValidityTooLong, c.subject.CertFile,
			fmt.Sprintf("valid for %s, and public CAs could issue for %d days on %s", days(lifetime), limit, date(p.NotBefore)),
			Symptom{"Chrome", "ERR_CERT_VALIDITY_TOO_LONG"})
	case !c.public && !p.NotBefore.Before(appleSince) && lifetime > appleLimit*day:
		c.add(CodeValidityTooLong, c.subject.CertFile,
			fmt.Sprintf("valid for %s, and Apple's clients take %d days at most", days(lifetime), appleLimit),
			Symptom{"Safari", "\"This Connection Is Not Private\" (the certificate is not standards compliant)"})
	}
}

// issuerDates tells when the chain ends before the leaf does.
func (c *checker) issuerDates() {
	var first *x509.Certificate
	for _, issuer := range c.path {
		if issuer.NotAfter.Before(c.leaf.Parsed.NotAfter) && (first == nil || issuer.NotAfter.Before(first.NotAfter)) {
			first = issuer
		}
	}
	if first != nil && first.NotAfter.After(c.options.At) {
		c.add(CodeIssuerEndsFirst, "",
			fmt.Sprintf("\"%s\" expires on %s, the leaf on %s", certname.Title(first), date(first.NotAfter), date(c.leaf.Parsed.NotAfter)))
	}
}
