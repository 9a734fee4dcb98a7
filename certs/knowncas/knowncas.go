// Package knowncas names well-known issuers that no public client trusts, by the names that they give
// themselves: test CAs, CAs of one service, products that replace certificates on their way, development
// CAs, and certificates that software makes for want of a real one. Start with [Of].
package knowncas

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"strings"
)

// A Kind is what an issuer is for.
type Kind string

// The kinds.
const (
	Test         Kind = "test"         // of a CA that is a public one otherwise: nobody is to trust it
	Closed       Kind = "closed"       // for one service alone, which is between server and clients
	Interception Kind = "interception" // of a product that reads along: it makes certificates for others' hosts
	Development  Kind = "development"  // that a developer's tool has made on one machine
	Placeholder  Kind = "placeholder"  // that a server or a device has made for want of a real certificate
)

// A CA is a well-known issuer.
type CA struct {
	Name   string
	Kind   Kind
	Source string // that describes it
}

// known is how an issuer is recognised: by the beginning of an attribute of its name.
type known struct {
	CA
	organization, unit, commonName string // "" is any
}

// Of returns the well-known issuer whose name a certificate's issuer, or one of its own issuers, has; nil
// when there is none. A name proves nothing: anybody can take it.
func Of(leaf *x509.Certificate, issuers []*x509.Certificate) *CA {
	names := []pkix.Name{leaf.Issuer}
	for _, c := range issuers {
		names = append(names, c.Subject, c.Issuer)
	}
	for _, name := range names {
		if i := slices.IndexFunc(list, func(k known) bool { return k.is(name) }); i >= 0 {
			return &list[i].CA
		}
	}
	return nil
}

func (k known) is(name pkix.Name) bool {
	return begins(name.Organization, k.organization) && begins(name.OrganizationalUnit, k.unit) &&
		begins([]string{name.CommonName}, k.commonName)
}

// begins reports whether a value begins like that, in whatever case.
func begins(values []string, prefix string) bool {
	return prefix == "" || slices.ContainsFunc(values, func(v string) bool {
		return len(v) >= len(prefix) && strings.EqualFold(v[:len(prefix)], prefix)
	})
}
