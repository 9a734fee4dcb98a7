package mbedtls

import (
	"crypto"
	"encoding/asn1"
	"fmt"
	"slices"
)

// A Profile is what one build of Mbed TLS has compiled in, and where builds behave differently. It
// is data: connections and loaders read it, and nothing changes it. [Build.Profile] makes one.
type Profile struct {
	suites     []*Suite             // in the server's order of preference
	groups     []*namedCurve        // of ECDHE, in the server's order
	curves     []*namedCurve        // of certificates and keys
	extensions []extensionParser    // of certificates
	signatures []signatureAlgorithm // of certificates
	hashes     []uint8              // that there are, as TLS numbers them
	signing    []uint8              // of those, what the server signs with when it is asked for
	requested  []uint16             // what a client may sign its CertificateVerify with
	offered    []uint8              // hashes of signatures that a client offers, the longest first

	*dialect
	Quirks
}

// Quirks are the sizes in which builds differ, and how they read.
type Quirks struct {
	InContentLen  int // MBEDTLS_SSL_IN_CONTENT_LEN, octets
	OutContentLen int // MBEDTLS_SSL_OUT_CONTENT_LEN, octets

	// PEM says that certificates and keys are read in PEM as well as in DER.
	PEM bool
	// HelloInRecordLayer lets the ClientHello go through the normal record layer;
	// otherwise it has rules of its own (CAMERA.md sections 2.1 and 10).
	HelloInRecordLayer bool
	// Reassembles says that handshake messages may be split over records
	// (CAMERA.md section 10).
	Reassembles bool
	// OldVersions says that TLS 1.0 and 1.1 are spoken, too (CAMERA.md section 10.2).
	OldVersions bool
	// LaxRSAKeys passes over octets that follow an RSA key in PKCS#1, and counts an RSA key of a peer in whole octets, as
	// Mbed TLS did before 3.6.
	LaxRSAKeys bool
	// StrictSignatures lets a client verify by the algorithms alone that it offers.
	StrictSignatures bool
	// PSK says that suites of TLS-PSK are known, and of no use without a key.
	PSK bool
	// OldPublicKeys says that public keys are refused with the codes of Mbed TLS before 3.6 (CAMERA.md section 10.1).
	OldPublicKeys bool
	// UncheckedHelloLength says that the length in the header of a ClientHello that has rules of its own is not
	// looked at, as in Mbed TLS 3.6.3 to 3.6.5 (CAMERA.md section 10.3).
	UncheckedHelloLength bool

	// Extensions of the hello that the build knows (CAMERA.md section 10.3).
	MaxFragmentLength    bool // RFC 6066 section 4
	EncryptThenMAC       bool // RFC 7366
	ExtendedMasterSecret bool // RFC 7627

	// MACAlert says that a record whose MAC is wrong is answered by an alert, as with MBEDTLS_SSL_ALL_ALERT_MESSAGES.
	MACAlert bool

	// KeepsPeer says that a client's certificate is kept, with MBEDTLS_SSL_KEEP_PEER_CERTIFICATE, also where all were
	// passed over (CAMERA.md section 10.3).
	KeepsPeer bool
	// SpecifiedCurves says that curves may be spelled out instead of named, with MBEDTLS_PK_PARSE_EC_EXTENDED
	// (CAMERA.md section 10.3).
	SpecifiedCurves bool
	// PSS says that certificates are read and verified that are signed with RSASSA-PSS.
	PSS bool
}

// A Build names what is compiled in. The names are those of the standards: suites as get_ciphers()
// prints them, groups and curves as IANA does, extensions of certificates as RFC 5280 does, hashes
// such as SHA-256. A nil list stands for everything that the engine has; of suites, for those of OpenMV's build.
type Build struct {
	Suites     []string // in the server's order of preference
	Groups     []string // of ECDHE, in the server's order
	Curves     []string // of certificates and keys
	Extensions []string // of certificates; others are skipped, or refused when they are critical
	Hashes     []string // of signatures
	// Generation is whose dialect is spoken: "2.16", "2.28", or "" for the latest.
	Generation string
	// Signing are the hashes that a client may ask the server to sign with; nil stands for SHA-512, SHA-384 and SHA-256.
	Signing []string
	// Requested are the hashes that a client may sign its CertificateVerify with, in the order of the
	// CertificateRequest.
	Requested []string
}

// Profile looks the names up. The error tells which one the engine does not have.
func (b Build) Profile(q Quirks) (*Profile, error) {
	p := &Profile{Quirks: q}
	var err error
	if p.dialect, err = dialectNamed(b.Generation); err != nil {
		return nil, err
	}
	if p.suites, err = pick("cipher suite", b.Suites, suites, moreSuites, func(s *Suite) string { return s.Name }); err != nil {
		return nil, err
	}
	if p.groups, err = pick("group", b.Groups, exchangeCurves, namedCurves, func(c *namedCurve) string { return c.name }); err != nil {
		return nil, err
	}
	if p.curves, err = pick("curve", b.Curves, namedCurves, nil, func(c *namedCurve) string { return c.name }); err != nil {
		return nil, err
	}
	p.extensions, err = pick("extension", b.Extensions, extensionParsers, nil, func(e extensionParser) string { return e.name })
	if err != nil {
		return nil, err
	}
	known, err := pick("hash", b.Hashes, hashes, nil, func(h hashName) string { return h.name })
	if err != nil {
		return nil, err
	}
	for _, h := range known {
		if h.id != 0 {
			p.hashes = append(p.hashes, h.id)
		}
		if h.id >= hashSHA256 {
			p.offered = append(p.offered, h.id)
		}
	}
	slices.SortFunc(p.offered, func(a, b uint8) int { return int(b) - int(a) })
	if p.signing, err = signingHashes(b.Signing, known); err != nil {
		return nil, err
	}
	for _, s := range signatureAlgorithms {
		if s.hashName == "" || slices.ContainsFunc(known, func(h hashName) bool { return h.name == s.hashName }) {
			p.signatures = append(p.signatures, s)
		}
	}
	requested, err := pick("hash", b.Requested, known, nil, func(h hashName) string { return h.name })
	if err != nil {
		return nil, err
	}
	for _, h := range requested {
		if h.id == 0 || h.id == hashSHA224 { // of which no transcript is kept
			continue
		}
		first, second := uint16(signECDSA), uint16(signRSA)
		if p.rsaFirst {
			first, second = second, first
		}
		p.requested = append(p.requested, uint16(h.id)<<8|first, uint16(h.id)<<8|second)
	}
	return p, nil
}

// Everything returns a profile of all that the engine has, for those who read keys without a server.
func Everything() *Profile {
	p, err := Build{Generation: dialect228.name}.Profile(Quirks{LaxRSAKeys: true}) // which passes over the most
	if err != nil {
		panic(err) // it names nothing
	}
	return p
}

// pick returns the elements with these names in their order, and for nil the usual ones. The names may be of more.
func pick[T any](what string, names []string, usual, more []T, name func(T) string) ([]T, error) {
	if names == nil {
		return usual, nil
	}
	all := slices.Concat(usual, more)
	list := make([]T, 0, len(names))
	for _, n := range names {
		i := slices.IndexFunc(all, func(e T) bool { return name(e) == n })
		if i < 0 {
			return nil, fmt.Errorf("the engine has no %s %q", what, n)
		}
		list = append(list, all[i])
	}
	return list, nil
}

// Suites returns the cipher suites in the server's order of preference.
func (p *Profile) Suites() []*Suite { return slices.Clone(p.suites) }

func (p *Profile) curveByOID(der []byte) *namedCurve {
	for _, c := range p.curves {
		if oidEqual(der, c.oid) {
			return c
		}
	}
	return nil
}

// keepsGroup reports whether the server keeps a group from supported_groups: one of a curve that it
// was built with, whether it agrees on keys over it or not.
func (p *Profile) keepsGroup(id uint16) bool {
	for _, c := range p.curves {
		if c.id == id {
			return true
		}
	}
	return false
}

// signingHashes returns the numbers of hashes; nil stands for those of SHA-2 from 256 bits on that are known.
func signingHashes(names []string, known []hashName) (list []uint8, err error) {
	if names == nil {
		for _, h := range known {
			if h.id > hashSHA224 {
				list = append(list, h.id)
			}
		}
		return list, nil
	}
	chosen, err := pick("hash", names, known, nil, func(h hashName) string { return h.name })
	for _, h := range chosen {
		list = append(list, h.id)
	}
	return list, err
}

// signs reports whether the server makes signatures of that algorithm when it is asked for them.
func (p *Profile) signs(alg uint16) bool {
	return signatureHash(alg) != 0 && slices.Contains(p.signing, uint8(alg>>8))
}

func (p *Profile) hasHash(id uint8) bool { return slices.Contains(p.hashes, id) }

// A hashName is a hash that a build can have.
type hashName struct {
	name string
	id   uint8 // in signature algorithms of the handshake (RFC 5246 section 7.4.1.4.1); 0 for none
}

var hashes = []hashName{{"SHA-512", 6}, {"SHA-384", 5}, {"SHA-256", 4}, {"SHA-224", hashSHA224}, {"SHA-1", hashSHA1}, {"MD5", 0}}

// A signatureAlgorithm is an algorithm that certificates are signed with.
type signatureAlgorithm struct {
	oid      asn1.ObjectIdentifier
	hashName string      // "" for one that is known by its name alone, and in every build
	hash     crypto.Hash // 0 for one that verifies nothing
	kind     keyType     // of the key that signs
	accepted bool        // by mbedtls_x509_crt_profile_default: SHA-256 and up
	pss      *pssParams  // of RSASSA-PSS, where the build reads them
}

// signatureAlgorithms are those whose names Mbed TLS knows (CAMERA.md sections 1.3 and 6).
var signatureAlgorithms = []signatureAlgorithm{
	{oid: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 4}, hashName: "MD5", hash: crypto.MD5, kind: keyRSA},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, hashName: "SHA-1", hash: crypto.SHA1, kind: keyRSA},
	{oid: asn1.ObjectIdentifier{1, 3, 14, 3, 2, 29}, hashName: "SHA-1", hash: crypto.SHA1, kind: keyRSA},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 14}, hashName: "SHA-224", hash: crypto.SHA224, kind: keyRSA},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, hashName: "SHA-256", hash: crypto.SHA256, kind: keyRSA, accepted: true},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, hashName: "SHA-384", hash: crypto.SHA384, kind: keyRSA, accepted: true},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, hashName: "SHA-512", hash: crypto.SHA512, kind: keyRSA, accepted: true},
	{oid: oidPSS, kind: keyRSA},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}, hashName: "SHA-1", hash: crypto.SHA1, kind: keyECDSA},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 1}, hashName: "SHA-224", hash: crypto.SHA224, kind: keyECDSA},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, hashName: "SHA-256", hash: crypto.SHA256, kind: keyECDSA, accepted: true},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, hashName: "SHA-384", hash: crypto.SHA384, kind: keyECDSA, accepted: true},
	{oid: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, hashName: "SHA-512", hash: crypto.SHA512, kind: keyECDSA, accepted: true},
}
