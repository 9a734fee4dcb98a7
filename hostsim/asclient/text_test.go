package asclient_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/forged"
)

// TestNamesThatActOnATerminal: whoever makes a certificate chooses its names, and what is shown of it acts on nothing.
func TestNamesThatActOnATerminal(t *testing.T) {
	for kind, evil := range forged.Characters() {
		for place, names := range forged.InNames(evil) {
			t.Run(kind+" in "+place, func(t *testing.T) {
				c := forged.Certify(t, names)
				subject := &asclient.Subject{Name: "x" + evil + "y", Sent: [][]byte{c.Leaf.Raw, c.Intermediate.Raw}, LeafPlace: 2}
				for _, o := range []asclient.Options{
					{Roots: []*x509.Certificate{c.Root}},
					{Hostname: "other.example.com", Anchors: []asclient.File{{Name: "x" + evil + "y", Data: c.Root.Raw}}},
					{At: time.Now().Add(48 * time.Hour), Anchors: []asclient.File{{Name: "x" + evil + "y", Data: []byte("nothing")}}},
				} {
					o.NoPublicRoots = true
					r := asclient.Check(t.Context(), subject, o)
					for _, width := range []int{60, 80, 120} {
						var shown bytes.Buffer
						asclient.Text(&shown, r, asclient.TextOptions{
							TextOptions: preflight.TextOptions{Width: width}, Details: true, File: "x" + evil + "y", Write: "x" + evil + "y",
						})
						forged.RequireInert(t, shown.String(), evil)
					}
				}
			})
		}
	}
}

// FuzzCheck: what a server sends, and what is given as an anchor, are octets of strangers.
func FuzzCheck(f *testing.F) {
	root := issue(f, nil, request{name: "root"})
	lower := issue(f, root, request{name: "lower"})
	leaf := issue(f, lower, request{name: host, leaf: true})
	f.Add(leaf.Raw, lower.Raw, root.Raw)
	f.Add(leaf.Raw, []byte{}, lower.Raw)
	f.Add(leaf.Raw, leaf.Raw, leaf.Raw)
	f.Add([]byte{}, []byte{0x30}, []byte("-----BEGIN CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, first, second, anchor []byte) {
		for _, o := range []asclient.Options{{}, {Anchors: []asclient.File{{Name: "anchor", Data: anchor}}}} {
			o.NoPublicRoots, o.At = true, now
			r := asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: [][]byte{first, second}, LeafPlace: 1}, o)
			require.NotEmpty(t, r.Verdict)
			require.Equal(t, r.Verdict == asclient.VerdictRefused, r.Count(preflight.SeverityError) > 0, "%+v", r.Findings)
			_, err := json.Marshal(r)
			require.NoError(t, err)
			var shown bytes.Buffer
			asclient.Text(&shown, r, asclient.TextOptions{Details: true, File: "anchor.der"})
			require.NotEmpty(t, shown.String())
		}
	})
}
