package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/program"
)

// A flaw is a pair of real files with one thing wrong, and what the check has to find.
type flaw struct {
	code    preflight.Code
	name    string
	files   map[string][]byte // of a delivery; or as flashed, with cert and key
	flashed bool
	options preflight.Options
	// unshown are those whose words cannot be had here, by who says them.
	unshown map[string]string
}

// workshop makes flawed certificates.
type workshop struct {
	t   *testing.T
	pki *certs.PKI
	key crypto.Signer // P-256
}

const flawHost = "cam.example.com"

// template is a leaf without a flaw.
func (w *workshop) template() *x509.Certificate {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(w.t, err)
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: flawHost}, DNSNames: []string{flawHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(60 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
		IssuingCertificateURL: []string{"http://aia.invalid/i.der"},
	}
}

// issue lets the first intermediate sign a leaf that change has made wrong.
func (w *workshop) issue(key crypto.Signer, change func(*x509.Certificate)) []byte {
	template := w.template()
	if change != nil {
		change(template)
	}
	return w.sign(template, w.pki.Intermediates[0], key)
}

func (w *workshop) sign(template *x509.Certificate, issuer *certs.Identity, key crypto.Signer) []byte {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.Certificate, key.Public(), issuer.Key)
	require.NoError(w.t, err)
	return der
}

func certificatePEM(list ...[]byte) (out []byte) {
	for _, der := range list {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return out
}

func keyDER(t *testing.T, key crypto.Signer) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return der
}

func keyPEM(t *testing.T, key crypto.Signer) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER(t, key)})
}

// delivered are the files of a delivery with the whole chain.
func (w *workshop) delivered(leaf []byte, key crypto.Signer) map[string][]byte {
	return map[string][]byte{
		"leaf.pem":  certificatePEM(leaf),
		"chain.pem": certs.EncodePEM(append(w.pki.Chain(), w.pki.Root.Certificate)...),
		"key.pem":   keyPEM(w.t, key),
	}
}

// flashed are two files as they would be flashed.
func (w *workshop) flashed(cert, key []byte) map[string][]byte {
	return map[string][]byte{"cert": cert, "key": key, "chain.pem": certs.EncodePEM(append(w.pki.Chain(), w.pki.Root.Certificate)...)}
}

func generate(t *testing.T, curve elliptic.Curve) crypto.Signer {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return key
}

func generateRSA(t *testing.T, bits int) crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	return key
}

// flaws are all kinds of findings that one device can have.
func flaws(t *testing.T) []flaw {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	w := &workshop{t, pki, generate(t, elliptic.P256())}
	good := w.issue(w.key, nil)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rsa2048 := generateRSA(t, 2048)
	return []flaw{
		{code: preflight.CodePEMCertificate, name: "PEM certificate", flashed: true, files: w.flashed(certificatePEM(good), keyDER(t, w.key))},
		{code: preflight.CodePEMKey, name: "PEM key", flashed: true, files: w.flashed(good, keyPEM(t, w.key))},
		{code: preflight.CodeEncryptedKey, name: "encrypted key", flashed: true, files: w.flashed(good, encrypted(t, w.key))},
		{code: preflight.CodeFilesSwapped, name: "swapped files", flashed: true, files: w.flashed(keyDER(t, w.key), good)},
		{code: preflight.CodeKeyUnsupported, name: "Ed25519", files: w.delivered(w.issue(edKey, nil), edKey)},
		{
			code: preflight.CodeKeyUnsupported, name: "a key with trailing octets",
			flashed: true, files: w.flashed(good, append(keyDER(t, w.key), '\n')),
		},
		{code: preflight.CodeCertUnsupported, name: "signed with PSS", files: w.signedWithPSS()},
		{code: preflight.CodeCertUnsupported, name: "cut off", flashed: true, files: w.flashed(good[:len(good)-10], keyDER(t, w.key))},
		{
			code: preflight.CodeNoCertificate, name: "a request as certificate", flashed: true,
			files: w.flashed(requestFor(t, w.key, flawHost), keyDER(t, w.key)),
		},
		{code: preflight.CodeNoKey, name: "no key", files: map[string][]byte{"leaf.pem": certificatePEM(good)}},
		{code: preflight.CodeKeyMismatch, name: "another key", flashed: true, files: w.flashed(good, keyDER(t, generate(t, elliptic.P256())))},
		{code: preflight.CodeKeyMismatch, name: "another key in a delivery", files: w.delivered(good, generate(t, elliptic.P256()))},
		{
			code: preflight.CodePairUnusable, name: "an RSA key with wrong numbers", flashed: true,
			files: w.flashed(w.issue(rsa2048, nil), wrongCRT(t, rsa2048.(*rsa.PrivateKey))),
		},
		{
			code: preflight.CodeFileNotLoaded, name: "padding behind the key",
			files: map[string][]byte{"cert": good, "key": append(keyDER(t, w.key), make([]byte, 16)...)},
		},
		{
			code: preflight.CodeSeveralCerts, name: "two certificates in DER", flashed: true,
			files: w.flashed(append(good[:len(good):len(good)], pki.Intermediates[0].DER()...), keyDER(t, w.key)),
		},
		{code: preflight.CodeMessageTooLong, name: "two hundred names", files: w.delivered(w.issue(w.key, func(c *x509.Certificate) {
			for i := range 200 {
				c.DNSNames = append(c.DNSNames, fmt.Sprintf("camera-number-%d.example.com", i))
			}
		}), w.key)},
		{code: preflight.CodeChainTooLong, name: "a long RSA leaf under Generation Y", files: longChain(t)},
		{
			code: preflight.CodeIssuerNotLoaded, name: "an issuer with critical name constraints",
			files: w.underIntermediate(func(c *x509.Certificate) {
				c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"example.com"}, true
			}),
		},
		{code: preflight.CodeGoCannotParse, name: "dates without a time zone", flashed: true, files: w.zoneless()},
		{code: preflight.CodeWeakKey, name: "RSA 1024", files: w.delivered(w.issue(generateOnce(t, 1024), nil), generateOnce(t, 1024))},
		{code: preflight.CodeLargeKey, name: "RSA 2048", files: w.delivered(w.issue(rsa2048, nil), rsa2048)},
		{code: preflight.CodeOddCurve, name: "P-224", files: func() map[string][]byte {
			key := generate(t, elliptic.P224())
			return w.delivered(w.issue(key, nil), key)
		}()},
		{code: preflight.CodeFewClientsCurve, name: "P-521", files: func() map[string][]byte {
			key := generate(t, elliptic.P521())
			return w.delivered(w.issue(key, nil), key)
		}()},
		{code: preflight.CodeWeakSignature, name: "signed with SHA-1", files: sha1Signed(t)},
		{
			code: preflight.CodeNameMismatch, name: "another host",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.DNSNames = []string{"other.example.com"} }), w.key),
		},
		{
			code: preflight.CodeNameMismatch, name: "a wildcard two labels above",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.DNSNames = []string{"*.com", "*.example.org"} }), w.key),
		},
		{
			code: preflight.CodeNoSAN, name: "a common name alone",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.DNSNames = nil }), w.key),
		},
		{
			code: preflight.CodeNameNotPublic, name: "a name at home",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.DNSNames = append(c.DNSNames, "cam.local") }), w.key),
		},
		{code: preflight.CodeExpired, name: "expired", files: w.delivered(w.issue(w.key, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-72*time.Hour), time.Now().Add(-24*time.Hour)
		}), w.key)},
		{
			code: preflight.CodeNotYetValid, name: "from three days on",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(72 * time.Hour) /* NSS forgives a day */ }),
				w.key),
		},
		{code: preflight.CodeExpiresSoon, name: "two days left", files: w.delivered(w.issue(w.key, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-60*24*time.Hour), time.Now().Add(48*time.Hour)
		}), w.key)},
		{
			code: preflight.CodeValidityTooLong, name: "ten years of a private CA",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(10, 0, 0) }), w.key),
		},
		{
			code: preflight.CodeKeyUsage, name: "keyAgreement alone",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), w.key),
		},
		{
			code: preflight.CodeExtKeyUsage, name: "clientAuth alone",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), w.key),
		},
		{code: preflight.CodeCALeaf, name: "a CA's certificate", files: func() map[string][]byte {
			id, err := certs.NewSelfSignedCA(certs.LeafOptions{DNS: []string{flawHost}})
			require.NoError(t, err)
			return map[string][]byte{"leaf.pem": certs.EncodePEM(id.Certificate), "key.pem": id.EncodeKeyPEM()}
		}()},
		{code: preflight.CodeMustStaple, name: "must-staple", files: w.delivered(w.issue(w.key, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}, Value: []byte{0x30, 3, 2, 1, 5}}}
		}), w.key)},
		{code: preflight.CodeSelfSigned, name: "self-signed", files: func() map[string][]byte {
			id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{flawHost}})
			require.NoError(t, err)
			return map[string][]byte{"leaf.pem": certs.EncodePEM(id.Certificate), "key.pem": id.EncodeKeyPEM()}
		}()},
		{code: preflight.CodeIntermediateUnsent, name: "a usual delivery", files: w.delivered(good, w.key)},
		{
			code: preflight.CodeMissingLink, name: "the leaf alone",
			files: map[string][]byte{"leaf.pem": certificatePEM(good), "key.pem": keyPEM(t, w.key)},
		},
		{
			code: preflight.CodeUnknownRoot, name: "no root",
			files: map[string][]byte{"leaf.pem": certificatePEM(good, pki.Intermediates[0].DER()), "key.pem": keyPEM(t, w.key)},
		},
		{code: preflight.CodePrivateRoot, name: "a root of one's own", files: w.delivered(good, w.key)},
		{code: preflight.CodeChainInvalid, name: "an expired intermediate", files: w.underIntermediate(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-72*time.Hour), time.Now().Add(-24*time.Hour)
		})},
		{code: preflight.CodeChainInvalid, name: "an intermediate that is no CA", files: w.underIntermediate(func(c *x509.Certificate) {
			c.IsCA, c.KeyUsage = false, x509.KeyUsageDigitalSignature
		})},
		{code: preflight.CodeTestCA, name: "a staging certificate", files: w.issuedBy(pkix.Name{CommonName: "(STAGING) Riddling Rhubarb R12"})},
		{
			code: preflight.CodeClosedCA, name: "a certificate for a proxy",
			files: w.issuedBy(pkix.Name{OrganizationalUnit: []string{"CloudFlare Origin SSL Certificate Authority"}}),
		},
		{code: preflight.CodeInterceptionCA, name: "a firewall's certificate", files: w.issuedBy(pkix.Name{Organization: []string{"Fortinet"}})},
		{code: preflight.CodeDevelopmentCA, name: "a developer's", files: w.issuedBy(pkix.Name{Organization: []string{"mkcert development CA"}})},
		{code: preflight.CodePlaceholder, name: "an appliance's", files: w.issuedBy(pkix.Name{Organization: []string{"Synology Inc."}})},
		{code: preflight.CodeRevocation, name: "a revocation list", files: w.delivered(w.issue(w.key, func(c *x509.Certificate) {
			c.CRLDistributionPoints = []string{"http://crl.invalid/1.crl"}
		}), w.key)},
		{
			code: preflight.CodeIssuerEndsFirst, name: "an intermediate for a week",
			files: w.underIntermediate(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(7 * 24 * time.Hour) }),
		},
		{
			code: preflight.CodeNoAIA, name: "no AIA URL",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.IssuingCertificateURL = nil }), w.key),
		},
		{
			code: preflight.CodeAIAUnusable, name: "an https AIA URL",
			files: w.delivered(w.issue(w.key, func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"https://aia.invalid/i.der"} }), w.key),
		},
		w.aia(preflight.CodeAIAFails, "another certificate at the AIA URL", pki.Root.DER()),
		w.aia(preflight.CodeAIAFails, "PEM at the AIA URL", certs.EncodePEM(pki.Chain()...)),
		w.aia(preflight.CodeAIAFails, "a page at the AIA URL", []byte("<html>")),
		w.aia(preflight.CodeAIAWorks, "the issuer at the AIA URL", pki.Intermediates[0].DER()),
		{
			code: preflight.CodeStrictProfile, name: "no authority key identifier",
			files: w.underIntermediate(func(c *x509.Certificate) { c.SubjectKeyId = nil }),
		},
		{
			code: preflight.CodeNotUnderstood, name: "a damaged file beside",
			files: with(w.delivered(good, w.key), "more.crt", []byte("-----BEGIN CERTIFICATE-----\nMII")),
		},
		{
			code: preflight.CodeOtherCertificate, name: "a stranger beside",
			files: with(w.delivered(good, w.key), "more.crt", strangeCertificate(t)),
		},
		{
			code: preflight.CodeRequestDiffers, name: "a request for more names",
			files: with(w.delivered(good, w.key), "cam.csr", requestFor(t, w.key, flawHost, "more.example.com")),
		},
		{code: preflight.CodeKeyReadable, name: "mode 0644", files: with(w.delivered(good, w.key), "mode", nil)},
		{code: preflight.CodePEMDelivery, name: "PEM as delivered", files: w.delivered(good, w.key)},
	}
}

func with(files map[string][]byte, name string, data []byte) map[string][]byte {
	files[name] = data
	return files
}

// encrypted is the key in encrypted PKCS#8, by openssl.
func encrypted(t *testing.T, key crypto.Signer) []byte {
	path := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(path, keyPEM(t, key), 0o600))
	out, err := exec.Command("openssl", "pkcs8", "-topk8", "-in", path, "-passout", "pass:tulip", "-outform", "DER").Output()
	require.NoError(t, err)
	return out
}

// wrongCRT is a PKCS#1 key one of whose numbers is wrong: it loads.
func wrongCRT(t *testing.T, key *rsa.PrivateKey) []byte {
	der, err := asn1.Marshal(struct {
		Version                  int
		N                        *big.Int
		E                        int
		D, P, Q, DP, DQ, Inverse *big.Int
	}{
		0, key.N, key.E, key.D, key.Primes[0], key.Primes[1],
		new(big.Int).Add(key.Precomputed.Dp, big.NewInt(2)), key.Precomputed.Dq, key.Precomputed.Qinv,
	})
	require.NoError(t, err)
	return der
}

var weakKeys = map[int]crypto.Signer{}

func generateOnce(t *testing.T, bits int) crypto.Signer {
	if weakKeys[bits] == nil {
		weakKeys[bits] = generateRSA(t, bits)
	}
	return weakKeys[bits]
}

func (w *workshop) signedWithPSS() map[string][]byte {
	pki, err := certs.NewPKI(certs.PKIOptions{RootKey: certs.KeyRSA2048, IntermediateKeys: []certs.KeyType{certs.KeyRSA2048}})
	require.NoError(w.t, err)
	template := w.template()
	template.SignatureAlgorithm = x509.SHA256WithRSAPSS
	return map[string][]byte{
		"leaf.pem":  certificatePEM(w.sign(template, pki.Intermediates[0], w.key)),
		"chain.pem": certs.EncodePEM(append(pki.Chain(), pki.Root.Certificate)...),
		"key.pem":   keyPEM(w.t, w.key),
	}
}

// longChain is a chain of Generation Y under which the leaf has become too long for the camera.
func longChain(t *testing.T) map[string][]byte {
	pki, err := certs.NewGenerationY(certs.KeyRSA2048)
	require.NoError(t, err)
	names := []string{flawHost}
	for i := range 20 {
		names = append(names, fmt.Sprintf("camera-number-%d.example.com", i))
	}
	leaf, err := pki.Issue(certs.LeafOptions{DNS: names, Key: certs.KeyRSA2048, AIA: "http://aia.invalid/i.der"})
	require.NoError(t, err)
	return map[string][]byte{
		"leaf.pem":  certs.EncodePEM(leaf.Certificate),
		"chain.pem": certs.EncodePEM(append(pki.Chain(), pki.Root.Certificate)...),
		"key.pem":   leaf.EncodeKeyPEM(),
	}
}

// zoneless has dates without the final Z, which Mbed TLS takes and crypto/x509 does not.
func (w *workshop) zoneless() map[string][]byte {
	good, err := x509.ParseCertificate(w.issue(w.key, nil))
	require.NoError(w.t, err)
	der := resigned(w.t, good, w.pki.Intermediates[0], func(tbs *toBeSigned) {
		utc := func(at time.Time) asn1.RawValue {
			return asn1.RawValue{Tag: asn1.TagUTCTime, Bytes: []byte(at.UTC().Format("060102150405"))}
		}
		validity, err := asn1.Marshal([]asn1.RawValue{utc(good.NotBefore), utc(good.NotAfter)})
		require.NoError(w.t, err)
		tbs.Validity = asn1.RawValue{FullBytes: validity}
	})
	return w.flashed(der, keyDER(w.t, w.key))
}

// sha1Signed is signed with SHA-1, which Go does not do any more: openssl does.
func sha1Signed(t *testing.T) map[string][]byte {
	dir := t.TempDir()
	sh := func(command string) {
		cmd := exec.Command("sh", "-ec", command)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	sh(`openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -subj /CN=root -days 30 -out root.pem 2>/dev/null
openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=` + flawHost + ` \
  -addext subjectAltName=DNS:` + flawHost + ` -out r.csr 2>/dev/null
openssl x509 -req -in r.csr -CA root.pem -CAkey root.key -copy_extensions copy -sha1 -days 30 -set_serial 7 -out leaf.pem 2>/dev/null`)
	files := map[string][]byte{}
	for _, name := range []string{"root.pem", "leaf.pem", "key.pem"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		files[name] = data
	}
	return files
}

// underIntermediate issues a good leaf under an intermediate that change has made wrong.
func (w *workshop) underIntermediate(change func(*x509.Certificate)) map[string][]byte {
	key := generate(w.t, elliptic.P256())
	template := w.template()
	template.Subject, template.DNSNames, template.IsCA, template.KeyUsage = pkix.Name{CommonName: "flawed intermediate"},
		nil, true, x509.KeyUsageCertSign
	template.ExtKeyUsage, template.SubjectKeyId = nil, []byte{1, 2, 3}
	change(template)
	der := w.sign(template, w.pki.Root, key)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(w.t, err)
	issuer := *parsed
	if template.SubjectKeyId == nil {
		// CreateCertificate gives every CA a key identifier: take it out again.
		der = resigned(w.t, parsed, w.pki.Root, withoutKeyIdentifiers)
		parsed, err = x509.ParseCertificate(der)
		require.NoError(w.t, err)
		issuer = *parsed
	}
	leaf := w.sign(w.template(), &certs.Identity{Certificate: &issuer, Key: key}, w.key)
	return map[string][]byte{
		"leaf.pem": certificatePEM(leaf), "chain.pem": certificatePEM(der),
		"root.pem": certs.EncodePEM(w.pki.Root.Certificate), "key.pem": keyPEM(w.t, w.key),
	}
}

// issuedBy issues a good leaf by an intermediate of that name.
func (w *workshop) issuedBy(name pkix.Name) map[string][]byte {
	return w.underIntermediate(func(c *x509.Certificate) { c.Subject = name })
}

// toBeSigned is a TBSCertificate (RFC 5280 section 4.1).
type toBeSigned struct {
	Version    int `asn1:"explicit,tag:0"`
	Serial     *big.Int
	Algorithm  pkix.AlgorithmIdentifier
	Issuer     asn1.RawValue
	Validity   asn1.RawValue
	Subject    asn1.RawValue
	SPKI       asn1.RawValue
	Extensions []pkix.Extension `asn1:"explicit,tag:3"`
}

// resigned changes what CreateCertificate would not, and signs anew.
func resigned(t *testing.T, c *x509.Certificate, issuer *certs.Identity, change func(*toBeSigned)) []byte {
	var outer struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	_, err := asn1.Unmarshal(c.Raw, &outer)
	require.NoError(t, err)
	var tbs toBeSigned
	_, err = asn1.Unmarshal(c.RawTBSCertificate, &tbs)
	require.NoError(t, err)
	change(&tbs)
	der, err := asn1.Marshal(tbs)
	require.NoError(t, err)
	hash := crypto.SHA256.New()
	hash.Write(der)
	signature, err := issuer.Key.Sign(rand.Reader, hash.Sum(nil), crypto.SHA256)
	require.NoError(t, err)
	outer.TBS = asn1.RawValue{FullBytes: der}
	outer.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	signed, err := asn1.Marshal(outer)
	require.NoError(t, err)
	return signed
}

// withoutKeyIdentifiers takes a CA's key identifiers out.
func withoutKeyIdentifiers(tbs *toBeSigned) {
	tbs.Extensions = slices.DeleteFunc(tbs.Extensions, func(e pkix.Extension) bool {
		return e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 14}) || e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 35})
	})
}

// aia is a delivery whose AIA URL answers on this machine.
func (w *workshop) aia(code preflight.Code, name string, body []byte) flaw {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(body) }))
	w.t.Cleanup(server.Close)
	leaf := w.issue(w.key, func(c *x509.Certificate) { c.IssuingCertificateURL = []string{server.URL + "/i.der"} })
	return flaw{
		code: code, name: name, files: w.delivered(leaf, w.key), options: preflight.Options{Fetch: &preflight.Fetch{AllowPrivate: true}},
		unshown: map[string]string{"Chromium": "the same words as for a leaf without AIA, and its AIA downloads are a scenario of the matrix"},
	}
}

func strangeCertificate(t *testing.T) []byte {
	pki, err := certs.NewPKI(certs.PKIOptions{Name: "a stranger"})
	require.NoError(t, err)
	return certs.EncodePEM(pki.Chain()...)
}

func requestFor(t *testing.T, key crypto.Signer, names ...string) []byte {
	var list []certs.HostName
	for _, n := range names {
		list = append(list, certs.HostName{Name: n})
	}
	request, err := certs.NewRequest(key, list)
	require.NoError(t, err)
	return request
}

// subject writes a flaw's files and reads them as the command does.
func (f flaw) subject(t *testing.T) *preflight.Subject {
	dir := t.TempDir()
	mode := os.FileMode(0o600)
	for name, data := range f.files {
		if name == "mode" {
			mode = 0o644
			continue
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	if mode != 0o600 {
		require.NoError(t, os.Chmod(filepath.Join(dir, "key.pem"), mode))
	}
	if f.flashed {
		s, err := preflight.FromFiles(t.Context(), filepath.Join(dir, "cert"), filepath.Join(dir, "key"),
			[]string{filepath.Join(dir, "chain.pem")}, delivery.Options{})
		require.NoError(t, err)
		return s
	}
	d, err := delivery.Read(t.Context(), []string{dir}, delivery.Options{})
	require.NoError(t, err)
	s, err := preflight.FromDelivery(d)
	require.NoError(t, err)
	return s
}

// speakers are the clients that findings quote, by the names that they are quoted with.
var speakers = map[string]string{
	"curl": "curl", "curl, where the root is missing": "curl", "openssl": "openssl",
	"Go": "go", "a client written in Go": "go", "Chromium": "chromium",
	"Firefox": "firefox", "Java": "java", "rustls": "rustls", "gnutls-cli": "gnutls-cli", "Python 3.13": "python-3.13-flags",
}

// TestRealFindings shows for each kind of finding that the check finds it in real files, and that
// those whom it quotes say just that: the emulated camera, and the real clients.
func TestRealFindings(t *testing.T) {
	program.Need(t, "openssl", "openssl")
	seen := map[preflight.Code]bool{}
	for _, f := range flaws(t) {
		seen[f.code] = true
		t.Run(string(f.code)+"/"+strings.ReplaceAll(f.name, " ", "_"), func(t *testing.T) {
			s := f.subject(t)
			options := f.options
			options.Host, options.NoPublicRoots = flawHost, true
			r := preflight.Check(t.Context(), s, options)
			finding := r.Finding(f.code)
			require.NotNil(t, finding, "%+v", r.Findings)
			require.NotEmpty(t, finding.Cause)
			require.NotEmpty(t, finding.Fix)
			if finding.Severity == preflight.SeverityError && r.Loads {
				requireRefusals(t, r)
			}
			for _, saying := range finding.Symptoms {
				if f.unshown[saying.Source] == "" && finding.Basis == preflight.BasisMeasured {
					requireSaid(t, f, s, saying)
				}
			}
		})
	}
	// Two need what one device has not, three what is made to do harm. A key in the wrong place bothers no client.
	elsewhere := map[preflight.Code]string{
		preflight.CodeSharedKey: "TestFleet", preflight.CodeNoSCTs: "TestPublicCA",
		preflight.CodeTooMuch: "TestTooMuchIsNamed", preflight.CodeKeyTooLong: "TestLongKeys",
		preflight.CodeGenerations: "TestChosen", preflight.CodeLeftLocked: "TestChosen",
		preflight.CodeOlderStores: "TestStores", preflight.CodeAIANotAsked: "TestManyURLs", preflight.CodeClientsRefuse: "TestRealModels",
		preflight.CodePrivateKeyHere: "TestKeyHere",
	}
	for _, rule := range preflight.Rules() {
		if elsewhere[rule.Code] == "" {
			require.True(t, seen[rule.Code], "no file shows %s", rule.Code)
		}
	}
}

// requireRefusals requires that the forecast has clients that refuse even the whole chain: that is
// what makes an error of a finding.
func requireRefusals(t *testing.T, r *preflight.Report) {
	for _, reach := range r.Forecast {
		f := reach.Under(preflight.CureSecondLoad)
		if f.Outcome == preflight.OutcomeNotApplicable {
			f = reach.Under(preflight.CureLeafOnly)
		}
		if f.Outcome == preflight.OutcomeRefuses {
			return
		}
	}
	require.Fail(t, "an error, and nobody refuses")
}

// requireSaid lets the camera, or a client, say it.
func requireSaid(t *testing.T, f flaw, s *preflight.Subject, saying preflight.Symptom) {
	if saying.Source == "the camera" {
		context := device.NewSSLContext(device.OpenMV50)
		cert, key := s.Cert, s.Key
		if f.code == preflight.CodePEMDelivery {
			cert, key = f.files["leaf.pem"], keyOrNothing(f, saying)
		}
		switch f.code {
		case preflight.CodeFileNotLoaded:
			cert, key = f.files["cert"], f.files["key"]
		case preflight.CodeIssuerNotLoaded:
			require.NoError(t, context.LoadCertChain(cert, key))
			cert = s.Delivery.Chain[0].Raw
		}
		if err := context.LoadCertChain(cert, key); err != nil {
			require.Equal(t, saying.Message, err.Error())
			return
		}
		exceptions := cells(t, f, s, "curl", "chromium", "go")
		for _, c := range exceptions {
			if strings.TrimSpace(c.Exception) == saying.Message {
				return
			}
		}
		require.Fail(t, "the camera raises something else", "%s", saying.Message)
	}
	if saying.Source == "openssl verify" {
		require.Contains(t, opensslVerify(t, s), saying.Message)
		return
	}
	name := speakers[saying.Source]
	require.NotEmpty(t, name, "nobody knows who %q is", saying.Source)
	said := ""
	for _, c := range cells(t, f, s, name) {
		said += c.Message + "\n" + c.Stderr + "\n"
	}
	require.Contains(t, said, saying.Message, "%s says something else", saying.Source)
}

// keyOrNothing is a key that loads where the words are about the certificate.
func keyOrNothing(f flaw, saying preflight.Symptom) []byte {
	if saying.Message == "ValueError: invalid cert" {
		block, _ := pem.Decode(f.files["key.pem"])
		return block.Bytes
	}
	return f.files["key.pem"]
}

// cells lets clients connect to the files in the scenarios that show a finding.
func cells(t *testing.T, f flaw, s *preflight.Subject, names ...string) (list []hostsim.Cell) {
	files := &hostsim.Files{Cert: s.Cert, Key: s.Key}
	leaf, err := delivery.NewCertificate(s.Cert)
	require.NoError(t, err)
	if leaf.Parsed == nil {
		// The runner gives clients the root of the workshop; only that the leaf comes first matters.
		leaf.Parsed = &x509.Certificate{Raw: leaf.Raw}
	}
	files.Leaf = leaf.Parsed
	pool := s.Delivery.Certificates()
	files.Chain, files.Root = certs.BuildChain(files.Leaf, pool)
	if files.Root == nil {
		for _, c := range pool {
			if certs.SelfSigned(c) {
				files.Root = c
			}
		}
	}
	if files.Root == nil {
		stranger, err := certs.NewSelfSignedCA(certs.LeafOptions{DNS: []string{"root.example.com"}})
		require.NoError(t, err)
		files.Root = stranger.Certificate
	}
	scenario := hostsim.ScenarioSecondLoad()
	if len(files.Chain) == 0 ||
		slices.Contains([]preflight.Code{
			preflight.CodeIntermediateUnsent, preflight.CodeNoAIA, preflight.CodeAIAUnusable, preflight.CodeMessageTooLong,
		}, f.code) {
		scenario = hostsim.ScenarioLeafOnly()
	}
	if certs.SelfSigned(files.Leaf) {
		scenario.Trust, scenario.Leaf = hostsim.TrustLeaf, hostsim.LeafSelfSigned
		if files.Leaf.IsCA {
			scenario.Leaf = hostsim.LeafSelfSignedCA
		}
	}
	if f.code == preflight.CodeSelfSigned || f.code == preflight.CodePrivateRoot {
		scenario.Trust = hostsim.TrustOtherRoot
	}
	scenario.Role = hostsim.RoleQuestion
	chosen, err := hostsim.ClientsByName(names, clients.All())
	require.NoError(t, err)
	m, err := hostsim.Runner{
		Files: files, Host: flawHost, Clients: chosen, Scenarios: []hostsim.Scenario{scenario}, NoControls: true, Builds: builds,
	}.Run(t.Context())
	require.NoError(t, err)
	for _, row := range m.Rows {
		if !row.Installed {
			t.Skipf("%s is not installed: %s", row.Title, row.Install)
		}
		list = append(list, row.Cells...)
	}
	return list
}

// opensslVerify returns what openssl says of the delivery.
func opensslVerify(t *testing.T, s *preflight.Subject) string {
	dir := t.TempDir()
	write := func(name string, list ...*x509.Certificate) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, certs.EncodePEM(list...), 0o600))
		return path
	}
	var roots, others []*x509.Certificate
	for _, c := range s.Delivery.Certificates() {
		if certs.SelfSigned(c) {
			roots = append(roots, c)
		} else {
			others = append(others, c)
		}
	}
	args := []string{"verify", "-no-CApath", "-no-CAstore", "-no-CAfile", "-untrusted", write("others.pem", others...)}
	if len(roots) > 0 {
		args = append(args, "-trusted", write("roots.pem", roots...))
	}
	out, _ := exec.Command("openssl", append(args, write("leaf.pem", s.Delivery.Leaf.Parsed))...).CombinedOutput()
	return string(out)
}
