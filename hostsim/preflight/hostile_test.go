package preflight_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/forged"
)

// inTime is the time in which everything that is bounded ends on the slowest machine.
func inTime(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// checkInTime reads and checks a delivery.
func checkInTime(t *testing.T, dir string, o preflight.Options) *preflight.Report {
	t.Helper()
	ctx := inTime(t)
	r := preflight.Check(ctx, subjectOf(t, dir, o.Roots...), o)
	require.NoError(t, ctx.Err())
	return r
}

func subjectOf(t *testing.T, dir string, roots ...*x509.Certificate) *preflight.Subject {
	t.Helper()
	d, err := delivery.Read(inTime(t), []string{dir}, delivery.Options{Roots: roots})
	require.NoError(t, err)
	s, err := preflight.FromDelivery(d)
	require.NoError(t, err)
	return s
}

// fleetOf checks the devices of a list.
func fleetOf(t *testing.T, list string, o preflight.Options) *preflight.FleetSummary {
	t.Helper()
	summary, err := preflight.Fleet(inTime(t), strings.NewReader(list), preflight.FleetOptions{Check: o},
		func(*preflight.FleetLine) error { return nil })
	require.NoError(t, err)
	return summary
}

// anAuthority is a CA with a key of P-256.
type anAuthority struct {
	name string
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *anAuthority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &anAuthority{name, key}
}

// sign makes a certificate for any public key. It has no key identifiers: nothing but the signatures
// tells who has signed what.
func (a *anAuthority) sign(t *testing.T, serial int, name string, key any, dns ...string) *x509.Certificate {
	template := a.template(name, dns...)
	template.SerialNumber = big.NewInt(int64(serial) + 1)
	return a.issue(t, template, key)
}

// template is of a CA, or, with names, of a server.
func (*anAuthority) template(name string, dns ...string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: dns,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: len(dns) == 0,
	}
}

func (a *anAuthority) issue(t *testing.T, template *x509.Certificate, key any) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, &x509.Certificate{Subject: pkix.Name{CommonName: a.name}}, key, a.key)
	require.NoError(t, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return c
}

// TestManyCertificates checks deliveries whose certificates make the search for a path long.
func TestManyCertificates(t *testing.T) {
	root, issuer := newAuthority(t, "root"), newAuthority(t, "ca")
	leafKey := newAuthority(t, "leaf").key
	leaf := issuer.sign(t, 1, "leaf", &leafKey.PublicKey, "cam.example.com")
	good := []*x509.Certificate{leaf, root.sign(t, 2, "ca", &issuer.key.PublicKey), root.sign(t, 3, "root", &root.key.PublicKey)}
	lookAlikes := append([]*x509.Certificate{}, good...)
	for i := range 1000 {
		lookAlikes = append(lookAlikes, root.sign(t, i+10, "ca", &newAuthority(t, "").key.PublicKey))
	}
	crossSigned := append([]*x509.Certificate{}, good...)
	cas := []*anAuthority{issuer}
	for i := range 30 {
		cas = append(cas, newAuthority(t, fmt.Sprint("ca ", i)))
	}
	for _, a := range cas {
		for _, b := range cas {
			if a != b {
				crossSigned = append(crossSigned, b.sign(t, len(crossSigned)+10, a.name, &a.key.PublicKey))
			}
		}
	}
	for _, c := range []struct {
		name string
		list []*x509.Certificate
	}{{"a thousand look-alikes of the issuer", lookAlikes}, {"31 CAs that sign each other", crossSigned}} {
		t.Run(c.name, func(t *testing.T) {
			key := (&certs.Identity{Key: leafKey}).KeyDER()
			dir := written(t, map[string][]byte{"key.der": key, "all.pem": certs.EncodePEM(c.list...)})
			r := checkInTime(t, dir, preflight.Options{})
			require.Equal(t, "root", r.Root)
			require.Equal(t, []string{"ca"}, r.Path)
		})
	}
}

// TestLongKeys: certificates with keys that nobody checks signatures with are named.
func TestLongKeys(t *testing.T) {
	root, leafKey := newAuthority(t, "root"), newAuthority(t, "leaf").key
	n := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 65535), big.NewInt(1))
	files := map[string][]byte{"key.der": (&certs.Identity{Key: leafKey}).KeyDER()}
	leaf := root.sign(t, 0, "leaf", &leafKey.PublicKey, "cam.example.com")
	files["leaf.der"] = forged.ClaimRSA(t, leaf, n)
	for i := range 400 {
		key := &rsa.PublicKey{N: new(big.Int).Add(n, big.NewInt(int64(2*i))), E: 1<<31 - 1}
		files[fmt.Sprintf("%03d.der", i)] = root.sign(t, i, "root", key).Raw
	}
	r := checkInTime(t, written(t, files), preflight.Options{})
	require.NotNil(t, r.Finding(preflight.CodeMissingLink))
	require.Contains(t, r.Finding(preflight.CodeKeyTooLong).Title, "400 certificates")

	t.Run("the leaf's own", func(t *testing.T) {
		own := root.sign(t, 0, "leaf", &rsa.PublicKey{N: n, E: 65537}, "cam.example.com")
		r := checkInTime(t, written(t, map[string][]byte{"leaf.der": own.Raw}), preflight.Options{KeyElsewhere: true})
		require.Contains(t, r.Finding(preflight.CodeKeyTooLong).Title, "65536 bits")
		require.Positive(t, r.Errors())
	})
	t.Run("a root that clients are given", func(t *testing.T) {
		given := root.sign(t, 0, "root", &rsa.PublicKey{N: n, E: 65537})
		dir := written(t, map[string][]byte{"leaf.der": forged.ClaimRSA(t, leaf, n), "key.der": files["key.der"]})
		r := checkInTime(t, dir, preflight.Options{Roots: []*x509.Certificate{given}})
		require.Empty(t, r.Root)
	})
}

// costlyKey is an encrypted key whose scrypt takes 128 GiB.
func costlyKey(t *testing.T) []byte {
	type algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters any
	}
	type scrypt struct {
		Salt    []byte
		N, R, P int
	}
	type pbes2 struct{ Derivation, Cipher algorithm }
	der, err := asn1.Marshal(struct {
		Algorithm algorithm
		Encrypted []byte
	}{algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, pbes2{
		algorithm{asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}, scrypt{make([]byte, 8), 1 << 20, 64, 16}},
		algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, make([]byte, 16)},
	}}, make([]byte, 160)})
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})
}

// TestTooMuchIsNamed: what was not read for the work that it takes is a finding.
func TestTooMuchIsNamed(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	dir := written(t, map[string][]byte{"leaf.pem": certs.EncodePEM(leaf.Certificate), "any.name": costlyKey(t)})
	r := checkInTime(t, dir, preflight.Options{})
	require.Contains(t, r.Finding(preflight.CodeTooMuch).Title, "any.name, line 1: too much for a delivery")
	require.NotNil(t, r.Finding(preflight.CodeNoKey))

	// What is only large, and nothing by its name, is no part of the delivery.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "any.name"), make([]byte, 2*delivery.MaxFile), 0o600))
	require.Nil(t, checkInTime(t, dir, preflight.Options{}).Finding(preflight.CodeTooMuch))
	require.NoError(t, os.Rename(filepath.Join(dir, "any.name"), filepath.Join(dir, "chain.pem")))
	require.NotNil(t, checkInTime(t, dir, preflight.Options{}).Finding(preflight.CodeTooMuch))
}

// TestPoisonedFleet: a line that cannot be checked costs that line alone.
func TestPoisonedFleet(t *testing.T) {
	_, good := fleet(t, 4)
	lines := strings.Split(strings.TrimSpace(good), "\n")
	p := newPKI(t, 1)
	costly := written(t, map[string][]byte{"key.pem": costlyKey(t)})
	endless := filepath.Join(t.TempDir(), "large")
	require.NoError(t, os.WriteFile(endless, make([]byte, 2*delivery.MaxFile), 0o600))
	leaf := written(t, map[string][]byte{"leaf.der": issue(t, p, certs.LeafOptions{}).DER()})
	poison := []struct{ line, says string }{
		{costly, delivery.ErrTooMuch.Error()},
		{strings.Repeat("x", 1<<20), "longer than"},
		{strings.Repeat("y", 1<<20) + "," + costly, "longer than"},
		{os.DevNull + "," + os.DevNull, "neither a file nor a folder"},
		{endless + "," + endless, delivery.ErrTooMuch.Error()},
		{"a\x00b,c", "invalid argument"},
		{`"quotes`, "a quotation mark is out of place"},
		{filepath.Join(leaf, "leaf.der") + "," + filepath.Join(leaf, "none"), "no such file"},
	}
	var list strings.Builder
	for i, bad := range poison {
		fmt.Fprintf(&list, "%s\n%s\n", bad.line, lines[i%len(lines)])
	}
	var got []*preflight.FleetLine
	ctx := inTime(t)
	summary, err := preflight.Fleet(ctx, strings.NewReader(list.String()), preflight.FleetOptions{}, func(l *preflight.FleetLine) error {
		got = append(got, l)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, len(poison), summary.Unread)
	require.Len(t, got, 2*len(poison))
	for i, bad := range poison {
		require.Contains(t, got[2*i].Problem, bad.says)
		require.Less(t, len(got[2*i].Subject), 1000)
		require.Empty(t, got[2*i+1].Problem)
		require.True(t, got[2*i+1].Loads)
	}
}
