package mbedtls

import (
	"encoding/asn1"
	"net/netip"
	"strings"
)

// General name tags of names that a server's hostname is compared with (RFC 5280 section 4.2.1.6).
const (
	nameDNS = 2
	nameURI = 6
	addrTag = 7
	tagMask = 0x1f
)

var oidCommonName = asn1.ObjectIdentifier{2, 5, 4, 3}

// nameFlags compares a certificate with the hostname as x509_crt_verify_name does: with all names of subjectAltName
// when it has one, otherwise with each common name (CAMERA.md section 11.3).
func (c *Certificate) nameFlags(hostname string) verifyFlags {
	if c.hasAltNames {
		if c.altNameFits(hostname) {
			return 0
		}
		return flagName
	}
	for _, a := range c.subject {
		if oidEqual(a.oid, oidCommonName) && dnsNameFits(a.value, hostname) {
			return 0
		}
	}
	return flagName
}

func (c *Certificate) altNameFits(hostname string) bool {
	address := addressOctets(hostname)
	names := berReader{c.altNames}
	for !names.empty() {
		tag, value, err := names.any()
		if err != nil {
			return false // it was read before
		}
		switch tag & tagMask {
		case nameDNS:
			if dnsNameFits(value, hostname) {
				return true
			}
		case addrTag:
			if len(address) > 0 && string(value) == string(address) {
				return true
			}
		case nameURI:
			if string(value) == hostname {
				return true
			}
		}
	}
	return false
}

// addressOctets returns the octets of an IP address, nil for anything else.
func addressOctets(text string) []byte {
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return nil
	}
	return address.AsSlice()
}

// dnsNameFits compares a name of a certificate with a hostname; letters of ASCII fold. "*." at the start of the name
// stands for the first label.
func dnsNameFits(name []byte, hostname string) bool {
	if equalFold(name, []byte(hostname)) {
		return true
	}
	if len(name) < 3 || name[0] != '*' || name[1] != '.' {
		return false
	}
	dot := strings.IndexByte(hostname, '.')
	return dot > 0 && equalFold(name[1:], []byte(hostname[dot:]))
}
