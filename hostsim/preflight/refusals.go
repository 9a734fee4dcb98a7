package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/internal/certname"
)

// refusals adds a finding for each thing that some families of clients refuse whatever sends the chain, and
// that no other finding speaks of.
func (c *checker) refusals() {
	if c.leaf == nil || c.leaf.Parsed == nil || c.root == nil {
		return
	}
	families := 0
	refuse := map[policy.Fault][]string{}
	where := map[policy.Fault]policy.Found{}
	for _, p := range policy.Families() {
		models := p.Verifiers()
		if len(models) == 0 {
			continue
		}
		families++
		for _, v := range models {
			if found := c.faultFor(v, CureGateway); found.Fault != "" && c.findingOf(found.Fault) == nil {
				refuse[found.Fault] = append(refuse[found.Fault], p.Name)
				where[found.Fault] = found
			}
		}
	}
	for _, fault := range sortedFaults(refuse) {
		who := slices.Compact(refuse[fault])
		c.add(CodeClientsRefuse, c.subject.CertFile,
			fmt.Sprintf("%d of %d families of clients refuse this: %s (%s)", len(who), families, c.describe(where[fault]), strings.Join(who, ", ")))
	}
}

// sortedFaults returns the faults, those that the most families refuse first.
func sortedFaults(refuse map[policy.Fault][]string) (faults []policy.Fault) {
	for fault := range refuse {
		faults = append(faults, fault)
	}
	slices.SortFunc(faults, func(a, b policy.Fault) int {
		if n := len(refuse[b]) - len(refuse[a]); n != 0 {
			return n
		}
		return strings.Compare(string(a), string(b))
	})
	return faults
}

// findingOf returns the finding that says the same as a fault, or more; nil when there is none.
func (c *checker) findingOf(fault policy.Fault) *Finding {
	for _, code := range codesOf[fault] {
		if f := c.report.Finding(code); f != nil {
			return f
		}
	}
	return nil
}

// explain says why a client refuses: in the words of the finding, where there is one.
func (c *checker) explain(found policy.Found) string {
	if f := c.findingOf(found.Fault); f != nil {
		return f.Title
	}
	return c.describe(found)
}

// describe says what a fault is, and of which certificate.
func (c *checker) describe(found policy.Found) string {
	where, what, _ := strings.Cut(string(found.Fault), ": ")
	words, known := faultWords[what]
	if !known {
		return string(found.Fault)
	}
	switch {
	case where == "leaf":
		return "the leaf: " + words
	case where == "root", where == "intermediate":
		return fmt.Sprintf(`the %s "%s": %s`, where, certname.Title(found.Certificate), words)
	}
	return "the names: " + words
}

// faultWords say what faults are. Those of strict clients name what RFC 5280 wants.
var faultWords = map[string]string{
	"no extKeyUsage":                         "it has no extKeyUsage",
	"any extKeyUsage":                        "its extKeyUsage allows any purpose, and does not name servers",
	"extKeyUsage of others":                  "its extKeyUsage does not allow servers",
	"critical extKeyUsage of others":         "its extKeyUsage does not allow servers, and is critical",
	"keyUsage of a CA, too":                  "its keyUsage has keyCertSign, and it is no CA",
	"RSA without keyEncipherment":            "its RSA key may not be used for keyEncipherment",
	"pathlen without CA":                     "it has a path length, and is no CA",
	"CA":                                     "it is a CA",
	"unknown critical extension":             "it has a critical extension that clients do not know",
	"no authority key identifier":            "it has no authority key identifier",
	"another key's authority key identifier": "its authority key identifier is that of another key than its issuer's",
	"no subject key identifier":              "it has no subject key identifier",
	"SHA-1":                                  "it is signed with SHA-1",
	"RSA with SHA-1":                         "it is signed with RSA and SHA-1",
	"RSASSA-PSS":                             "it is signed with RSASSA-PSS",
	"RSA-1024":                               "its RSA key is shorter than 2048 bits",
	"Ed25519":                                "its key is an Ed25519 key",
	"P-384":                                  "its key is on P-384",
	"P-521":                                  "its key is on P-521",
	"Must-Staple":                            "it demands a stapled OCSP answer",
	"no subject":                             "it has no subject, and nothing critical in its place",
	"no basicConstraints":                    "it has no basicConstraints, so it is no CA",
	"no CA":                                  "its basicConstraints say that it is no CA",
	"noncritical basicConstraints":           "its basicConstraints are not critical",
	"no keyUsage":                            "it has no keyUsage",
	"keyUsage without keyCertSign":           "its keyUsage has no keyCertSign",
	"critical policyConstraints":             "it demands certificate policies, and the leaf has none",
	"critical nameConstraints":               "it has critical nameConstraints, which some stacks do not read",
	"names permitted":                        "it permits certain names only, and some stacks compare them wrongly",
	"names permitted, with a dot":            "it permits names below a domain, written with a dot, which some stacks do not read",
	"other names permitted":                  "its nameConstraints do not permit the leaf's names",
	"names excluded":                         "its nameConstraints exclude the leaf's names",
	"expired":                                "it has expired",
	"not yet valid":                          "it is not valid yet",
	"version 1":                              "it is a certificate of version 1",
	"pathlen":                                "its path length allows fewer intermediates below it",
	"the common name, and others":            "the host is the common name alone, and there are other alternative names",
	"the common name, and an address":        "the host is the common name alone, and there is an alternative address",
	"the common name, and a URI":             "the host is the common name alone, and there is an alternative URI",
	"a wildcard in a label":                  "the host fits a wildcard that is a part of a label",
	"a wildcard before the end of a label":   "the host fits a wildcard that begins a label",
	"a wildcard inside":                      "the host fits a wildcard that is not the first label",
	"a wildcard of two labels":               "the host fits a wildcard for a whole top-level domain",
	"a wildcard for the domain itself":       "the host is the domain of a wildcard, and not below it",
	"a dot at the end":                       "the host fits a name with a dot at its end",
	"an underscore":                          "the host has an underscore",
	"an underscore under a wildcard":         "the host has an underscore, and fits a wildcard",
}
