package preflight_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// An authority is a CA of a chain that a test makes.
type authority struct {
	name   string
	key    crypto.Signer
	change func(*x509.Certificate) // of its certificate
}

func ecKey(t *testing.T) crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func edKey(t *testing.T) crypto.Signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

func rsaKey(t *testing.T) crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

// chained makes a chain, the root's CA first, and returns the certificates in the same order, a leaf last,
// with the leaf's key.
func chained(t *testing.T, authorities ...authority) (list []*x509.Certificate, key crypto.Signer) {
	var above *x509.Certificate
	var by crypto.Signer
	add := func(template *x509.Certificate, key crypto.Signer) {
		template.SerialNumber = big.NewInt(int64(len(list) + 1))
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(50*24*time.Hour)
		template.BasicConstraintsValid = true
		if above == nil {
			above, by = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, above, key.Public(), by)
		require.NoError(t, err)
		above, err = x509.ParseCertificate(der)
		require.NoError(t, err)
		by = key
		list = append(list, above)
	}
	for _, a := range authorities {
		template := &x509.Certificate{Subject: pkix.Name{CommonName: a.name}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}
		if a.change != nil {
			a.change(template)
		}
		add(template, a.key)
	}
	key = ecKey(t)
	add(&x509.Certificate{
		Subject: pkix.Name{CommonName: "cam.example.com"}, DNSNames: []string{"cam.example.com"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, key)
	return list, key
}

// deliveredChain writes a chain in PEM, the leaf first, and its key.
func deliveredChain(t *testing.T, list []*x509.Certificate, key crypto.Signer) string {
	last := len(list) - 1
	full := []*x509.Certificate{}
	for i := last; i > 0; i-- {
		full = append(full, list[i])
	}
	return written(t, map[string][]byte{
		"fullchain.pem": certs.EncodePEM(full...), "root.pem": certs.EncodePEM(list[0]),
		"privkey.pem": (&certs.Identity{Certificate: list[last], Key: key}).EncodeKeyPEM(),
	})
}

func extension(id ...int) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: id, Critical: true, Value: []byte{5, 0}})
	}
}

func constrained(c *x509.Certificate) {
	c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"example.com"}, true
}

// TestIssuersThatTheCameraRefuses: the cures that need them do not apply, and the gateway does.
func TestIssuersThatTheCameraRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		chain   func() []authority
		refused []string // the issuers' titles
		says    string
	}{
		{"all load", func() []authority {
			return []authority{{"root", ecKey(t), nil}, {"upper", ecKey(t), nil}, {"issuer", ecKey(t), nil}}
		}, nil, ""},
		{"critical name constraints", func() []authority {
			return []authority{{"root", ecKey(t), nil}, {"issuer", ecKey(t), constrained}}
		}, []string{"issuer"}, "its critical extension nameConstraints"},
		{"name constraints that are not critical", func() []authority {
			return []authority{{"root", ecKey(t), nil}, {"issuer", ecKey(t), func(c *x509.Certificate) {
				c.PermittedDNSDomains = []string{"example.com"}
			}}}
		}, nil, ""},
		{"policy constraints", func() []authority {
			return []authority{{"root", ecKey(t), nil}, {"issuer", ecKey(t), func(c *x509.Certificate) {
				c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 36}, Critical: true, Value: []byte{0x30, 3, 0x81, 1, 0}}}
			}}}
		}, []string{"issuer"}, "its critical extension policyConstraints"},
		{"signed with PSS", func() []authority {
			return []authority{{"root", rsaKey(t), nil}, {"issuer", ecKey(t), func(c *x509.Certificate) {
				c.SignatureAlgorithm = x509.SHA256WithRSAPSS
			}}}
		}, []string{"issuer"}, "it is signed with SHA256-RSAPSS"},
		{"signed with Ed25519", func() []authority {
			return []authority{{"root", edKey(t), nil}, {"issuer", ecKey(t), nil}}
		}, []string{"issuer"}, "it is signed with Ed25519"},
		{"a key of Ed25519 above the issuer", func() []authority {
			return []authority{{"root", ecKey(t), nil}, {"upper", edKey(t), nil}, {"issuer", ecKey(t), nil}}
		}, []string{"issuer", "upper"}, "it is signed with Ed25519"},
		{"the second of two", func() []authority {
			return []authority{{"root", ecKey(t), nil}, {"upper", ecKey(t), constrained}, {"issuer", ecKey(t), nil}}
		}, []string{"upper"}, "its critical extension nameConstraints"},
	} {
		for _, firmware := range device.Firmwares() {
			t.Run(c.name+"/"+firmware.Name, func(t *testing.T) {
				list, key := chained(t, c.chain()...)
				r := check(t, deliveredChain(t, list, key), preflight.Options{Firmware: firmware, NoPublicRoots: true})
				require.True(t, r.Loads)
				var found []preflight.Finding
				for _, f := range r.Findings {
					if f.Code == preflight.CodeIssuerNotLoaded {
						found = append(found, f)
					}
				}
				refused := c.refused
				if firmware.PSS && c.name == "signed with PSS" {
					refused = nil
				}
				require.Len(t, found, len(refused))
				for i, name := range refused {
					require.Equal(t, preflight.SeverityWarning, found[i].Severity)
					require.Contains(t, found[i].Title, `"`+name+`"`)
					require.Equal(t, []preflight.Symptom{{Source: "the camera", Message: "ValueError: invalid cert"}}, found[i].Symptoms)
					require.Equal(t, "fullchain.pem", filepath.Base(found[i].File))
				}
				want := preflight.OutcomeCompletes
				if len(refused) > 0 {
					require.Contains(t, found[0].Title, c.says)
					want = preflight.OutcomeNotApplicable
					require.Contains(t, r.Finding(preflight.CodeIntermediateUnsent).Fix, "a gateway")
					require.Contains(t, r.Finding(preflight.CodeIntermediateUnsent).Fix, "not the second load")
				}
				for _, reach := range r.Forecast {
					for _, cure := range []preflight.Cure{preflight.CureSecondLoad, preflight.CurePEMFirmware} {
						f := reach.Under(cure)
						if f.Outcome != preflight.OutcomeRefuses && !ignoresUserCAs(reach.Family) { // families have limits of their own
							require.Equal(t, want, f.Outcome, "%s, %s: %s", reach.Title, cure, f.Reason)
						}
						if want == preflight.OutcomeNotApplicable {
							require.Contains(t, f.Reason, `"`+refused[0]+`"`)
							require.Contains(t, f.Reason, "ValueError: invalid cert")
						}
					}
				}
				require.NotEqual(t, preflight.OutcomeNotApplicable, reachOf(t, r, "go").Under(preflight.CureGateway).Outcome)
				if c.says != "it is signed with Ed25519" { // which not every client verifies, either
					require.Equal(t, preflight.OutcomeCompletes, reachOf(t, r, "go").Under(preflight.CureGateway).Outcome)
				}
			})
		}
	}
}

// TestUnknownExtension is of an issuer with a critical extension that nobody knows: Go refuses the chain,
// too.
func TestUnknownExtension(t *testing.T) {
	list, key := chained(t, authority{"root", ecKey(t), nil}, authority{"issuer", ecKey(t), extension(1, 3, 6, 1, 4, 1, 99999, 7)})
	r := check(t, deliveredChain(t, list, key), preflight.Options{NoPublicRoots: true})
	require.Contains(t, r.Finding(preflight.CodeIssuerNotLoaded).Title, "its critical extension 1.3.6.1.4.1.99999.7")
	require.Equal(t, preflight.OutcomeNotApplicable, reachOf(t, r, "openssl").Under(preflight.CureSecondLoad).Outcome)
}

// TestIssuerThatCannotBeLinked is of issuers with which no signature is checked: the camera refuses them
// as well.
func TestIssuerThatCannotBeLinked(t *testing.T) {
	root, issuer, leafKey := newAuthority(t, "root"), newAuthority(t, "issuer"), newAuthority(t, "leaf").key
	n := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 16383), big.NewInt(1))
	version3 := []byte{0xa0, 3, 2, 1, 2}
	for _, c := range []struct {
		name   string
		issuer []byte
		says   string
	}{
		{"a key that is too long", root.sign(t, 1, "issuer", &rsa.PublicKey{N: n, E: 65537}).Raw, "its RSA key has 16384 bits"},
		{
			"a version that nobody knows",
			bytes.Replace(root.sign(t, 1, "issuer", &issuer.key.PublicKey).Raw, version3, []byte{0xa0, 3, 2, 1, 3}, 1), "Go cannot read it, either",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			leaf := issuer.sign(t, 2, "leaf", &leafKey.PublicKey, "cam.example.com")
			dir := written(t, map[string][]byte{"leaf.der": leaf.Raw, "issuer.der": c.issuer, "key.der": (&certs.Identity{Key: leafKey}).KeyDER()})
			r := check(t, dir, preflight.Options{NoPublicRoots: true})
			require.Contains(t, r.Finding(preflight.CodeIssuerNotLoaded).Title, c.says)
			require.Equal(t, "issuer.der", filepath.Base(r.Finding(preflight.CodeIssuerNotLoaded).File))
			require.Equal(t, preflight.OutcomeNotApplicable, reachOf(t, r, "go").Under(preflight.CureSecondLoad).Outcome)
		})
	}
}

// TestPEMKeyIsLoadedOnce: Mbed TLS takes no key in PEM in the place of another one, so that there is no
// second load with the files as they are.
func TestPEMKeyIsLoadedOnce(t *testing.T) {
	list, key := chained(t, authority{"root", ecKey(t), nil}, authority{"issuer", ecKey(t), nil})
	id := &certs.Identity{Certificate: list[2], Key: key}
	dir := written(t, map[string][]byte{
		"leaf.pem": certs.EncodePEM(id.Certificate), "chain.pem": certs.EncodePEM(list[1], list[0]),
		"key.pem": id.EncodeKeyPEM(), "key.der": id.KeyDER(),
	})
	for keyFile, want := range map[string]preflight.Outcome{"key.pem": preflight.OutcomeNotApplicable, "key.der": preflight.OutcomeCompletes} {
		s, err := preflight.FromFiles(t.Context(), filepath.Join(dir, "leaf.pem"), filepath.Join(dir, keyFile),
			[]string{filepath.Join(dir, "chain.pem")}, delivery.Options{})
		require.NoError(t, err)
		r := preflight.Check(t.Context(), s, preflight.Options{Firmware: device.MicroPython129, NoPublicRoots: true})
		require.True(t, r.Loads)
		require.Nil(t, r.Finding(preflight.CodeIssuerNotLoaded))
		require.Equal(t, want, reachOf(t, r, "go").Under(preflight.CureSecondLoad).Outcome, keyFile)
		require.Equal(t, preflight.OutcomeCompletes, reachOf(t, r, "go").Under(preflight.CurePEMFirmware).Outcome, keyFile)
	}
}

// TestIssuerInTheFile: a firmware that reads PEM refuses a file for one of its certificates.
func TestIssuerInTheFile(t *testing.T) {
	list, key := chained(t, authority{"root", ecKey(t), nil}, authority{"issuer", ecKey(t), constrained})
	dir := deliveredChain(t, list, key)
	r := check(t, dir, preflight.Options{Firmware: device.MicroPython129, NoPublicRoots: true})
	require.True(t, r.Loads)
	require.False(t, r.LoadsAsDelivered)
	require.Contains(t, r.Finding(preflight.CodeFileNotLoaded).Title, `because of the issuer "issuer" in it`)

	s, err := preflight.FromFiles(t.Context(), filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem"), nil, delivery.Options{})
	require.NoError(t, err)
	r = preflight.Check(t.Context(), s, preflight.Options{Firmware: device.MicroPython129, NoPublicRoots: true})
	require.False(t, r.Loads)
	require.Contains(t, r.Finding(preflight.CodeCertUnsupported).Title,
		`because of the issuer "issuer" in it: its critical extension nameConstraints`)
}

// TestAskIssuers is what convert asks.
func TestAskIssuers(t *testing.T) {
	list, key := chained(t, authority{"root", ecKey(t), nil}, authority{"upper", ecKey(t), constrained}, authority{"issuer", ecKey(t), nil})
	id := &certs.Identity{Certificate: list[3], Key: key}
	refused, err := preflight.AskIssuers(device.OpenMV50, id.DER(), id.KeyDER(), []*x509.Certificate{list[2], list[1]})
	require.NoError(t, err)
	require.Len(t, refused, 1)
	require.Equal(t, "upper", refused[0].Issuer)
	require.EqualError(t, refused[0].Err, "ValueError: invalid cert")
	refused, err = preflight.AskIssuers(device.OpenMV50, id.DER(), id.KeyDER(), list[2:3])
	require.NoError(t, err)
	require.Empty(t, refused)
	_, err = preflight.AskIssuers(device.OpenMV50, certs.EncodePEM(id.Certificate), id.KeyDER(), nil)
	require.EqualError(t, err, "ValueError: invalid cert")
}

// jsonOf is a report as programs read it.
func jsonOf(t *testing.T, r *preflight.Report) (fields map[string]any) {
	data, err := json.Marshal(r)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &fields))
	return fields
}
