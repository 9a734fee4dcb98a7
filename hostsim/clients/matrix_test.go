package clients_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What every client here does with the controls.
var controls = map[string]string{
	"second-load": "completed sent", "self-signed": "completed anchor",
	"wrong-name": "refused wrong name", "expired": "refused expired", "unknown-root": "refused unknown issuer",
}

// The two kinds of stores: in one, an intermediate is an anchor; in the other it only
// completes chains.
var (
	anchors = map[string]string{
		"leaf-only": "refused missing intermediate", "aia": "refused missing intermediate",
		"store": "completed anchor", "intermediate-alone": "completed anchor",
	}
	completes = map[string]string{
		"leaf-only": "refused missing intermediate", "aia": "refused missing intermediate",
		"store": "completed store", "intermediate-alone": "refused the intermediate is no anchor",
	}
)

// expected is what was found when the clients were tried one by one, on Debian 12 in
// November 2026, with servers other than this one, too.
var expected = map[string][]map[string]string{
	"curl": {anchors}, "wget": {anchors}, "openssl": {completes}, "gnutls-cli": {anchors}, "python": {completes},
	"node": {completes}, "perl": {anchors}, "go": {anchors}, "java": {anchors},
	"java-aia": {anchors, {"aia": "completed aia"}},
	"chromium": {completes, {"aia": "completed aia"}},
	// Without an AIA URL in the leaf gnutls-cli 3.7 crashes instead of refusing.
	"gnutls-cli-aia": {anchors, {"aia": "completed aia", "leaf-only": "crashed", "unknown-root": "crashed"}},
}

// TestStandardSet runs every installed client in every scenario.
func TestStandardSet(t *testing.T) {
	for _, key := range []certs.KeyType{certs.ECDSAP256, certs.RSA2048} {
		list := clients.All()
		if key == certs.RSA2048 {
			var err error // the key makes no difference to the verdicts: the quick ones show it
			list, err = hostsim.ClientsByName([]string{"curl", "wget", "openssl", "gnutls-cli", "python", "node", "go"}, list)
			require.NoError(t, err)
		}
		m, err := hostsim.Runner{Clients: list, KeyType: key}.Run(t.Context())
		require.NoError(t, err)
		for _, row := range m.Rows {
			t.Run(string(key)+"/"+row.Client, func(t *testing.T) {
				if !row.Installed {
					t.Skipf("%s is not installed: apt-get install %s", row.Client, row.Package)
				}
				require.True(t, row.Trustworthy, row.Doubt)
				require.NotEmpty(t, row.Version)
				want := map[string]string{}
				for _, layer := range append([]map[string]string{controls}, expected[row.Client]...) {
					for scenario, outcome := range layer {
						want[scenario] = outcome
					}
				}
				require.Len(t, want, len(row.Cells))
				for _, c := range row.Cells {
					compare(t, want[c.Scenario], c)
				}
			})
		}
	}
}

func compare(t *testing.T, want string, c hostsim.Cell) {
	got := strings.TrimSpace(string(c.Verdict) + " " + string(c.How) + c.Cause)
	switch {
	case c.Verdict == hostsim.CannotIsolate:
		t.Logf("%s: %s", c.Scenario, c.Cause)
	case want == "crashed":
		// Another version may refuse as it should.
		require.True(t, c.Verdict == hostsim.Refused || strings.Contains(c.Cause, "crashed"), "%s: %s", c.Scenario, got)
	default:
		require.Equal(t, want, got, "%s (the client said: %s)", c.Scenario, c.Message)
	}
	switch want {
	case "completed aia":
		require.Positive(t, c.Fetches)
		require.True(t, c.ChainCompleted)
	case "completed anchor":
		require.False(t, c.ChainCompleted)
	}
}

func TestClientsAreDescribed(t *testing.T) {
	names := map[string]bool{}
	for _, c := range clients.All() {
		require.False(t, names[c.Name], "two clients are called %s", c.Name)
		names[c.Name] = true
		require.NotEmpty(t, c.Title)
		require.NotEmpty(t, c.Library)
		require.NotEmpty(t, c.Package)
		require.NotEmpty(t, c.Programs)
		require.NotNil(t, c.Command)
		require.NotNil(t, expected[c.Name], "no expectation for %s", c.Name)
	}
}
