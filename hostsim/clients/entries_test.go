package clients_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/policy"
)

// unmeasured reports whether nobody can run a client here, so that it has no family and no row.
func unmeasured(c *hostsim.Client) bool { return c.Known.Simulated != "" || c.Needs.System != "" }

// mute are the clients of whose refusals no word is known: they refuse nothing, or only an alert
// shows it.
var mute = strings.Fields("ffprobe-default mpv-default motion-default check_http ab hey siege wrk tnftp")

// TestEntries: nothing is left out of a client's entry.
func TestEntries(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range clients.All() {
		t.Run(c.Name, func(t *testing.T) {
			require.NotContains(t, seen, c.Name, "Name: another client has it")
			seen[c.Name] = true
			require.Regexp(t, `^[a-zA-Z0-9_.-]+$`, c.Name, "Name: as it is given to --clients")
			require.NotEmpty(t, c.Title, "Title")
			require.NotEmpty(t, c.Stack, "Stack")
			require.NotEmpty(t, c.Library, "Library")
			require.True(t, c.Command != nil || c.Dial != nil, "Command, or Dial")
			require.Equal(t, slices.Contains(mute, c.Name), reflect.ValueOf(c.Known.Words).IsZero(), "Known.Words, or a place in mute")
			if c.Known.Simulated != "" {
				return
			}
			require.NotEmpty(t, c.Needs.Programs, "Needs.Programs")
			for program := range c.Needs.Paths {
				require.Contains(t, c.Needs.Programs, program, "Needs.Paths is of a program that is not needed")
			}
			require.False(t, c.Needs.VersionLoads && len(c.Needs.Version) == 0, "Needs.VersionLoads without Needs.Version")
			if c.Isolation.SystemBundle {
				require.Contains(t, c.Needs.Packages, "ca-certificates", "Needs.Packages: the bundle has to be there")
			}
			if c.Needs.System == "" {
				require.NotEmpty(t, slices.Concat(c.Needs.Packages, c.Needs.Modules), "Needs.Packages, or Needs.Modules")
				for _, p := range c.Needs.Packages {
					require.Regexp(t, `^[a-z0-9][a-z0-9.+-]+$`, p, "Needs.Packages: one name each")
				}
				for _, m := range c.Needs.Modules {
					require.Regexp(t, `^(@[a-z0-9-]+/)?[a-z0-9.-]+@[0-9]+\.[0-9]+\.[0-9]+$`, m, "Needs.Modules: name@version")
				}
			}
		})
	}
}

// TestEveryClientHasItsRow: what a client is expected to do stands in one row, and rows are of clients
// that there are.
func TestEveryClientHasItsRow(t *testing.T) {
	var known []string
	for _, c := range clients.All() {
		if unmeasured(c) {
			continue
		}
		known = append(known, c.Name)
		_, in := expected(c.Name)
		require.Equal(t, 1, in, "%s has to be in exactly one row of matrix_test.go", c.Name)
	}
	for _, row := range rows {
		require.Subset(t, known, strings.Fields(row.clients))
	}
	require.Subset(t, known, mute)
}

// TestEveryClientHasItsFamily: a client names a policy that was measured and fits what else is known of
// it, and no policy is nobody's.
func TestEveryClientHasItsFamily(t *testing.T) {
	families, members := map[string]policy.Policy{}, map[string]int{}
	for _, p := range policy.Families() {
		families[p.Name] = p
	}
	for _, c := range clients.All() {
		if unmeasured(c) {
			require.Empty(t, c.Known.Family, "%s was not measured", c.Name)
			continue
		}
		p, ok := families[c.Known.Family]
		require.True(t, ok, "%s: Known.Family is %q, which hostsim/policy does not know", c.Name, c.Known.Family)
		require.Equal(t, p.NeverVerifies, c.Known.NeverVerifies, "%s does not fit %s", c.Name, p.Name)
		require.Equal(t, p.IgnoresNames, c.Known.IgnoresNames, "%s does not fit %s", c.Name, p.Name)
		members[p.Name]++
	}
	for name := range families {
		require.NotZero(t, members[name], "no client is of the family %s", name)
	}
}

// TestDemo: the demonstration shows no client that the whole list lacks.
func TestDemo(t *testing.T) { require.Subset(t, clients.All(), clients.Demo()) }

// TestQuickClients: what is quick needs nothing built, and no browser.
func TestQuickClients(t *testing.T) {
	for _, c := range clients.Quick() {
		require.Nil(t, c.Build, c.Name)
		require.False(t, c.Known.Browser, c.Name)
		require.False(t, c.Known.NeverVerifies, c.Name)
	}
}
