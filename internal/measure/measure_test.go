package measure_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/internal/generate"
)

// TestModelsSayWhatWasMeasured: a model refuses a delivery with one flaw exactly when its client did.
func TestModelsSayWhatWasMeasured(t *testing.T) {
	now := time.Now()
	compared, refused := 0, 0
	for _, s := range generate.Singles() {
		if len(s.Flaws) == 0 {
			continue
		}
		flaw, err := generate.FlawNamed(s.Flaws[0])
		require.NoError(t, err)
		if len(flaw.Shows) == 0 {
			continue
		}
		d, err := s.Build(now)
		require.NoError(t, err)
		q := policy.Question{Sent: d.Sent, Roots: d.Roots, Store: d.Store, Host: s.Host, At: now}
		for _, m := range policy.Measured() {
			v := policy.VerifierOf(m.Client)
			want := !slices.ContainsFunc(flaw.Shows, func(f string) bool { return slices.Contains(m.Refused, policy.Fault(f)) })
			a := v.Verify(q)
			if exceptions[flaw.Name][m.Client] {
				continue
			}
			assert.Equal(t, want, a.Completes, "%s, %s: %s", m.Client, flaw.Name, a.Fault)
			compared++
			if !want {
				refused++
			}
		}
	}
	require.Greater(t, compared, 2000)
	require.Greater(t, refused, 500)
}

// exceptions are what the models do not say as it was. An expired root that the client trusts has signed the
// root once more, and that certificate is sent, too: one accepts it though it follows what is sent, one refuses it.
var exceptions = map[string]map[string]bool{
	"order: the root's cross-sign by an expired root": {"gnutls-cli-aia": true, "mono": true},
}
