package policy

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"net"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

// A Fault is something in a path that some clients refuse, and others do not: each was measured with
// every client by itself (package internal/generate has a delivery for each).
type Fault string

// OfNames reports whether the names of the leaf do not fit the host.
func (f Fault) OfNames() bool { return strings.HasPrefix(string(f), "name: ") }

// OfDates reports whether a certificate has expired, or is not valid yet.
func (f Fault) OfDates() bool {
	return strings.HasSuffix(string(f), ": expired") || strings.HasSuffix(string(f), ": not yet valid")
}

// A Found is a fault of a path, and the certificate that has it.
type Found struct {
	Fault       Fault
	Certificate *x509.Certificate
}

// FaultsOf returns the faults of a path: of the leaf that was sent, of its names for the host, and of its
// issuers in their order, of which the last one is the anchor. Where no anchor is known it is nil.
func FaultsOf(q Question, issuers []*x509.Certificate, anchor *x509.Certificate) (found []Found) {
	p := path{issuers: issuers, unanchored: anchor == nil}
	if anchor != nil {
		p.issuers = append(slices.Clip(issuers), anchor)
	}
	return faultsOf(&q, p)
}

// faultsOf returns the faults of a path for a host.
func faultsOf(q *Question, p path) (found []Found) {
	leaf := q.Sent[0]
	for _, f := range append(leafFaults(q, p), nameFaults(leaf, q.Host)...) {
		found = append(found, Found{f, leaf})
	}
	for i, c := range p.issuers {
		where := "intermediate"
		if p.anchor(i) {
			where = "root"
		}
		for _, f := range issuerFaults(q, p, i) {
			found = append(found, Found{Fault(where) + ": " + f, c})
		}
		if !p.anchor(i) && bytes.Equal(c.RawSubject, c.RawIssuer) {
			found = append(found, Found{"chain: issuer and subject are alike", c})
		}
	}
	return append(found, linkFaults(leaf, p)...)
}

// linkFaults are certificates that name another key than their issuer's. Clients differ in whether they mind
// with an intermediate, or with an anchor: which of both was measured with a leaf, and with an intermediate.
func linkFaults(leaf *x509.Certificate, p path) (found []Found) {
	below := leaf
	for i, c := range p.issuers {
		fault := Fault("leaf: another key's authority key identifier")
		if p.anchor(i) {
			fault = "intermediate: another key's authority key identifier"
		}
		if otherKeyID(below, c) {
			found = append(found, Found{fault, below})
		}
		below = c
	}
	return found
}

// A look is whether a fault is there.
type look struct {
	fault Fault
	there bool
}

// pick returns the faults that are there, in the order of their names.
func pick(looks ...look) (faults []Fault) {
	for _, l := range looks {
		if l.there {
			faults = append(faults, l.fault)
		}
	}
	slices.Sort(faults)
	return faults
}

// leafFaults are those of the leaf, but for its names.
func leafFaults(q *Question, p path) []Fault {
	leaf := q.Sent[0]
	issuer := leaf // is not known
	if len(p.issuers) > 0 {
		issuer = p.issuers[0]
	}
	return pick(
		look{"leaf: no extKeyUsage", !hasUsages(leaf)},
		look{"leaf: any extKeyUsage", usagesFor(leaf) == usagesAny},
		look{"leaf: critical extKeyUsage", hasUsages(leaf) && critical(leaf, certs.OIDExtKeyUsage)},
		look{"leaf: SHA-512", usesSHA512(leaf)},
		look{"leaf: serial number 0", leaf.SerialNumber.Sign() == 0},
		look{"leaf: serial number of 21 octets", leaf.SerialNumber.BitLen() > maxSerial},
		look{"leaf: until 9999", leaf.NotAfter.Year() == 9999},
		look{"leaf: extKeyUsage of others", usagesFor(leaf) == usagesOthers},
		look{"leaf: keyUsage of a CA as well", !leaf.IsCA && leaf.KeyUsage&x509.KeyUsageCertSign != 0},
		look{"leaf: RSA without keyEncipherment", isRSA(leaf) && leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageKeyEncipherment == 0},
		look{"leaf: pathlen without CA", !leaf.IsCA && hasPathLen(leaf)},
		look{"leaf: CA", leaf.BasicConstraintsValid && leaf.IsCA},
		look{"leaf: unknown critical extension", unknownCritical(leaf)},
		look{"leaf: no authority key identifier", len(leaf.AuthorityKeyId) == 0 && !certs.SelfSigned(leaf)},
		look{"leaf: expired", q.At.After(leaf.NotAfter)},
		look{"leaf: not yet valid", q.At.Before(leaf.NotBefore)},
		look{"leaf: Must-Staple", certs.WantsStaple(leaf)},
		look{"leaf: SHA-1", usesSHA1(leaf) && !isRSA(issuer)},
		look{"leaf: RSA with SHA-1", usesSHA1(leaf) && isRSA(issuer)},
		look{"leaf: RSASSA-PSS", usesPSS(leaf)},
		look{"leaf: RSA-1024", shortRSA(leaf)},
		look{"leaf: P-384", curve(leaf) == 384},
		look{"leaf: P-521", curve(leaf) == 521},
		look{"leaf: Ed25519", isEd25519(leaf)},
		look{"leaf: no subject", len(leaf.Subject.Names) == 0 && !critical(leaf, certs.OIDSubjectAltName)},
	)
}

// issuerFaults are those of the i-th issuer of a path. That an issuer has no key identifier is seen by what
// it has issued, when that names one.
func issuerFaults(q *Question, p path, i int) []Fault {
	c, leaf := p.issuers[i], q.Sent[0]
	anchor := p.anchor(i)
	issuer, issued := c, leaf
	if i+1 < len(p.issuers) {
		issuer = p.issuers[i+1]
	}
	if i > 0 {
		issued = p.issuers[i-1]
	}
	constrained := certs.Extension(c, certs.OIDNameConstraints) != nil
	named := withCommonName(leaf)
	allowed := certs.NamesAllowed(c, named)
	return pick(
		look{"extKeyUsage of others", usagesFor(c) == usagesOthers},
		look{"critical extKeyUsage of others", usagesFor(c) == usagesOthers && critical(c, certs.OIDExtKeyUsage)},
		look{"any extKeyUsage", usagesFor(c) == usagesAny},
		look{"no basicConstraints", c.Version >= 3 && !c.BasicConstraintsValid},
		look{"no CA", c.BasicConstraintsValid && !c.IsCA},
		look{"noncritical basicConstraints", c.BasicConstraintsValid && !critical(c, certs.OIDBasicConstraints)},
		look{"no keyUsage", c.Version >= 3 && c.KeyUsage == 0},
		look{"keyUsage without keyCertSign", c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0},
		look{"unknown critical extension", unknownCritical(c)},
		look{"no subject key identifier", c.Version >= 3 && len(c.SubjectKeyId) == 0 && len(issued.AuthorityKeyId) > 0},
		look{"another key's authority key identifier", anchor && otherKeyID(c, c)},
		look{"no authority key identifier", !anchor && c.Version >= 3 && len(c.AuthorityKeyId) == 0},
		look{"critical policyConstraints", demandsPolicies(c, i) && len(leaf.PolicyIdentifiers) == 0},
		look{"critical nameConstraints", constrained && critical(c, certs.OIDNameConstraints)},
		look{"names permitted", len(c.PermittedDNSDomains) > 0},
		look{"names permitted, with a dot", slices.ContainsFunc(c.PermittedDNSDomains, dotted)},
		look{"other names permitted", !allowed && !excluded(c, named)},
		look{"names excluded", !allowed && excluded(c, named)},
		look{"expired", q.At.After(c.NotAfter)},
		look{"not yet valid", q.At.Before(c.NotBefore)},
		look{"SHA-1", !anchor && usesSHA1(c) && !isRSA(issuer)},
		look{"RSA with SHA-1", !anchor && usesSHA1(c) && isRSA(issuer)},
		look{"RSASSA-PSS", !anchor && usesPSS(c)},
		look{"until 9999", c.NotAfter.Year() == 9999},
		look{"version 1", c.Version < 3},
		look{"no subject", len(c.Subject.Names) == 0},
		look{"RSA-1024", shortRSA(c)},
		look{"Ed25519", isEd25519(c)},
		look{"P-521", curve(c) == 521},
		look{"serial number 0", c.SerialNumber.Sign() == 0},
		look{"serial number of 21 octets", c.SerialNumber.BitLen() > maxSerial},
		look{"pathlen", hasPathLen(c) && certs.PathLength(p.issuers[:i]) > c.MaxPathLen},
	)
}

// withCommonName returns a leaf as constraints of names are compared with it: the common name counts where
// there is no host name (RFC 6125 section 1.5; OpenSSL, GnuTLS, NSS and others do so).
func withCommonName(leaf *x509.Certificate) *x509.Certificate {
	if len(leaf.DNSNames) > 0 || net.ParseIP(leaf.Subject.CommonName) != nil || !strings.Contains(leaf.Subject.CommonName, ".") {
		return leaf
	}
	named := *leaf
	named.DNSNames = []string{leaf.Subject.CommonName}
	return &named
}

func dotted(domain string) bool { return strings.HasPrefix(domain, ".") }

// usages tells what a certificate's extended key usages allow.
type usages int

const (
	usagesServer usages = iota // servers, or there are none
	usagesAny                  // any, and servers are not named
	usagesOthers               // neither
)

func hasUsages(c *x509.Certificate) bool { return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 }

func usagesFor(c *x509.Certificate) usages {
	switch {
	case !hasUsages(c), slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth):
		return usagesServer
	case slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny):
		return usagesAny
	}
	return usagesOthers
}

func critical(c *x509.Certificate, id asn1.ObjectIdentifier) bool {
	e := certs.Extension(c, id)
	return e != nil && e.Critical
}

// unmarshals reads the value of an extension. It reports whether there is one that can be read.
func unmarshals(c *x509.Certificate, id asn1.ObjectIdentifier, value any) bool {
	e := certs.Extension(c, id)
	if e == nil {
		return false
	}
	_, err := asn1.Unmarshal(e.Value, value)
	return err == nil
}

// unknownCritical reports whether there is a critical extension that is none of RFC 5280's.
func unknownCritical(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Critical && !(len(e.Id) == 4 && e.Id[0] == 2 && e.Id[1] == 5 && e.Id[2] == 29) && !e.Id.Equal(certs.OIDTLSFeature) {
			return true
		}
	}
	return false
}

func hasPathLen(c *x509.Certificate) bool {
	var basic struct {
		CA      bool `asn1:"optional"`
		PathLen int  `asn1:"optional,default:-1"`
	}
	return unmarshals(c, certs.OIDBasicConstraints, &basic) && basic.PathLen >= 0
}

// demandsPolicies reports whether a CA demands that the certificates of a path have policies in common, so many
// issuers below it (RFC 5280 section 4.2.1.11).
func demandsPolicies(c *x509.Certificate, below int) bool {
	var constraints struct {
		RequireExplicit int `asn1:"optional,tag:0,default:-1"`
		InhibitMapping  int `asn1:"optional,tag:1,default:-1"`
	}
	return unmarshals(c, certs.OIDPolicyConstraints, &constraints) && constraints.RequireExplicit >= 0 && constraints.RequireExplicit <= below
}

func usesSHA1(c *x509.Certificate) bool {
	return slices.Contains([]x509.SignatureAlgorithm{x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.MD5WithRSA}, c.SignatureAlgorithm)
}

// maxSerial is the longest serial number, in bits (RFC 5280 section 4.1.2.2: 20 octets).
const maxSerial = 160

func usesSHA512(c *x509.Certificate) bool {
	return slices.Contains([]x509.SignatureAlgorithm{x509.SHA512WithRSA, x509.ECDSAWithSHA512}, c.SignatureAlgorithm)
}

func usesPSS(c *x509.Certificate) bool {
	pss := []x509.SignatureAlgorithm{x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS}
	return slices.Contains(pss, c.SignatureAlgorithm)
}

func isRSA(c *x509.Certificate) bool {
	_, ok := c.PublicKey.(*rsa.PublicKey)
	return ok
}

func shortRSA(c *x509.Certificate) bool {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return ok && key.N.BitLen() < 2048
}

func isEd25519(c *x509.Certificate) bool {
	_, ok := c.PublicKey.(ed25519.PublicKey)
	return ok
}

// curve returns the size of the curve that a key is on, in bits; 0 for another kind of key.
func curve(c *x509.Certificate) int {
	if key, ok := c.PublicKey.(*ecdsa.PublicKey); ok {
		return key.Curve.Params().BitSize
	}
	return 0
}

// otherKeyID reports whether a certificate names another key than its issuer's.
func otherKeyID(c, issuer *x509.Certificate) bool {
	return len(c.AuthorityKeyId) > 0 && len(issuer.SubjectKeyId) > 0 && !bytes.Equal(c.AuthorityKeyId, issuer.SubjectKeyId)
}

// excluded reports whether names of a leaf are those that a CA excludes.
func excluded(ca, leaf *x509.Certificate) bool {
	permitted := *ca
	permitted.PermittedDNSDomains, permitted.PermittedIPRanges = nil, nil
	return !certs.NamesAllowed(&permitted, leaf)
}
