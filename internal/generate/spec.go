package generate

import "time"

// A Spec is one delivery: what a server sends, what a client is given, and the host that it asks for.
type Spec struct {
	Flaws []string `json:"flaws"` // names of what was done to it, for people
	Host  string   `json:"host"`  // that clients connect to

	// Certificates are those that there are: the leaf first, then its issuers, a root last. Others stand
	// behind it. Issuer of a Certificate is an index into this list.
	Certificates []Certificate `json:"certificates"`
	Sent         []int         `json:"sent"`  // by the server, in this order
	Roots        []int         `json:"roots"` // that the client trusts
	Store        []int         `json:"store"` // intermediates that it is given besides
}

// A Certificate says what is in one.
type Certificate struct {
	Subject string `json:"subject"` // the common name; "" is an empty name
	Issuer  int    `json:"issuer"`  // whose key signs it; its own index is self-signed
	// Key is the kind of key. Certificates with the same KeyOf share one.
	Key   Key `json:"key"`
	KeyOf int `json:"key_of"`
	// Signature is what signs it: "" is what the issuer's kind of key uses.
	Signature Signature `json:"signature,omitempty"`

	Version int           `json:"version,omitempty"` // 3 when 0; version 1 has no extensions
	Serial  string        `json:"serial,omitempty"`  // hexadecimal; "" is 16 random octets
	From    time.Duration `json:"from"`              // against now
	Until   time.Duration `json:"until"`             // against now
	Forever bool          `json:"forever,omitempty"` // until 9999-12-31

	Basic           *Basic           `json:"basic,omitempty"`
	KeyUsage        *KeyUsage        `json:"key_usage,omitempty"`
	ExtKeyUsage     *ExtKeyUsage     `json:"ext_key_usage,omitempty"`
	Names           *Names           `json:"names,omitempty"`
	Constraints     *NameConstraints `json:"name_constraints,omitempty"`
	NoSubjectKeyID  bool             `json:"no_subject_key_id,omitempty"`
	AuthorityKeyID  AuthorityKeyID   `json:"authority_key_id,omitempty"`
	Unknown         Presence         `json:"unknown,omitempty"` // an extension that nobody knows
	MustStaple      bool             `json:"must_staple,omitempty"`
	RequirePolicies bool             `json:"require_policies,omitempty"` // policyConstraints, requireExplicitPolicy 0
}

// A Key is a kind of key.
type Key string

// The kinds of keys.
const (
	P256    Key = "P-256"
	P384    Key = "P-384"
	P521    Key = "P-521"
	RSA1024 Key = "RSA-1024"
	RSA2048 Key = "RSA-2048"
	RSA4096 Key = "RSA-4096"
	Ed25519 Key = "Ed25519"
)

// A Signature is how a certificate is signed.
type Signature string

// The signatures.
const (
	SHA1   Signature = "SHA-1"
	SHA384 Signature = "SHA-384"
	SHA512 Signature = "SHA-512"
	PSS    Signature = "RSASSA-PSS with SHA-256"
)

// A Presence is whether an extension is there, and whether it is critical.
type Presence string

// The presences; "" is absent.
const (
	Noncritical Presence = "noncritical"
	Critical    Presence = "critical"
)

// Basic are the basicConstraints (RFC 5280 section 4.2.1.9).
type Basic struct {
	CA          bool `json:"ca"`
	PathLen     int  `json:"path_len"` // -1 is none
	Noncritical bool `json:"noncritical,omitempty"`
}

// KeyUsage is the extension of that name (RFC 5280 section 4.2.1.3), as bits of crypto/x509.
type KeyUsage struct {
	Bits        int  `json:"bits"`
	Noncritical bool `json:"noncritical,omitempty"`
}

// ExtKeyUsage is the extension of that name (RFC 5280 section 4.2.1.12).
type ExtKeyUsage struct {
	Usages   []string `json:"usages"` // object identifiers
	Critical bool     `json:"critical,omitempty"`
}

// Object identifiers of usages.
const (
	UsageAny    = "2.5.29.37.0"
	UsageServer = "1.3.6.1.5.5.7.3.1"
	UsageClient = "1.3.6.1.5.5.7.3.2"
	UsageCode   = "1.3.6.1.5.5.7.3.3"
	UsageStepUp = "2.16.840.1.113730.4.1" // Netscape's
)

// Names are the subject's alternative names (RFC 5280 section 4.2.1.6).
type Names struct {
	DNS      []string `json:"dns,omitempty"`
	IP       []string `json:"ip,omitempty"`
	URI      []string `json:"uri,omitempty"`
	Critical bool     `json:"critical,omitempty"`
}

// NameConstraints are the extension of that name (RFC 5280 section 4.2.1.10).
type NameConstraints struct {
	PermittedDNS []string `json:"permitted_dns,omitempty"`
	ExcludedDNS  []string `json:"excluded_dns,omitempty"`
	PermittedIP  []string `json:"permitted_ip,omitempty"` // as prefixes
	ExcludedIP   []string `json:"excluded_ip,omitempty"`
	Noncritical  bool     `json:"noncritical,omitempty"`
}

// An AuthorityKeyID is what the extension of that name says (RFC 5280 section 4.2.1.1).
type AuthorityKeyID string

// What it says; "" is the issuer's.
const (
	AuthorityAbsent AuthorityKeyID = "absent"
	AuthorityWrong  AuthorityKeyID = "another key's"
)
