package preflight_test

import (
	"crypto/x509"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestWorse: a renewal with the same chain is no worse; one without its intermediate, or for another name, is.
func TestWorse(t *testing.T) {
	p := newPKI(t, 1)
	judge := func(o certs.LeafOptions, chain bool) *preflight.Report {
		id, err := p.Issue(o)
		require.NoError(t, err)
		ders := [][]byte{id.DER()}
		if chain {
			ders = append(ders, p.Intermediates[0].DER())
		}
		d := delivery.Presented("test", ders)
		subject, err := preflight.FromDelivery(d)
		require.NoError(t, err)
		return preflight.Check(t.Context(), subject, preflight.Options{
			Host: "cam.example.com", KeyElsewhere: true, Roots: []*x509.Certificate{p.Root.Certificate},
		})
	}
	usual := certs.LeafOptions{DNS: []string{"cam.example.com"}}
	before := judge(usual, true)
	text, err := json.Marshal(before)
	require.NoError(t, err)
	read, err := preflight.ReadReport(text)
	require.NoError(t, err)
	require.Empty(t, judge(usual, true).Worse(read))

	other := judge(certs.LeafOptions{DNS: []string{"door.example.com"}}, true).Worse(read)
	require.NotEmpty(t, other)
	require.Contains(t, other[0].String(), "new error: ")

	alone := judge(usual, false).Worse(read)
	require.NotEmpty(t, alone)
	require.Contains(t, alone[len(alone)-1].String(), "connected with")
	require.Empty(t, judge(usual, true).Worse(judge(usual, false)), "more is not worse")

	for _, text := range []string{"", "[]", "{}", `{"format": 1}`, `{"format": 2}`} {
		_, err := preflight.ReadReport([]byte(text))
		require.ErrorIs(t, err, preflight.ErrNotReport, text)
	}
}
