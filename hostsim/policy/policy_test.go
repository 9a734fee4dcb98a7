package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/internal/generate"
)

// ask asks the model of a client about a generated delivery.
func ask(t *testing.T, client string, links int, flaws ...string) policy.Answer {
	s, err := generate.Make(links, flaws)
	require.NoError(t, err)
	require.Equal(t, flaws, s.Flaws)
	d, err := s.Build(time.Now())
	require.NoError(t, err)
	v := policy.VerifierOf(client)
	require.NotNil(t, v)
	return v.Verify(policy.Question{Sent: d.Sent, Roots: d.Roots, Store: d.Store, Host: s.Host, At: time.Now()})
}

// TestVerifiers are what models say of deliveries with several flaws, or of other lengths than those that were
// measured: each was seen with the client itself.
func TestVerifiers(t *testing.T) {
	const keyID = "intermediate: another key's authority key identifier"
	for _, tc := range []struct {
		name   string
		client string
		links  int
		flaws  []string
		fault  policy.Fault // "" completes
	}{
		{"Java minds the key identifier of an anchor", "java", 1, []string{keyID}, keyID},
		{"and not of an intermediate", "java", 2, []string{keyID}, ""},
		{"Bouncy Castle minds it of an intermediate", "bouncycastle", 2, []string{keyID}, "leaf: another key's authority key identifier"},
		{"and not of an anchor", "bouncycastle", 1, []string{keyID}, ""},
		{"an issuer without one is found below a leaf that names none", "bouncycastle", 1,
			[]string{"intermediate: no subject key identifier", "leaf: no authority key identifier"}, ""},
		{"name constraints hold for a common name", "openssl", 0,
			[]string{"root: other names permitted, noncritical", "name: the common name alone"}, "root: other names permitted"},
		{"wolfSSL minds an expired certificate below an anchor", "wolfssl", 1, []string{"order: an expired twin behind"}, policy.FaultSent},
		{"and not elsewhere", "wolfssl", 2, []string{"order: an expired twin behind"}, ""},
		{"nginx counts intermediates", "nginx", 4, []string{}, policy.FaultLinks},
		{"curl does not", "curl", 4, []string{}, ""},
		{"nginx compares no address", "nginx", 1, []string{"name: an address"}, "name: an address"},
		{"curl does", "curl", 1, []string{"name: an address"}, ""},
		{"no path", "curl", 2, []string{"sent: the leaf alone"}, policy.FaultNoPath},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if len(tc.flaws) == 0 {
				tc.flaws = nil
			}
			a := ask(t, tc.client, tc.links, tc.flaws...)
			require.Equal(t, tc.fault, a.Fault)
			require.Equal(t, tc.fault == "", a.Completes)
		})
	}
}

// TestFaultsHaveWords: whatever a client was measured to refuse can be said.
func TestFaultsHaveWords(t *testing.T) {
	for _, m := range policy.Measured() {
		for _, f := range m.Refused {
			if where, _, _ := strings.Cut(string(f), ":"); where == "order" || where == "trust" || where == "sent" {
				continue
			}
			require.NotEqual(t, string(f), f.Words(), "%s: %s", m.Client, f)
		}
	}
}
