package certs

import (
	"bytes"
	"crypto/x509"
	"fmt"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// SelfSigned tells whether a certificate is signed with its own key. Unlike
// x509.Certificate.CheckSignatureFrom it does not ask for a CA.
func SelfSigned(c *x509.Certificate) bool { return signedBy(c, c) }

// signedBy tells whether the issuer's name and key fit a certificate.
func signedBy(c, issuer *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, issuer.RawSubject) && issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// OrderChain puts the issuers of a leaf in order by their signatures, the leaf's
// issuer first. The leaf itself, duplicates and self-signed certificates are left
// out of the chain; a root among them is returned as root, else root is nil. A
// certificate that belongs to another chain is an error.
func OrderChain(leaf *x509.Certificate, list []*x509.Certificate) (chain []*x509.Certificate, root *x509.Certificate, err error) {
	rest := map[string]*x509.Certificate{}
	for _, c := range list {
		if !c.Equal(leaf) {
			rest[string(c.Raw)] = c
		}
	}
	for subject := leaf; root == nil; {
		var issuer *x509.Certificate
		for _, c := range rest {
			if signedBy(subject, c) {
				issuer = c
				break
			}
		}
		if issuer == nil {
			break
		}
		delete(rest, string(issuer.Raw))
		if SelfSigned(issuer) {
			root = issuer
			break
		}
		chain = append(chain, issuer)
		subject = issuer
	}
	for _, c := range rest {
		return nil, nil, fmt.Errorf("the certificate of %q does not belong to the chain of %q", c.Subject, leaf.Subject)
	}
	return chain, root, nil
}

// FindRoot returns the publicly trusted root that signed a certificate: from the
// system's trust store or from Mozilla's list as this program was built with it. It
// returns nil when there is none.
func FindRoot(top *x509.Certificate) *x509.Certificate {
	for root := range bundle.Roots() {
		c, err := x509.ParseCertificate(root.Certificate)
		if err == nil && signedBy(top, c) {
			return c
		}
	}
	between := x509.NewCertPool()
	between.AddCert(top)
	chains, err := top.Verify(x509.VerifyOptions{Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil
	}
	return chains[0][len(chains[0])-1]
}
