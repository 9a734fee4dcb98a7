package preflight

import (
	"encoding/asn1"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/certname"
)

var (
	oidBasic = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidSAN   = asn1.ObjectIdentifier{2, 5, 29, 17}
)

// strict looks for what OpenSSL's strict mode refuses (check_extensions in its x509_vfy.c).
func (c *checker) strict() {
	p := c.leaf.Parsed
	if p == nil {
		return
	}
	var faults []string
	if len(p.AuthorityKeyId) == 0 && !certs.SelfSigned(p) {
		faults = append(faults, "the leaf has no authority key identifier")
	}
	if len(p.Subject.Names) == 0 {
		if san := findExtension(p, oidSAN); san != nil && !san.Critical {
			faults = append(faults, "the leaf has no subject, and its SAN is not critical")
		}
	}
	for _, issuer := range append(slices.Clone(c.path), c.root) {
		if issuer == nil {
			continue
		}
		name := `"` + certname.Title(issuer) + `"`
		if len(issuer.SubjectKeyId) == 0 {
			faults = append(faults, name+" has no subject key identifier")
		}
		if len(issuer.AuthorityKeyId) == 0 && !certs.SelfSigned(issuer) {
			faults = append(faults, name+" has no authority key identifier")
		}
		if basic := findExtension(issuer, oidBasic); basic != nil && !basic.Critical {
			faults = append(faults, name+" has basicConstraints that are not critical")
		}
		if issuer.KeyUsage == 0 {
			faults = append(faults, name+" has no keyUsage")
		}
	}
	if len(faults) > 0 {
		c.add(CodeStrictProfile, c.subject.CertFile, strings.Join(faults, "; "), Saying{"Python 3.13", "certificate verify failed"})
	}
}
