package certs

import (
	"crypto/x509"
	"fmt"
	"math/big"
	"strings"
)

// RecertifyOptions says how a CA certificate differs from the one that there is.
type RecertifyOptions struct {
	// AIA is the caIssuers URL (RFC 5280 section 4.2.2.1); "" leaves the extension out.
	AIA string
	// Size is how many octets the certificate is to have in DER, reached by a long CRL
	// distribution point; 0 leaves that out.
	Size int
}

// Recertify returns another certificate for the name and key of a CA, from any issuer: a
// cross-signed one, or one with another AIA URL. It fails when Size cannot be reached.
func Recertify(subject, issuer *Identity, o RecertifyOptions) (*Identity, error) {
	old := subject.Certificate
	template := &x509.Certificate{
		Subject: old.Subject, SubjectKeyId: old.SubjectKeyId, NotBefore: old.NotBefore, NotAfter: old.NotAfter,
		KeyUsage: old.KeyUsage, ExtKeyUsage: old.ExtKeyUsage, BasicConstraintsValid: true, IsCA: true,
		MaxPathLen: old.MaxPathLen, MaxPathLenZero: old.MaxPathLenZero,
	}
	if o.AIA != "" {
		template.IssuingCertificateURL = []string{o.AIA}
	}
	if o.Size == 0 {
		template.SerialNumber = newSerial()
		return sign(&Identity{template, subject.Key}, issuer)
	}
	const crl = "http://crl.example/"
	padding, serial := 50, 16 // octets
	// An ECDSA signature has now one octet more, now one less, and DER needs more octets for
	// some lengths: the serial number makes up for what the padding cannot reach.
	for range 100 {
		template.SerialNumber = new(big.Int).Lsh(big.NewInt(1), uint(8*serial-2))
		template.SerialNumber.Add(template.SerialNumber, new(big.Int).Rsh(newSerial(), uint(max(0, 130-8*serial))))
		template.CRLDistributionPoints = []string{crl + strings.Repeat("x", padding)}
		certified, err := sign(&Identity{template, subject.Key}, issuer)
		if err != nil {
			return nil, err
		}
		missing := o.Size - len(certified.DER())
		switch wanted := serial + missing; {
		case missing == 0:
			return certified, nil
		case wanted >= 8 && wanted <= 20:
			serial = wanted
		default:
			padding += missing
		}
		if padding < 1 {
			return nil, fmt.Errorf("%s cannot be as small as %d octets", old.Subject, o.Size)
		}
	}
	return nil, fmt.Errorf("%s did not come out with %d octets", old.Subject, o.Size)
}
