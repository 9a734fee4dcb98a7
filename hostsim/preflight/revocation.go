package preflight

import (
	"fmt"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

// revocation says where clients that ask learn whether the leaf is revoked (RFC 5280 section 4.2.1.13, RFC
// 6960).
func (c *checker) revocation() {
	p := c.leaf.Parsed
	if p == nil || certs.SelfSigned(p) {
		return
	}
	var where []string
	for _, u := range p.CRLDistributionPoints {
		where = append(where, "a revocation list, "+u)
	}
	for _, u := range p.OCSPServer {
		where = append(where, "an OCSP server, "+u)
	}
	if len(where) > few {
		where = append(where[:few], fmt.Sprintf("%d more", len(where)-few))
	}
	if len(where) > 0 {
		c.add(CodeRevocation, c.subject.CertFile, "the leaf names "+strings.Join(where, "; "))
	}
}
