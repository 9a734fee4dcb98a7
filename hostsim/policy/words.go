package policy

import "strings"

// Words say what a fault is, in a sentence about the certificate that has it; the fault's own name where
// there are none.
func (f Fault) Words() string {
	_, what, _ := strings.Cut(string(f), ": ")
	if words := faultWords[what]; words != "" {
		return words
	}
	return string(f)
}

// faultWords say what faults are. Those of strict clients name what RFC 5280 wants.
var faultWords = map[string]string{
	"no extKeyUsage":                         "it has no extKeyUsage",
	"any extKeyUsage":                        "its extKeyUsage allows any purpose, and does not name servers",
	"extKeyUsage of others":                  "its extKeyUsage does not allow servers",
	"critical extKeyUsage of others":         "its extKeyUsage does not allow servers, and is critical",
	"keyUsage of a CA as well":               "its keyUsage has keyCertSign, and it is no CA",
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
	"another one":                            "none of its names is the host's",
	"serial number 0":                        "its serial number is 0",
	"serial number of 21 octets":             "its serial number has more than 20 octets",
	"until 9999":                             "it is valid until 9999",
	"critical extKeyUsage":                   "its extKeyUsage is critical",
	"SHA-512":                                "it is signed with SHA-512",
	"an address":                             "the host is an address, which some do not look for in the certificate",
	"an address, and the common name":        "the host is an address",
	"an address, and among the host names":   "the host is an address, which is also among the host names",
	"an address among the host names":        "the host is an address that stands among the host names",
	"an address as the common name":          "the host is an address that is the common name alone",
	"the common name alone":                  "the host is the common name alone",
	"Must-Staple":                            "it demands a stapled OCSP answer",
	"no subject":                             "it has no subject, and nothing critical in its place",
	"no basicConstraints":                    "it has no basicConstraints, so it is no CA",
	"issuer and subject are alike":           "its issuer has the same name, so it looks like a root",
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
	"a wildcard one label short":             "the host is a label deeper than a wildcard",
	"a wildcard inside":                      "the host fits a wildcard that is not the first label",
	"a wildcard of two labels":               "the host fits a wildcard for a whole top-level domain",
	"a wildcard for the domain itself":       "the host is the domain of a wildcard, and not below it",
	"a dot at the end":                       "the host fits a name with a dot at its end",
	"an underscore":                          "the host has an underscore",
	"an underscore under a wildcard":         "the host has an underscore, and fits a wildcard",
}
