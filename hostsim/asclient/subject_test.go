package asclient_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/asclient"
)

// TestFromDelivery: what a server is taken to send that loads these files.
func TestFromDelivery(t *testing.T) {
	w := newWorld(t)
	pem := func(list ...*authority) []byte { return certs.EncodePEM(parsed(list...)...) }
	for _, tc := range []struct {
		name  string
		files map[string][]byte
		want  []*authority
		place int
	}{
		{"fullchain.pem", map[string][]byte{"fullchain.pem": pem(w.leaf, w.lower, w.upper)}, []*authority{w.leaf, w.lower, w.upper}, 1},
		{"with the root", map[string][]byte{"all.pem": pem(w.leaf, w.lower, w.upper, w.root)}, []*authority{w.leaf, w.lower, w.upper, w.root}, 1},
		{"turned round", map[string][]byte{"x.pem": pem(w.leaf, w.upper, w.lower)}, []*authority{w.leaf, w.upper, w.lower}, 1},
		{"the leaf last", map[string][]byte{"x.pem": pem(w.upper, w.lower, w.leaf)}, []*authority{w.leaf, w.upper, w.lower}, 3},
		{"the leaf alone", map[string][]byte{"cert.pem": pem(w.leaf)}, []*authority{w.leaf}, 1},
		{"in DER", map[string][]byte{"cert.der": w.leaf.Raw}, []*authority{w.leaf}, 1},
		{"certificate and chain", map[string][]byte{"cert.pem": pem(w.leaf), "chain.pem": pem(w.lower, w.upper)},
			[]*authority{w.leaf, w.lower, w.upper}, 1},
		{"a folder of certbot's", map[string][]byte{
			"cert.pem": pem(w.leaf), "chain.pem": pem(w.lower, w.upper), "fullchain.pem": pem(w.leaf, w.lower, w.upper),
		}, []*authority{w.leaf, w.lower, w.upper}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range tc.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
			}
			d, err := delivery.Read(t.Context(), []string{dir}, delivery.Options{At: now})
			require.NoError(t, err)
			s, err := asclient.FromDelivery(d)
			require.NoError(t, err)
			require.Equal(t, ders(tc.want...), s.Sent)
			require.Equal(t, tc.place, s.LeafPlace)
			require.NotEmpty(t, s.How)
		})
	}
	t.Run("no certificate", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "notes.txt")
		require.NoError(t, os.WriteFile(file, []byte("nothing"), 0o600))
		d, err := delivery.Read(t.Context(), []string{file}, delivery.Options{})
		require.NoError(t, err)
		_, err = asclient.FromDelivery(d)
		require.ErrorIs(t, err, delivery.ErrNoCertificate)
	})
}

// TestManyOfOneName: CAs of one name, each of which has certified the others, are as many ways as anybody likes. The work is
// bounded: what is beyond is no anchor.
func TestManyOfOneName(t *testing.T) {
	first := issue(t, nil, request{name: "ca"})
	same := []*authority{first}
	for i := range 40 { // about as many as fit into one record
		same = append(same, issue(t, same[i], request{name: "ca", until: on(2030, 1, 1).Add(time.Duration(i) * time.Hour)}))
	}
	leaf := issue(t, same[len(same)-1], request{name: host, leaf: true})
	slices.Reverse(same)
	r := asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(append([]*authority{leaf}, same...)...), LeafPlace: 1},
		asclient.Options{At: now, Hostname: host, NoPublicRoots: true})
	require.NotEmpty(t, r.Anchors)
	require.LessOrEqual(t, len(r.Anchors), 24)
	requireTrue(t, r, append([]*authority{leaf}, same...), device.OpenMV50)
}
