package generate

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
)

// A Flaw is something that certificates in the field have, and what a client may refuse them for.
type Flaw struct {
	Name string // "leaf: ...", and so on
	// Links is how many intermediates a delivery has to have for it.
	Links int
	Apply func(*Spec)
	// Shows are the faults, by their names in hostsim/policy, that a client has something against that
	// refuses a delivery with this flaw alone.
	Shows []string
}

// Flaws returns all flaws.
func Flaws() []Flaw {
	list := slices.Concat(leafFlaws(), nameFlaws(), issuerFlaws("intermediate", 1, (*Spec).Intermediate),
		issuerFlaws("root", 0, (*Spec).Root), chainFlaws(), orderFlaws())
	for i := range list {
		list[i].Shows = shows(list[i].Name)
	}
	return list
}

// FlawNamed returns the flaw of that name.
func FlawNamed(name string) (Flaw, error) {
	for _, f := range Flaws() {
		if f.Name == name {
			return f, nil
		}
	}
	return Flaw{}, fmt.Errorf("there is no flaw %q", name)
}

// on makes a flaw of one certificate.
func on(where string, links int, which func(*Spec) *Certificate, name string, change func(*Certificate)) Flaw {
	return Flaw{Name: where + ": " + name, Links: links, Apply: func(s *Spec) { change(which(s)) }}
}

func usage(bits ...x509.KeyUsage) *KeyUsage {
	u := &KeyUsage{}
	for _, b := range bits {
		u.Bits |= int(b)
	}
	return u
}

// leafFlaws are those of the leaf, but for its names.
func leafFlaws() []Flaw {
	leaf := func(name string, change func(*Certificate)) Flaw { return on("leaf", 0, (*Spec).Leaf, name, change) }
	usages := func(list ...string) *ExtKeyUsage { return &ExtKeyUsage{Usages: list} }
	return []Flaw{
		leaf("no extKeyUsage", func(c *Certificate) { c.ExtKeyUsage = nil }),
		leaf("critical extKeyUsage", func(c *Certificate) { c.ExtKeyUsage.Critical = true }),
		leaf("extKeyUsage of server and client", func(c *Certificate) { c.ExtKeyUsage = usages(UsageServer, UsageClient) }),
		leaf("any extKeyUsage", func(c *Certificate) { c.ExtKeyUsage = usages(UsageAny) }),
		leaf("extKeyUsage of a client", func(c *Certificate) { c.ExtKeyUsage = usages(UsageClient) }),
		leaf("no keyUsage", func(c *Certificate) { c.KeyUsage = nil }),
		leaf("noncritical keyUsage", func(c *Certificate) { c.KeyUsage.Noncritical = true }),
		leaf("keyUsage of a CA as well", func(c *Certificate) {
			c.KeyUsage = usage(x509.KeyUsageDigitalSignature, x509.KeyUsageCertSign)
		}),
		leaf("keyUsage with keyEncipherment", func(c *Certificate) {
			c.KeyUsage = usage(x509.KeyUsageDigitalSignature, x509.KeyUsageKeyEncipherment)
		}),
		leaf("no basicConstraints", func(c *Certificate) { c.Basic = nil }),
		leaf("noncritical basicConstraints", func(c *Certificate) { c.Basic.Noncritical = true }),
		leaf("pathlen without CA", func(c *Certificate) { c.Basic.PathLen = 0 }),
		leaf("CA", func(c *Certificate) {
			c.Basic, c.KeyUsage = &Basic{CA: true, PathLen: -1}, usage(x509.KeyUsageDigitalSignature, x509.KeyUsageCertSign)
		}),
		leaf("unknown critical extension", func(c *Certificate) { c.Unknown = Critical }),
		leaf("unknown extension", func(c *Certificate) { c.Unknown = Noncritical }),
		leaf("no authority key identifier", func(c *Certificate) { c.AuthorityKeyID = AuthorityAbsent }),
		leaf("another key's authority key identifier", func(c *Certificate) { c.AuthorityKeyID = AuthorityWrong }),
		leaf("no subject key identifier", func(c *Certificate) { c.NoSubjectKeyID = true }),
		leaf("serial number 0", func(c *Certificate) { c.Serial = "00" }),
		leaf("serial number of 21 octets", func(c *Certificate) { c.Serial = strings.Repeat("4a", 21) }),
		leaf("until after 2050", func(c *Certificate) { c.Until = 40 * 365 * day }),
		leaf("until 9999", func(c *Certificate) { c.Forever = true }),
		leaf("valid for five years", func(c *Certificate) { c.Until = 5 * 365 * day }),
		leaf("expired", func(c *Certificate) { c.From, c.Until = -30*day, -2*day }),
		leaf("not yet valid", func(c *Certificate) { c.From = 2 * day }),
		leaf("Must-Staple", func(c *Certificate) { c.MustStaple = true }),
		leaf("SHA-1", func(c *Certificate) { c.Signature = SHA1 }),
		leaf("SHA-384", func(c *Certificate) { c.Signature = SHA384 }),
		leaf("SHA-512", func(c *Certificate) { c.Signature = SHA512 }),
		leaf("RSA-1024", func(c *Certificate) { c.Key = RSA1024 }),
		leaf("RSA-2048", func(c *Certificate) { c.Key = RSA2048 }),
		leaf("RSA-4096", func(c *Certificate) { c.Key = RSA4096 }),
		leaf("P-384", func(c *Certificate) { c.Key = P384 }),
		leaf("P-521", func(c *Certificate) { c.Key = P521 }),
		leaf("Ed25519", func(c *Certificate) { c.Key = Ed25519 }),
	}
}

// address is a host that every client reaches where the servers are, as it is mapped to nothing.
const address = "127.0.0.1"

// nameFlaws are those of the leaf's names, and of the host.
func nameFlaws() []Flaw {
	names := func(name, host string, change func(*Certificate)) Flaw {
		return Flaw{Name: "name: " + name, Apply: func(s *Spec) {
			s.Host = host
			change(s.Leaf())
		}}
	}
	sans := func(list ...string) func(*Certificate) {
		return func(c *Certificate) { c.Names = &Names{DNS: list} }
	}
	return []Flaw{
		names("another one", DefaultHost, func(c *Certificate) { c.Subject, c.Names.DNS = "other.example.com", []string{"other.example.com"} }),
		names("the common name alone", DefaultHost, func(c *Certificate) { c.Names = nil }),
		names("the common name, and others", DefaultHost, sans("other.example.com")),
		names("the common name, and a URI", DefaultHost, func(c *Certificate) { c.Names = &Names{URI: []string{"https://cam.example.com/"}} }),
		names("the common name, and an address", DefaultHost, func(c *Certificate) { c.Names = &Names{IP: []string{"192.0.2.1"}} }),
		names("alternative names that are critical", DefaultHost, func(c *Certificate) { c.Names.Critical = true }),
		names("no subject, critical alternative names", DefaultHost, func(c *Certificate) { c.Subject, c.Names.Critical = "", true }),
		names("no subject", DefaultHost, func(c *Certificate) { c.Subject = "" }),
		names("a wildcard", DefaultHost, sans("*.example.com")),
		names("a wildcard one label short", "a.cam.example.com", sans("*.example.com")),
		names("a wildcard for the domain itself", "example.com", sans("*.example.com")),
		names("a wildcard in a label", "cam7.example.com", sans("cam*.example.com")),
		names("a wildcard before the end of a label", "cam7.example.com", sans("*7.example.com")),
		names("a wildcard inside", "cam.a.example.com", sans("cam.*.example.com")),
		names("a wildcard of two labels", "cam.example", sans("*.example")),
		names("upper case", DefaultHost, sans("CAM.Example.COM")),
		names("a dot at the end", DefaultHost, sans("cam.example.com.")),
		names("an underscore", "my_cam.example.com", sans("my_cam.example.com")),
		names("an underscore under a wildcard", "my_cam.example.com", sans("*.example.com")),
		names("an international one", "xn--kmera-hra.example.com", sans("xn--kmera-hra.example.com")),
		names("an international one under a wildcard", "xn--kmera-hra.example.com", sans("*.example.com")),
		names("an address", address, func(c *Certificate) { c.Names = &Names{IP: []string{address}} }),
		names("an address among the host names", address, sans(address)),
		names("an address as the common name", address, func(c *Certificate) { c.Subject, c.Names = address, nil }),
		names("an address, and the common name", address, func(c *Certificate) { c.Subject, c.Names = address, &Names{IP: []string{address}} }),
		names("an address, and among the host names", address, func(c *Certificate) {
			c.Names = &Names{IP: []string{address}, DNS: []string{address}}
		}),
		names("another address", address, func(c *Certificate) { c.Names = &Names{IP: []string{"127.0.0.2"}} }),
		names("a hundred of them", DefaultHost, func(c *Certificate) {
			for i := range 99 {
				c.Names.DNS = append(c.Names.DNS, fmt.Sprintf("n%d.example.com", i))
			}
		}),
	}
}

// issuerFlaws are those that an intermediate, or a root, can have.
func issuerFlaws(where string, links int, which func(*Spec) *Certificate) []Flaw {
	flaw := func(name string, change func(*Certificate)) Flaw { return on(where, links, which, name, change) }
	usages := func(list ...string) *ExtKeyUsage { return &ExtKeyUsage{Usages: list} }
	authority, id := "no authority key identifier", AuthorityAbsent
	if links == 0 { // a root has none
		authority, id = "authority key identifier", AuthorityKeyID("")
	}
	return []Flaw{
		flaw("extKeyUsage of a client", func(c *Certificate) { c.ExtKeyUsage = usages(UsageClient) }),
		flaw("extKeyUsage of a server", func(c *Certificate) { c.ExtKeyUsage = usages(UsageServer) }),
		flaw("any extKeyUsage", func(c *Certificate) { c.ExtKeyUsage = usages(UsageAny) }),
		flaw("critical extKeyUsage of a client", func(c *Certificate) { c.ExtKeyUsage = &ExtKeyUsage{[]string{UsageClient}, true} }),
		flaw("no basicConstraints", func(c *Certificate) { c.Basic = nil }),
		flaw("no CA", func(c *Certificate) { c.Basic = &Basic{PathLen: -1} }),
		flaw("noncritical basicConstraints", func(c *Certificate) { c.Basic.Noncritical = true }),
		flaw("no keyUsage", func(c *Certificate) { c.KeyUsage = nil }),
		flaw("noncritical keyUsage", func(c *Certificate) { c.KeyUsage.Noncritical = true }),
		flaw("keyUsage without keyCertSign", func(c *Certificate) { c.KeyUsage = usage(x509.KeyUsageDigitalSignature) }),
		flaw("unknown critical extension", func(c *Certificate) { c.Unknown = Critical }),
		flaw("unknown extension", func(c *Certificate) { c.Unknown = Noncritical }),
		flaw("no subject key identifier", func(c *Certificate) { c.NoSubjectKeyID = true }),
		flaw("another key's authority key identifier", func(c *Certificate) { c.AuthorityKeyID = AuthorityWrong }),
		flaw(authority, func(c *Certificate) { c.AuthorityKeyID = id }),
		flaw("critical policyConstraints", func(c *Certificate) { c.RequirePolicies = true }),
		flaw("names permitted", func(c *Certificate) { c.Constraints = &NameConstraints{PermittedDNS: []string{"example.com"}} }),
		flaw("names permitted, with a dot", func(c *Certificate) { c.Constraints = &NameConstraints{PermittedDNS: []string{".example.com"}} }),
		flaw("names permitted, noncritical", func(c *Certificate) {
			c.Constraints = &NameConstraints{PermittedDNS: []string{"example.com"}, Noncritical: true}
		}),
		flaw("other names permitted", func(c *Certificate) { c.Constraints = &NameConstraints{PermittedDNS: []string{"example.org"}} }),
		flaw("other names permitted, noncritical", func(c *Certificate) {
			c.Constraints = &NameConstraints{PermittedDNS: []string{"example.org"}, Noncritical: true}
		}),
		flaw("names excluded", func(c *Certificate) { c.Constraints = &NameConstraints{ExcludedDNS: []string{"example.com"}} }),
		flaw("other names excluded", func(c *Certificate) { c.Constraints = &NameConstraints{ExcludedDNS: []string{"example.org"}} }),
		flaw("addresses permitted", func(c *Certificate) { c.Constraints = &NameConstraints{PermittedIP: []string{"192.168.0.0/16"}} }),
		flaw("addresses excluded", func(c *Certificate) { c.Constraints = &NameConstraints{ExcludedIP: []string{"192.168.0.0/16"}} }),
		flaw("expired", func(c *Certificate) { c.From, c.Until = -30*day, -2*day }),
		flaw("not yet valid", func(c *Certificate) { c.From = 2 * day }),
		flaw("until after 2050", func(c *Certificate) { c.Until = 40 * 365 * day }),
		flaw("until 9999", func(c *Certificate) { c.Forever = true }),
		flaw("SHA-1", func(c *Certificate) { c.Signature = SHA1 }),
		flaw("serial number 0", func(c *Certificate) { c.Serial = "00" }),
		flaw("serial number of 21 octets", func(c *Certificate) { c.Serial = strings.Repeat("4a", 21) }),
		flaw("version 1", func(c *Certificate) { c.Version = 1 }),
		flaw("no subject", func(c *Certificate) { c.Subject = "" }),
		flaw("RSA-1024", func(c *Certificate) { c.Key = RSA1024 }),
		flaw("RSA-2048", func(c *Certificate) { c.Key = RSA2048 }),
		flaw("RSA-4096", func(c *Certificate) { c.Key = RSA4096 }),
		flaw("P-384", func(c *Certificate) { c.Key = P384 }),
		flaw("P-521", func(c *Certificate) { c.Key = P521 }),
		flaw("Ed25519", func(c *Certificate) { c.Key = Ed25519 }),
	}
}

// chainFlaws are those that several certificates make together.
func chainFlaws() []Flaw {
	return []Flaw{
		{Name: "chain: pathlen 0 above an intermediate", Links: 2, Apply: func(s *Spec) { s.Certificates[2].Basic = lowest() }},
		{Name: "chain: pathlen 0 of the leaf's issuer", Links: 1, Apply: func(s *Spec) { s.Intermediate().Basic = &Basic{CA: true, PathLen: 0} }},
		{Name: "chain: pathlen 0 of the root above an intermediate", Links: 1, Apply: func(s *Spec) { s.Root().Basic = lowest() }},
		{Name: "chain: leaf signed with RSASSA-PSS", Links: 1, Apply: func(s *Spec) { s.Intermediate().Key, s.Leaf().Signature = RSA2048, PSS }},
		{Name: "chain: leaf signed with RSA and SHA-1", Links: 1, Apply: func(s *Spec) {
			s.Intermediate().Key, s.Leaf().Signature = RSA2048, SHA1
		}},
		{Name: "chain: issuer and subject are alike", Links: 1, Apply: func(s *Spec) { s.Intermediate().Subject = s.Root().Subject }},
		{Name: "trust: none", Links: 0, Apply: func(s *Spec) { s.Roots = []int{s.add(stranger(s))} }},
		{Name: "trust: the leaf's issuer alone", Links: 1, Apply: func(s *Spec) { s.Roots = []int{1} }},
		{Name: "trust: the intermediates, and they are not sent", Links: 1, Apply: func(s *Spec) {
			s.Sent = []int{0}
			for i := 1; i < s.root(); i++ {
				s.Store = append(s.Store, i)
			}
		}},
		{Name: "sent: the leaf alone", Links: 1, Apply: func(s *Spec) { s.Sent = []int{0} }},
		{Name: "sent: all but the last intermediate", Links: 2, Apply: func(s *Spec) { s.Sent = s.Sent[:len(s.Sent)-1] }},
	}
}

// lowest are the basicConstraints of a CA that has no other below it.
func lowest() *Basic { return &Basic{CA: true, PathLen: 0} }

// stranger is a root that has nothing to do with a delivery.
func stranger(s *Spec) Certificate {
	c := s.Certificates[s.root()]
	c.Subject, c.KeyOf, c.Issuer = "leafcam generated stranger", -1, -1
	return c
}

// orderFlaws are those of what is sent, and in which order.
func orderFlaws() []Flaw {
	// twin adds a second certificate for the leaf's issuer and sends it first, or last.
	twin := func(last bool, change func(s *Spec, c *Certificate)) func(*Spec) {
		return func(s *Spec) {
			c := s.Certificates[1]
			c.Basic, c.KeyUsage = copied(c.Basic), copied(c.KeyUsage)
			change(s, &c)
			i := s.add(c)
			if last {
				s.Sent = append(s.Sent, i)
			} else {
				s.Sent = slices.Insert(s.Sent, min(1, len(s.Sent)), i)
			}
		}
	}
	expired := func(_ *Spec, c *Certificate) { c.From, c.Until = -30*day, -2*day }
	future := func(_ *Spec, c *Certificate) { c.From = 2 * day }
	otherKey := func(_ *Spec, c *Certificate) { c.KeyOf = -1 }
	otherRoot := func(s *Spec, c *Certificate) { c.Issuer = s.add(stranger(s)) }
	return []Flaw{
		{Name: "order: reversed", Links: 2, Apply: func(s *Spec) { slices.Reverse(s.Sent[1:]) }},
		{Name: "order: the root is sent as well", Links: 0, Apply: func(s *Spec) { s.Sent = append(s.Sent, s.root()) }},
		{Name: "order: the root before the others", Links: 1, Apply: func(s *Spec) { s.Sent = slices.Insert(s.Sent, 1, s.root()) }},
		{Name: "order: a stranger is sent as well", Links: 0, Apply: func(s *Spec) { s.Sent = append(s.Sent, s.add(stranger(s))) }},
		{Name: "order: a stranger before the others", Links: 1, Apply: func(s *Spec) { s.Sent = slices.Insert(s.Sent, 1, s.add(stranger(s))) }},
		{Name: "order: the leaf's issuer twice", Links: 1, Apply: func(s *Spec) { s.Sent = append(s.Sent, 1) }},
		{Name: "order: an expired twin before", Links: 1, Apply: twin(false, expired)},
		{Name: "order: an expired twin behind", Links: 1, Apply: twin(true, expired)},
		{Name: "order: a twin of the future before", Links: 1, Apply: twin(false, future)},
		{Name: "order: a twin of the future behind", Links: 1, Apply: twin(true, future)},
		{Name: "order: another key's namesake before", Links: 1, Apply: twin(false, otherKey)},
		{Name: "order: another key's namesake behind", Links: 1, Apply: twin(true, otherKey)},
		{Name: "order: a twin by an unknown root before", Links: 1, Apply: twin(false, otherRoot)},
		{Name: "order: a twin by an unknown root behind", Links: 1, Apply: twin(true, otherRoot)},
		{Name: "order: the root's cross-sign by an unknown root", Links: 0, Apply: func(s *Spec) {
			c := s.Certificates[s.root()]
			c.AuthorityKeyID = ""
			c.Issuer = s.add(stranger(s))
			s.Sent = append(s.Sent, s.add(c))
		}},
		{Name: "order: the root's cross-sign by an expired root", Links: 0, Apply: func(s *Spec) {
			c := s.Certificates[s.root()]
			c.AuthorityKeyID = ""
			other := stranger(s)
			other.From, other.Until = -300*day, -2*day
			c.Issuer = s.add(other)
			s.Sent = append(s.Sent, s.add(c))
			s.Roots = append(s.Roots, c.Issuer)
		}},
	}
}
