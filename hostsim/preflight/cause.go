package preflight

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
)

// certificateCause says what about a certificate a camera refuses: it is asked again with one thing at a
// time changed, as it checks no signature when it loads. It returns "" when nothing is known.
func (a asker) certificateCause(raw []byte, parsed *x509.Certificate) string {
	if parsed == nil {
		return "Go cannot read it, either"
	}
	if names := a.criticalCauses(raw, parsed); len(names) > 0 {
		return "its critical extension " + strings.Join(names, " and ")
	}
	var parts []string
	switch key := parsed.PublicKey.(type) {
	case *ecdsa.PublicKey:
	case *rsa.PublicKey:
		if key.N.BitLen() > certs.MaxRSABits {
			parts = append(parts, fmt.Sprintf("its RSA key has %d bits, and the camera reads %d at most", key.N.BitLen(), certs.MaxRSABits))
		}
	default:
		parts = append(parts, "its key is "+certs.DescribeKey(parsed))
	}
	if !knownSignature(parsed.SignatureAlgorithm) {
		parts = append(parts, "it is signed with "+certs.DescribeSignature(parsed))
	}
	return strings.Join(parts, "; ")
}

// maxCritical is how many critical extensions are looked at: each takes a load.
const maxCritical = 8

// criticalCauses returns the critical extensions without which, or when they are not critical, the
// certificate loads.
func (a asker) criticalCauses(raw []byte, parsed *x509.Certificate) (names []string) {
	var critical []pkix.Extension
	for _, e := range parsed.Extensions {
		if e.Critical {
			critical = append(critical, e)
		}
	}
	if len(critical) == 0 || len(critical) > maxCritical || a.load(uncritical(raw, critical, -1)) != nil {
		return nil
	}
	for i, e := range critical {
		if a.load(uncritical(raw, critical, i)) != nil {
			names = append(names, extensionName(e.Id))
		}
	}
	return names
}

// uncritical returns a certificate whose critical extensions are critical no more, but for one.
func uncritical(raw []byte, critical []pkix.Extension, except int) []byte {
	changed := bytes.Clone(raw)
	for i, e := range critical {
		oid, err := asn1.Marshal(e.Id)
		if i == except || err != nil {
			continue
		}
		// OID, then BOOLEAN TRUE (RFC 5280 section 4.1).
		if at := bytes.Index(changed, append(oid, 1, 1, 0xff)); at >= 0 {
			changed[at+len(oid)+2] = 0
		}
	}
	return changed
}

// extensionNames are the extensions that CAs make critical, as RFC 5280 section 4.2 calls them.
var extensionNames = map[string]string{
	"2.5.29.14": "subjectKeyIdentifier", "2.5.29.15": "keyUsage", "2.5.29.17": "subjectAltName", "2.5.29.18": "issuerAltName",
	"2.5.29.19": "basicConstraints", "2.5.29.30": "nameConstraints", "2.5.29.31": "cRLDistributionPoints",
	"2.5.29.32": "certificatePolicies", "2.5.29.33": "policyMappings", "2.5.29.35": "authorityKeyIdentifier",
	"2.5.29.36": "policyConstraints", "2.5.29.37": "extKeyUsage", "2.5.29.54": "inhibitAnyPolicy",
	"1.3.6.1.5.5.7.1.1": "authorityInfoAccess", "1.3.6.1.5.5.7.1.24": "TLS features (must-staple)",
}

func extensionName(id asn1.ObjectIdentifier) string {
	if name := extensionNames[id.String()]; name != "" {
		return name
	}
	return id.String()
}

// knownSignature reports whether Mbed TLS as built for the camera knows a signature algorithm.
func knownSignature(a x509.SignatureAlgorithm) bool {
	switch a {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.ECDSAWithSHA1, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		return true
	}
	return false
}

// keyCause says what about the file of a key a camera refuses, when the key itself is one that it loads:
// what follows the key, attributes, a later version of PKCS#8, or PKCS#8 itself. It returns "" otherwise.
func keyCause(firmware *device.Firmware, file []byte) string {
	der, isPEM := file, false
	for rest := file; !isPEM; {
		block, more := pem.Decode(rest)
		if block == nil {
			break
		}
		if rest = more; strings.HasSuffix(block.Type, "PRIVATE KEY") {
			der, isPEM = block.Bytes, true
		}
	}
	var causes []string
	begin := max(0, bytes.IndexByte(der, 0x30))
	if len(bytes.Trim(der[:begin], "\r\n\t \x00\xff")) == 0 && begin > 0 {
		causes = append(causes, fmt.Sprintf("the key does not begin with the first octet of the file: %d stand before it", begin))
		der = der[begin:]
	}
	input := cryptobyte.String(der)
	var first cryptobyte.String
	if !input.ReadASN1Element(&first, casn1.SEQUENCE) {
		return ""
	}
	if len(input) > 0 {
		cause := delivery.DescribeTail(input) + " the key"
		if padding := delivery.DescribePadding(input); padding != "" {
			cause += " (" + padding + ")"
		}
		causes = append(causes, cause)
	}
	plain, more := plainPKCS8(first)
	causes = append(causes, more...)
	if !keyLoads(firmware, plain) {
		if older, ok := olderForm(plain); !ok || !keyLoads(firmware, older) {
			return ""
		}
		causes = append(causes, "the key is in PKCS#8, which "+firmware.Name+" does not read")
	}
	return strings.Join(causes, ", and ")
}

// olderForm returns a key in PKCS#8 as convert writes it: in SEC1 or PKCS#1 (CAMERA.md section 10.1).
func olderForm(pkcs8 []byte) (der []byte, ok bool) {
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, false
	}
	der, err = certs.MarshalKey(key)
	return der, err == nil
}

// keyLoads reports whether a camera takes a key, whatever it says of the certificate.
func keyLoads(firmware *device.Firmware, key []byte) bool {
	return !errors.Is(asker{firmware, key}.load(nil), micropython.ErrInvalidKey)
}

// plainPKCS8 returns a key in PKCS#8 without what RFC 5958 section 2 lets it carry, and what that was.
// Other keys are returned as they are.
func plainPKCS8(der []byte) (plain []byte, carried []string) {
	input := cryptobyte.String(der)
	var outer, algorithm, key cryptobyte.String
	var version int
	if !input.ReadASN1(&outer, casn1.SEQUENCE) || !outer.ReadASN1Integer(&version) ||
		!outer.ReadASN1Element(&algorithm, casn1.SEQUENCE) || !outer.ReadASN1Element(&key, casn1.OCTET_STRING) {
		return der, nil
	}
	for _, field := range []struct {
		tag   casn1.Tag
		title string
	}{
		{casn1.Tag(0).ContextSpecific().Constructed(), "the PKCS#8 file carries attributes"},
		{casn1.Tag(1).ContextSpecific(), "the PKCS#8 file carries the public key beside the private one"},
		{casn1.Tag(1).ContextSpecific().Constructed(), "the PKCS#8 file carries the public key beside the private one"},
	} {
		if outer.PeekASN1Tag(field.tag) && outer.SkipASN1(field.tag) {
			carried = append(carried, field.title)
		}
	}
	if len(outer) > 0 {
		carried = append(carried, fmt.Sprintf("the PKCS#8 file carries %d octets that belong to nothing", len(outer)))
	}
	if version != 0 && len(carried) == 0 {
		carried = append(carried, fmt.Sprintf("the PKCS#8 file is of version %d", version+1))
	}
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddBytes(algorithm)
		b.AddBytes(key)
	})
	plain, err := b.Bytes()
	if err != nil {
		return der, nil
	}
	return plain, carried
}

func encodePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
