package generate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// crypto/x509 makes correct certificates alone. These are made octet by octet.

// signing is how something is signed: the algorithm's identifier in DER, and the hash.
type signing struct {
	identifier string // hexadecimal
	hash       crypto.Hash
	options    crypto.SignerOpts
}

var pssOptions = &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}

// signings of RSA, ECDSA and Ed25519 keys (RFC 3279, 4055, 5758, 8410).
var signings = map[string]map[Signature]signing{
	"RSA": {
		"":     {"300d06092a864886f70d01010b0500", crypto.SHA256, crypto.SHA256},
		SHA1:   {"300d06092a864886f70d0101050500", crypto.SHA1, crypto.SHA1},
		SHA384: {"300d06092a864886f70d01010c0500", crypto.SHA384, crypto.SHA384},
		SHA512: {"300d06092a864886f70d01010d0500", crypto.SHA512, crypto.SHA512},
		PSS: {"304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d0609608648" +
			"0165030402010500a203020120", crypto.SHA256, pssOptions},
	},
	"ECDSA": {
		"":     {"300a06082a8648ce3d040302", crypto.SHA256, crypto.SHA256},
		SHA1:   {"300906072a8648ce3d0401", crypto.SHA1, crypto.SHA1},
		SHA384: {"300a06082a8648ce3d040303", crypto.SHA384, crypto.SHA384},
		SHA512: {"300a06082a8648ce3d040304", crypto.SHA512, crypto.SHA512},
	},
	"Ed25519": {"": {"300506032b6570", 0, crypto.Hash(0)}},
}

// signingOf returns how a key signs.
func signingOf(key crypto.Signer, s Signature) (signing, error) {
	kind := ""
	switch key.(type) {
	case *rsa.PrivateKey:
		kind = "RSA"
	case *ecdsa.PrivateKey:
		kind = "ECDSA"
	case ed25519.PrivateKey:
		kind = "Ed25519"
	}
	if how, ok := signings[kind][s]; ok {
		return how, nil
	}
	return signing{}, fmt.Errorf("an %s key does not sign with %s", kind, s)
}

// identified is what others have to know of a certificate's holder.
type identified struct {
	name string // the common name
	key  crypto.Signer
}

// encode returns the certificate in DER.
func encode(c Certificate, subject, issuer identified, now time.Time) ([]byte, error) {
	how, err := signingOf(issuer.key, c.Signature)
	if err != nil {
		return nil, err
	}
	algorithm, err := hex.DecodeString(how.identifier)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(subject.key.Public())
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if c.Version != 1 {
			b.AddASN1(casn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1Int64(2) })
		}
		b.AddASN1(casn1.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(c.serial()) })
		b.AddBytes(algorithm)
		addName(b, issuer.name)
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addTime(b, now.Add(c.From))
			if c.Forever {
				addTime(b, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))
			} else {
				addTime(b, now.Add(c.Until))
			}
		})
		addName(b, subject.name)
		b.AddBytes(public)
		if c.Version != 1 {
			c.addExtensions(b, subject, issuer)
		}
	})
	tbs, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	digest := tbs
	if how.hash != 0 {
		h := how.hash.New()
		h.Write(tbs)
		digest = h.Sum(nil)
	}
	signature, err := issuer.key.Sign(rand.Reader, digest, how.options)
	if err != nil {
		return nil, err
	}
	var whole cryptobyte.Builder
	whole.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddBytes(algorithm)
		b.AddASN1BitString(signature)
	})
	return whole.Bytes()
}

// serial returns the serial number's octets.
func (c Certificate) serial() []byte {
	if octets, err := hex.DecodeString(c.Serial); err == nil && len(octets) > 0 {
		return octets
	}
	var octets [16]byte
	_, _ = rand.Read(octets[:]) // never fails
	octets[0] = octets[0]&0x3f | 0x40
	return octets[:]
}

// addName adds a name that is a common name alone, or empty.
func addName(b *cryptobyte.Builder, common string) {
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if common == "" {
			return
		}
		b.AddASN1(casn1.SET, func(b *cryptobyte.Builder) {
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{2, 5, 4, 3})
				b.AddASN1(casn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(common)) })
			})
		})
	})
}

// addTime adds a time as RFC 5280 section 4.1.2.5 wants it.
func addTime(b *cryptobyte.Builder, t time.Time) {
	if t = t.UTC(); t.Year() >= 2050 || t.Year() < 1950 {
		b.AddASN1GeneralizedTime(t)
	} else {
		b.AddASN1UTCTime(t)
	}
}

// addExtensions adds all extensions.
func (c Certificate) addExtensions(b *cryptobyte.Builder, subject, issuer identified) {
	b.AddASN1(casn1.Tag(3).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			if !c.NoSubjectKeyID {
				add(b, "2.5.29.14", false, func(b *cryptobyte.Builder) { b.AddASN1OctetString(keyID(subject.key)) })
			}
			if c.AuthorityKeyID != AuthorityAbsent {
				id := keyID(issuer.key)
				if c.AuthorityKeyID == AuthorityWrong {
					id[0] ^= 0xff
				}
				add(b, "2.5.29.35", false, func(b *cryptobyte.Builder) {
					b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(casn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(id) })
					})
				})
			}
			c.addUsages(b)
			c.addNames(b)
			if c.Unknown != "" {
				add(b, "1.3.6.1.4.1.55555.1", c.Unknown == Critical, func(b *cryptobyte.Builder) { b.AddASN1NULL() })
			}
			if c.MustStaple {
				add(b, "1.3.6.1.5.5.7.1.24", false, func(b *cryptobyte.Builder) {
					b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(5) })
				})
			}
			if c.RequirePolicies {
				add(b, "2.5.29.36", true, func(b *cryptobyte.Builder) {
					b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(casn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0) })
					})
				})
			}
		})
	})
}

// addUsages adds what the key is for.
func (c Certificate) addUsages(b *cryptobyte.Builder) {
	if basic := c.Basic; basic != nil {
		add(b, "2.5.29.19", !basic.Noncritical, func(b *cryptobyte.Builder) {
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				if basic.CA {
					b.AddASN1Boolean(true)
				}
				if basic.PathLen >= 0 {
					b.AddASN1Int64(int64(basic.PathLen))
				}
			})
		})
	}
	if usage := c.KeyUsage; usage != nil {
		add(b, "2.5.29.15", !usage.Noncritical, func(b *cryptobyte.Builder) { addBits(b, usage.Bits) })
	}
	if extended := c.ExtKeyUsage; extended != nil {
		add(b, "2.5.29.37", extended.Critical, func(b *cryptobyte.Builder) {
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, usage := range extended.Usages {
					b.AddASN1ObjectIdentifier(identifier(usage))
				}
			})
		})
	}
}

// addNames adds the alternative names, and what names are allowed.
func (c Certificate) addNames(b *cryptobyte.Builder) {
	if names := c.Names; names != nil {
		add(b, "2.5.29.17", names.Critical, func(b *cryptobyte.Builder) {
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for tag, list := range map[uint8][]string{2: names.DNS, 6: names.URI} {
					for _, name := range list {
						b.AddASN1(casn1.Tag(tag).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
					}
				}
				for _, name := range names.IP {
					b.AddASN1(casn1.Tag(7).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(netip.MustParseAddr(name).AsSlice()) })
				}
			})
		})
	}
	if constraints := c.Constraints; constraints != nil {
		add(b, "2.5.29.30", !constraints.Noncritical, func(b *cryptobyte.Builder) {
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addSubtrees(b, 0, constraints.PermittedDNS, constraints.PermittedIP)
				addSubtrees(b, 1, constraints.ExcludedDNS, constraints.ExcludedIP)
			})
		})
	}
}

// addSubtrees adds the names of one kind of constraint.
func addSubtrees(b *cryptobyte.Builder, tag uint8, names, prefixes []string) {
	if len(names)+len(prefixes) == 0 {
		return
	}
	b.AddASN1(casn1.Tag(tag).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
		for _, name := range names {
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(casn1.Tag(2).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
			})
		}
		for _, text := range prefixes {
			prefix := netip.MustParsePrefix(text)
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(casn1.Tag(7).ContextSpecific(), func(b *cryptobyte.Builder) {
					b.AddBytes(prefix.Addr().AsSlice())
					b.AddBytes(mask(prefix))
				})
			})
		}
	})
}

// mask returns the netmask of a prefix.
func mask(p netip.Prefix) []byte {
	octets := make([]byte, p.Addr().BitLen()/8)
	for i := range p.Bits() {
		octets[i/8] |= 0x80 >> (i % 8)
	}
	return octets
}

// add adds one extension.
func add(b *cryptobyte.Builder, id string, critical bool, value func(*cryptobyte.Builder)) {
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(identifier(id))
		if critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1(casn1.OCTET_STRING, value)
	})
}

// addBits adds usages as a bit string without trailing zero bits.
func addBits(b *cryptobyte.Builder, bits int) {
	length := 0
	for i := range 9 {
		if bits&(1<<i) != 0 {
			length = i + 1
		}
	}
	octets := make([]byte, (length+7)/8)
	for i := range length {
		octets[i/8] |= byte(bits>>i&1) << (7 - i%8)
	}
	b.AddASN1(casn1.BIT_STRING, func(b *cryptobyte.Builder) {
		b.AddUint8(uint8(8*len(octets) - length))
		b.AddBytes(octets)
	})
}

// identifier parses a dotted object identifier.
func identifier(dotted string) (id asn1.ObjectIdentifier) {
	for part := range strings.SplitSeq(dotted, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			panic(err) // they stand in this package
		}
		id = append(id, n)
	}
	return id
}

// keyID is the key identifier of RFC 5280 section 4.2.1.2, method 1.
func keyID(key crypto.Signer) []byte {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err) // the keys of this package encode
	}
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		panic(err)
	}
	sum := sha1.Sum(info.Key.Bytes)
	return sum[:]
}
