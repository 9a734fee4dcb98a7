package asclient_test

import (
	"crypto"
	"crypto/elliptic"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/asclient"
)

// world is a server's PKI: two roots, a cross-sign of the first by the second, two intermediates, and a leaf.
type world struct{ root, old, cross, upper, lower, leaf *authority }

func newWorld(t *testing.T) world {
	var w world
	w.root = issue(t, nil, request{name: "root", until: on(2040, 1, 1)})
	w.old = issue(t, nil, request{name: "old root", key: rsaKey(t, 2048), until: on(2028, 1, 1)})
	w.cross = issue(t, w.old, request{name: "root", key: w.root.key, until: on(2027, 10, 1)})
	w.upper = issue(t, w.root, request{name: "upper", until: on(2035, 1, 1)})
	w.lower = issue(t, w.upper, request{name: "lower", until: on(2029, 1, 1)})
	w.leaf = issue(t, w.lower, request{name: host, leaf: true, from: on(2026, 11, 1), until: on(2027, 1, 30)})
	return w
}

// row is what is expected of a ranked anchor.
type row struct {
	title   string
	kind    asclient.Kind
	until   time.Time
	reached bool
}

func rows(r *asclient.Report) (list []row) {
	for _, a := range r.Anchors {
		list = append(list, row{a.Title, a.Kind, a.Until, a.Reached})
	}
	return list
}

func TestRanking(t *testing.T) {
	w := newWorld(t)
	expired := issue(t, nil, request{name: "root", key: w.root.key, until: on(2026, 1, 1)})
	later := issue(t, nil, request{name: "root", key: w.root.key, from: on(2027, 6, 1), until: on(2050, 1, 1)})
	self := issue(t, nil, request{name: host, leaf: true, until: on(2028, 5, 1)})
	weak := issue(t, nil, request{name: "weak root", key: rsaKey(t, 1024), until: on(2050, 1, 1)})
	weakCross := issue(t, weak, request{name: "root", key: w.root.key, until: on(2045, 1, 1)})
	const root, cross, intermediate = asclient.KindRoot, asclient.KindCrossSign, asclient.KindIntermediate
	end := func(a *authority) time.Time { return a.NotAfter }
	for _, tc := range []struct {
		name  string
		sent  []*authority
		roots []*authority
		want  []row
	}{
		{"a full chain", []*authority{w.leaf, w.lower, w.upper}, []*authority{w.root}, []row{
			{"root", root, end(w.lower), true}, {"upper", intermediate, end(w.lower), true}, {"lower", intermediate, end(w.lower), true}}},
		{"a full chain with the root", []*authority{w.leaf, w.lower, w.upper, w.root}, nil, []row{
			{"root", root, end(w.lower), true}, {"upper", intermediate, end(w.lower), true}, {"lower", intermediate, end(w.lower), true}}},
		{"a cross-sign is sent", []*authority{w.leaf, w.lower, w.upper, w.cross}, []*authority{w.root, w.old}, []row{
			{"root", root, end(w.lower), true}, {"upper", intermediate, end(w.lower), true}, {"lower", intermediate, end(w.lower), true},
			{"old root", root, end(w.cross), true}, {"root", cross, end(w.cross), true}}},
		{"the leaf alone", []*authority{w.leaf}, []*authority{w.root, w.upper, w.lower}, []row{
			{"lower", intermediate, end(w.lower), true}, {"root", root, end(w.lower), false}, {"upper", intermediate, end(w.lower), false}}},
		{"the leaf alone, and its issuer is unknown", []*authority{w.leaf}, []*authority{w.root}, nil},
		{"the chain is turned round", []*authority{w.leaf, w.upper, w.lower}, []*authority{w.root}, []row{
			{"upper", intermediate, end(w.lower), true}, {"lower", intermediate, end(w.lower), true}, {"root", root, end(w.lower), false}}},
		{"an intermediate is missing", []*authority{w.leaf, w.lower}, []*authority{w.root, w.upper}, []row{
			{"upper", intermediate, end(w.lower), true}, {"lower", intermediate, end(w.lower), true}, {"root", root, end(w.lower), false}}},
		{"the root has expired", []*authority{w.leaf, w.lower, w.upper}, []*authority{expired}, []row{
			{"upper", intermediate, end(w.lower), true}, {"lower", intermediate, end(w.lower), true}}},
		{"the root is of tomorrow", []*authority{w.leaf, w.lower, w.upper}, []*authority{later}, []row{
			{"upper", intermediate, end(w.lower), true}, {"lower", intermediate, end(w.lower), true}, {"root", root, end(w.lower), true}}},
		{"a root with a key that the camera refuses", []*authority{w.leaf, w.lower, w.upper, weakCross}, []*authority{weak}, []row{
			{"root", intermediate, end(w.lower), true}, {"upper", intermediate, end(w.lower), true}, {"lower", intermediate, end(w.lower), true}}},
		{"a self-signed certificate", []*authority{self}, nil, []row{{host, asclient.KindOwn, end(self), true}}},
		{"certificates of strangers", []*authority{w.leaf, w.lower, w.upper, self}, []*authority{w.root, w.old, weak}, []row{
			{"root", root, end(w.lower), true}, {"upper", intermediate, end(w.lower), true}, {"lower", intermediate, end(w.lower), true}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(tc.sent...)}, asclient.Options{
				At: now, Hostname: host, Roots: parsed(tc.roots...), NoPublicRoots: true,
			})
			require.Equal(t, tc.want, rows(r))
			requireTrue(t, r, tc.sent, device.OpenMV50)
		})
	}
}

// requireTrue asks the camera on the days around what a report says of each anchor that is reached: a server whose
// certificate was renewed is accepted up to the last second, and not in the next one.
func requireTrue(t *testing.T, r *asclient.Report, sent []*authority, firmware *device.Firmware) {
	t.Helper()
	for _, a := range r.Anchors {
		if !a.Reached {
			continue
		}
		ask := func(at time.Time) error {
			c := device.NewClientContext(firmware)
			require.NoError(t, c.LoadVerifyLocations(a.DER()))
			c.SetVerifyMode(device.CertRequired)
			c.SetClock(func() time.Time { return at })
			if a.Kind == asclient.KindOwn {
				return c.JudgeServer(ders(sent...), host)
			}
			return c.JudgeRenewedServer(ders(sent...), host)
		}
		require.NoError(t, ask(a.From), a.Title)
		require.NoError(t, ask(a.Until), a.Title)
		require.Error(t, ask(a.Until.Add(time.Second)), a.Title)
		if a.From.After(now) {
			require.Error(t, ask(a.From.Add(-time.Second)), a.Title)
		}
	}
}

// TestRankingOfKeys: RSA and ECDSA of all sizes that the camera accepts, with every firmware.
func TestRankingOfKeys(t *testing.T) {
	for _, key := range []crypto.Signer{rsaKey(t, 2048), rsaKey(t, 3072), curveKey(t, elliptic.P384())} {
		for _, firmware := range device.Firmwares() {
			if firmware.NoClient {
				continue
			}
			t.Run(fmt.Sprintf("%s, %s", firmware.Name, certs.DescribePublicKey(key.Public())), func(t *testing.T) {
				root := issue(t, nil, request{name: "root", key: key, until: on(2040, 1, 1)})
				lower := issue(t, root, request{name: "lower", until: on(2029, 1, 1)})
				leaf := issue(t, lower, request{name: host, leaf: true, key: key})
				sent := []*authority{leaf, lower}
				r := asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(sent...)}, asclient.Options{
					Firmware: firmware, At: now, Hostname: host, Roots: parsed(root), NoPublicRoots: true,
				})
				require.Equal(t, []row{
					{"root", asclient.KindRoot, lower.NotAfter, true}, {"lower", asclient.KindIntermediate, lower.NotAfter, true},
				}, rows(r))
				require.Equal(t, asclient.VerdictAnchors, r.Verdict)
				requireTrue(t, r, sent, firmware)
			})
		}
	}
}
