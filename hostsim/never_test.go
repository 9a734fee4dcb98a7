package hostsim_test

import (
	"context"
	"crypto/x509"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// TestNeverVerifies: a client that is known to accept anything is not asked more once it has shown that. One that is taken for such
// a client and does verify is judged like any other.
func TestNeverVerifies(t *testing.T) {
	anything := func(context.Context, *hostsim.Visit, []*x509.Certificate) error { return nil }
	nothing := func(context.Context, *hostsim.Visit, []*x509.Certificate) error { return errors.New("no") }
	all := len(hostsim.StandardSet())
	for _, tc := range []struct {
		name    string
		accepts func(context.Context, *hostsim.Visit, []*x509.Certificate) error
		keep    bool
		row     bool // by row
		visits  int
		verdict verdict.Verdict // with the leaf alone
	}{
		{"it accepts anything", anything, false, false, 2, verdict.VerdictNeverVerifies},
		{"it accepts anything, row by row", anything, false, true, 2, verdict.VerdictNeverVerifies},
		{"it accepts anything, everything is kept", anything, true, false, all, verdict.VerdictNeverVerifies},
		{"it verifies", verifies, false, false, all, verdict.VerdictRefused},
		{"it accepts nothing", nothing, false, false, all, verdict.VerdictHarnessError},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var visits atomic.Int32
			c := dialing("careless", func(ctx context.Context, v *hostsim.Visit, sent []*x509.Certificate) error {
				visits.Add(1)
				return tc.accepts(ctx, v, sent)
			})
			c.Known.NeverVerifies = true
			r := hostsim.Runner{Clients: []*hostsim.Client{c}, RowByRow: tc.row}
			if tc.keep {
				r.Keep = t.TempDir()
			}
			m, err := r.Run(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, tc.visits, visits.Load())
			row := m.Row("careless")
			require.Equal(t, tc.verdict, row.Cell("leaf-only").Verdict)
			for _, cell := range row.Cells {
				require.Equal(t, tc.verdict == verdict.VerdictNeverVerifies, cell.Verdict == verdict.VerdictNeverVerifies, cell.Scenario)
				if tc.verdict == verdict.VerdictNeverVerifies {
					require.Equal(t, row.Doubt, cell.Detail)
				}
			}
		})
	}
}
