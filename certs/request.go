package certs

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"net"
)

// NewRequest makes a certificate request (RFC 2986) for a key, as
//
//	openssl req -new -key KEY -subj /CN=NAME -addext subjectAltName=DNS:NAME,...
//
// does: the first name is the common name, all are in the SAN, and nothing else is asked for.
// The result is PEM.
func NewRequest(key crypto.Signer, names []HostName) ([]byte, error) {
	if len(names) == 0 {
		return nil, errors.New("a certificate request needs a name")
	}
	template := &x509.CertificateRequest{}
	// A common name holds 64 octets at most (RFC 5280 appendix A.1).
	if first := names[0].Name; len(first) <= 64 {
		template.Subject = pkix.Name{CommonName: first}
	}
	template.DNSNames, template.IPAddresses = splitNames(names)
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), nil
}

// splitNames tells DNS names and addresses apart, as certificates do.
func splitNames(names []HostName) (dns []string, ips []net.IP) {
	for _, n := range names {
		if n.IsIP() {
			ips = append(ips, net.ParseIP(n.Name))
		} else {
			dns = append(dns, n.Name)
		}
	}
	return dns, ips
}

// NewLeafOptions returns options for a leaf with these names.
func NewLeafOptions(key KeyType, names []HostName) LeafOptions {
	dns, ips := splitNames(names)
	return LeafOptions{DNS: dns, IPs: ips, Key: key}
}

// GenerateKey makes a private key; the zero KeyType means ECDSAP256.
func GenerateKey(t KeyType) (crypto.Signer, error) { return t.generate() }
