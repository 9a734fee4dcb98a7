package preflight

import (
	"slices"
	"strings"

	"github.com/leafcam/leafcam/hostsim/policy"
)

// strictFaults are what OpenSSL's strict mode refuses and others do not ask for (check_extensions in its
// x509_vfy.c).
var strictFaults = []policy.Fault{
	"leaf: no authority key identifier", "leaf: no subject",
	"intermediate: no authority key identifier", "intermediate: no subject key identifier",
	"intermediate: noncritical basicConstraints", "intermediate: no keyUsage",
	"root: no subject key identifier", "root: noncritical basicConstraints", "root: no keyUsage",
}

// strict looks for what OpenSSL's strict mode refuses.
func (c *checker) strict() {
	if c.leaf.Parsed == nil {
		return
	}
	var faults []string
	for _, found := range policy.FaultsOf(c.question(), c.path, c.root) {
		if slices.Contains(strictFaults, found.Fault) {
			faults = append(faults, c.describe(found))
		}
	}
	if len(faults) > 0 {
		c.add(CodeStrictProfile, c.subject.CertFile, strings.Join(faults, "; "), Symptom{"Python 3.13", "certificate verify failed"})
	}
}
