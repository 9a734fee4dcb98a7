package generate

import "strings"

// named are faults that have another name than the flaw that shows them. Nothing is shown by a flaw that has
// none: what a client does with it follows from others.
var named = map[string][]string{
	"leaf: RSA-2048":                {"leaf: RSA without keyEncipherment"},
	"leaf: RSA-4096":                nil,
	"leaf: extKeyUsage of a client": {"leaf: extKeyUsage of others"},
	"name: another address":         {"name: another one"},
	"name: no subject":              {"leaf: no subject"},

	"intermediate: SHA-1":                                {"intermediate: SHA-1", "intermediate: RSA with SHA-1"},
	"chain: leaf signed with RSASSA-PSS":                 {"leaf: RSASSA-PSS", "intermediate: RSASSA-PSS"},
	"chain: leaf signed with RSA and SHA-1":              {"leaf: RSA with SHA-1"},
	"chain: pathlen 0 above an intermediate":             {"intermediate: pathlen"},
	"chain: pathlen 0 of the root above an intermediate": {"root: pathlen"},
}

// namedOfIssuers are those of intermediates and roots.
var namedOfIssuers = map[string][]string{
	"extKeyUsage of a client":            {"extKeyUsage of others"},
	"critical extKeyUsage of a client":   {"critical extKeyUsage of others"},
	"names permitted, noncritical":       {"names permitted"},
	"other names permitted, noncritical": {"other names permitted"},
	"addresses excluded":                 {"critical nameConstraints"},
	"names permitted":                    nil,
	"other names permitted":              nil,
	"other names excluded":               nil,
	"addresses permitted":                nil,
	"P-384":                              nil, "RSA-2048": nil, "RSA-4096": nil,
}

// shows returns what a flaw of that name shows.
func shows(name string) []string {
	if list, ok := named[name]; ok {
		return list
	}
	where, what, _ := strings.Cut(name, ": ")
	if list, ok := namedOfIssuers[what]; ok && (where == "intermediate" || where == "root") {
		var faults []string
		for _, fault := range list {
			faults = append(faults, where+": "+fault)
		}
		return faults
	}
	return []string{name}
}
