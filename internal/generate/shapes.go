package generate

import (
	"crypto/x509"
	"fmt"
	"slices"
	"time"
)

// DefaultHost is what clients connect to unless a flaw says otherwise.
const DefaultHost = "cam.example.com"

const day = 24 * time.Hour

// Plain is a delivery without a flaw: a leaf, so many intermediates, and a root that the client trusts.
func Plain(intermediates int) Spec {
	s := Spec{Host: DefaultHost}
	n := intermediates + 2
	for i := range n {
		c := Certificate{
			Issuer: min(i+1, n-1), Key: P256, KeyOf: i, From: -day, Until: 3650 * day,
			Basic:    &Basic{CA: true, PathLen: -1},
			KeyUsage: &KeyUsage{Bits: int(x509.KeyUsageCertSign | x509.KeyUsageCRLSign)},
		}
		switch i {
		case 0:
			c.Subject, c.Until = DefaultHost, 90*day
			c.Basic, c.KeyUsage = &Basic{PathLen: -1}, &KeyUsage{Bits: int(x509.KeyUsageDigitalSignature)}
			c.ExtKeyUsage, c.Names = &ExtKeyUsage{Usages: []string{UsageServer}}, &Names{DNS: []string{DefaultHost}}
		case n - 1:
			c.Subject, c.AuthorityKeyID = "leafcam generated root", AuthorityAbsent
		default:
			c.Subject = fmt.Sprintf("leafcam generated intermediate %d", i)
		}
		s.Certificates = append(s.Certificates, c)
		if i < n-1 {
			s.Sent = append(s.Sent, i)
		}
	}
	s.Roots = []int{n - 1}
	return s
}

// Leaf returns the leaf, for a flaw to change.
func (s *Spec) Leaf() *Certificate { return &s.Certificates[0] }

// Intermediate returns the leaf's issuer, or nil when that is the root.
func (s *Spec) Intermediate() *Certificate {
	if s.root() == 1 {
		return nil
	}
	return &s.Certificates[1]
}

// Root returns the root.
func (s *Spec) Root() *Certificate { return &s.Certificates[s.root()] }

// root is the index of the root: the first one that is its own issuer.
func (s *Spec) root() int {
	for i, c := range s.Certificates {
		if c.Issuer == i {
			return i
		}
	}
	return len(s.Certificates) - 1
}

// Links is how many intermediates there are between the leaf and the root.
func (s *Spec) Links() int { return s.root() - 1 }

// add adds a certificate and returns its index. A KeyOf below zero is a key of its own.
func (s *Spec) add(c Certificate) int {
	i := len(s.Certificates)
	if c.KeyOf < 0 {
		c.KeyOf = i
	}
	if c.Issuer < 0 {
		c.Issuer = i
	}
	s.Certificates = append(s.Certificates, c)
	return i
}

// clone returns a copy that shares nothing.
func (s Spec) clone() Spec {
	c := s
	c.Flaws, c.Sent, c.Roots, c.Store = slices.Clone(s.Flaws), slices.Clone(s.Sent), slices.Clone(s.Roots), slices.Clone(s.Store)
	c.Certificates = slices.Clone(s.Certificates)
	for i := range c.Certificates {
		x := &c.Certificates[i]
		x.Basic, x.KeyUsage, x.ExtKeyUsage = copied(x.Basic), copied(x.KeyUsage), copied(x.ExtKeyUsage)
		x.Names, x.Constraints = copied(x.Names), copied(x.Constraints)
	}
	return c
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
