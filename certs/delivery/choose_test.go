package delivery_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// renewals issues certificates of one CA.
type renewals struct {
	t      *testing.T
	issuer *certs.Identity
	serial int64
}

func newRenewals(t *testing.T) *renewals { return &renewals{t, newPKI(t, 1).Intermediates[0], 0x1a00} }

// A generation is a certificate with its key.
type generation struct {
	*x509.Certificate
	key crypto.Signer
}

func (g generation) cert() []byte   { return certs.EncodePEM(g.Certificate) }
func (g generation) keyPEM() []byte { return (&certs.Identity{Key: g.key}).EncodeKeyPEM() }

const day = 24 * time.Hour

// issue issues a certificate that begins so many days from now, and lasts for 90; of a key, or of a new one.
func (r *renewals) issue(from int, key crypto.Signer, names ...string) generation {
	if key == nil {
		var err error
		key, err = certs.GenerateKey("")
		require.NoError(r.t, err)
	}
	begin := time.Now().Truncate(time.Second).Add(time.Duration(from) * day)
	r.serial++
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(r.serial), DNSNames: names, NotBefore: begin, NotAfter: begin.Add(90 * day),
	}, r.issuer.Certificate, key.Public(), r.issuer.Key)
	require.NoError(r.t, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(r.t, err)
	return generation{c, key}
}

// TestGenerations: of several certificates the newest one that is valid, and fits the host, is meant.
func TestGenerations(t *testing.T) {
	const cam, www = "cam.example.com", "www.example.com"
	r := newRenewals(t)
	older, old, now := r.issue(-120, nil, cam), r.issue(-60, nil, cam), r.issue(-1, nil, cam)
	sameKey, future := r.issue(-2, old.key, cam), r.issue(10, nil, cam)
	more, other := r.issue(-3, nil, www, cam), r.issue(-1, nil, www)
	wild, twin := r.issue(-5, nil, "*.example.com"), r.issue(-1, nil, cam)
	issuer := certs.EncodePEM(r.issuer.Certificate)
	files := func(list ...generation) map[string][]byte {
		all := map[string][]byte{"chain.pem": issuer}
		for i, g := range list {
			all[fmt.Sprintf("archive/cert%d.pem", i+1)] = g.cert()
			all[fmt.Sprintf("archive/privkey%d.pem", i+1)] = g.keyPEM()
		}
		return all
	}
	for _, tc := range []struct {
		name   string
		files  map[string][]byte
		o      delivery.Options
		leaf   generation
		passed int // over
	}{
		{"certbot's archive", files(older, old, now), delivery.Options{}, now, 2},
		{"acme.sh's backup", map[string][]byte{
			"cam_ecc/cam.cer": now.cert(), "cam_ecc/cam.key": now.keyPEM(), "cam_ecc/ca.cer": issuer,
			"cam_ecc/backup/fullchain.bak": append(old.cert(), issuer...), "cam_ecc/backup/key.bak": old.keyPEM(),
		}, delivery.Options{}, now, 1},
		{"renewed with the same key", map[string][]byte{
			"old.crt": old.cert(), "new.crt": sameKey.cert(), "cam.key": old.keyPEM(), "ca.crt": issuer,
		}, delivery.Options{}, sameKey, 1},
		{"the newest is not valid yet", files(now, future), delivery.Options{}, now, 1},
		{"all have expired", files(older, r.issue(-200, nil, cam)), delivery.Options{}, older, 1},
		{"at an earlier time", files(older, old, now), delivery.Options{At: time.Now().Add(-40 * day)}, old, 2},
		{"one name of several is shared", files(old, more), delivery.Options{}, more, 1},
		{"the host chooses", files(now, other), delivery.Options{Host: cam}, now, 0},
		{"the host chooses, in capitals", files(now, other), delivery.Options{Host: "WWW.example.com"}, other, 0},
		{"a wildcard fits, too, and is older", files(now, wild), delivery.Options{Host: cam}, now, 0},
		{"a wildcard and a name, and no host", files(now, wild), delivery.Options{}, generation{}, 0},
		{"no certificate fits the host", files(old, now), delivery.Options{Host: "none.example.org"}, now, 1},
		{"two names and no host", files(now, other), delivery.Options{}, generation{}, 0},
		{"two of the same age", files(now, twin), delivery.Options{}, generation{}, 0},
		{"by its file", files(older, old, now), delivery.Options{Leaf: "cert2.pem"}, old, 0},
		{"by its serial number", files(older, old, now), delivery.Options{Leaf: "0x" + old.SerialNumber.Text(16)}, old, 0},
		{"by its serial number with colons", files(older, old, now), delivery.Options{Leaf: "1A:01"}, older, 0},
		{"by its serial number in decimal", files(older, old, now), delivery.Options{Leaf: old.SerialNumber.String()}, old, 0},
		{"by a name", files(now, other), delivery.Options{Leaf: www}, other, 0},
		{"by a name that several have", files(old, now, other), delivery.Options{Leaf: cam}, now, 1},
		{"by its fingerprint", files(older, old, now), delivery.Options{Leaf: fingerprint(old)}, old, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := read([]string{writeAll(t, tc.files)}, tc.o)
			if tc.leaf.Certificate == nil {
				require.ErrorIs(t, err, delivery.ErrAmbiguous)
				require.ErrorContains(t, err, "--leaf")
				require.Contains(t, strings.Join(d.Reasons(20), "\n"), "serial number 1a")
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.leaf.Raw, d.Leaf.Raw)
			require.True(t, d.Key.Fits(d.Leaf))
			require.Len(t, d.Chain, 1)
			require.Len(t, d.Generations, tc.passed)
			require.Equal(t, tc.passed > 0, d.Choice() != "")
			for _, item := range d.Items {
				require.NotEmpty(t, item.Use, "%s", item)
			}
		})
	}
	t.Run("none is called that", func(t *testing.T) {
		d, err := read([]string{writeAll(t, files(old, now))}, delivery.Options{Leaf: "ff:ee"})
		require.ErrorIs(t, err, delivery.ErrNoSuchLeaf)
		require.Len(t, d.Reasons(20), 2)
	})
	t.Run("without keys", func(t *testing.T) {
		d, err := read([]string{writeAll(t, map[string][]byte{"a.pem": now.cert(), "b.pem": old.cert()})}, delivery.Options{})
		require.NoError(t, err)
		require.Equal(t, now.Raw, d.Leaf.Raw)
	})
	t.Run("the name fits, the key does not", func(t *testing.T) {
		request, err := certs.NewRequest(twin.key, []certs.HostName{{Name: cam}})
		require.NoError(t, err)
		d, err := read([]string{writeAll(t, map[string][]byte{
			"a.pem": now.cert(), "b.pem": old.cert(), "cam.key": twin.keyPEM(), "cam.csr": request,
		})}, delivery.Options{})
		require.ErrorIs(t, err, delivery.ErrKeyMismatch)
		require.ErrorContains(t, err, "a.pem, line 1")
		require.ErrorContains(t, err, "cam.csr, line 1 is for the key that is here")
		require.Equal(t, now.Raw, d.Leaf.Raw)
	})
}

func fingerprint(g generation) string {
	sum := sha256.Sum256(g.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// TestLocked: what is locked is left alone where what is open is enough, and asked for where it is not.
func TestLocked(t *testing.T) {
	r := newRenewals(t)
	old, now := r.issue(-60, nil, "cam.example.com"), r.issue(-1, nil, "cam.example.com")
	issuer := r.issuer.Certificate
	locked := func(g generation, password string) []byte {
		file, err := pkcs12.Modern2023.WithIterations(1).Encode(g.key, g.Certificate, []*x509.Certificate{issuer}, password)
		require.NoError(t, err)
		return file
	}
	pair := map[string][]byte{"cam.crt": now.cert(), "cam.key": now.keyPEM(), "ca.crt": certs.EncodePEM(issuer)}
	with := func(base map[string][]byte, name string, data []byte) map[string][]byte {
		all := map[string][]byte{name: data}
		for n, d := range base {
			all[n] = d
		}
		return all
	}
	never := func(string, bool) ([]byte, error) {
		t.Error("a password was asked for")
		return nil, delivery.ErrPassword
	}
	for _, tc := range []struct {
		name  string
		files map[string][]byte
		o     delivery.Options
		leaf  generation
		note  string // of the locked item; "" when it was opened
	}{
		{"open files are enough", with(pair, "cam.pfx", locked(now, "tulip")), delivery.Options{Password: never}, now, "left alone"},
		{"a password that was given opens it all the same", with(pair, "a.pfx", locked(now, "tulip")),
			delivery.Options{Password: secret("tulip"), PasswordGiven: true}, now, ""},
		{"and a wrong one is no harm", with(pair, "cam.pfx", locked(now, "rose")),
			delivery.Options{Password: secret("tulip"), PasswordGiven: true}, now, "missing or wrong"},
		{"the issuer is missing", map[string][]byte{"cam.crt": now.cert(), "cam.key": now.keyPEM(), "cam.pfx": locked(now, "tulip")},
			delivery.Options{Password: secret("tulip")}, now, ""},
		{"the issuer is missing, and nobody knows the password",
			map[string][]byte{"cam.crt": now.cert(), "cam.key": now.keyPEM(), "cam.pfx": locked(now, "tulip")},
			delivery.Options{}, now, "missing or wrong"},
		{"of two that are locked the newest is meant", map[string][]byte{"a.pfx": locked(now, "tulip"), "b.pfx": locked(old, "tulip")},
			delivery.Options{Password: secret("tulip")}, now, ""},
		{"one opens, the other does not", map[string][]byte{"a.pfx": locked(old, "rose"), "b.pfx": locked(now, "tulip")},
			delivery.Options{Password: secret("tulip"), PasswordGiven: true}, now, "missing or wrong"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := read([]string{writeAll(t, tc.files)}, tc.o)
			require.NoError(t, err)
			require.Equal(t, tc.leaf.Raw, d.Leaf.Raw)
			notes := ""
			for _, item := range d.Items {
				if item.Locked {
					notes += item.Note
				}
			}
			if tc.note == "" {
				require.Empty(t, notes)
			}
			require.Contains(t, notes, tc.note)
		})
	}
	t.Run("nothing without it", func(t *testing.T) {
		_, err := read([]string{writeAll(t, map[string][]byte{"cam.pfx": locked(now, "tulip")})}, delivery.Options{})
		require.ErrorIs(t, err, delivery.ErrPassword)
		require.ErrorContains(t, err, "cam.pfx")
	})
}
