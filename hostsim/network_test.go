package hostsim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/program"
)

// TestRealAddresses: a host that is an address is as good as a name. The client sees no network but its own,
// in which the address is this machine's, also when it is somebody else's.
func TestRealAddresses(t *testing.T) {
	program.Need(t, "curl", "curl")
	c := script("addressed", `if grep : /proc/net/dev | grep -v "^ *lo:" >&2; then exit 9; fi; curl -sS --cacert "$CA" "$URL"`)
	for _, host := range []string{"192.0.2.20", "10.255.255.255", "2001:db8::20", "[2001:DB8:0::20]", "::1", "127.0.0.2", "8.8.8.8"} {
		t.Run(host, func(t *testing.T) {
			scenarios := append(hostsim.StandardSet(), hostsim.ScenarioFullChain(), hostsim.ScenarioGateway())
			row := matrixOf(t, hostsim.Runner{Clients: []*hostsim.Client{c}, Host: host, Scenarios: scenarios})
			if v := row.Cells[0].Verdict; v == verdict.VerdictCannotIsolate {
				t.Skip(row.Cells[0].Reason())
			}
			require.True(t, row.Trustworthy, row.Doubt)
			for name, want := range map[string]string{
				"leaf-only": "missing intermediate", "second-load": "sent", "wrong-name": "wrong name", "expired": "expired",
				"unknown-root": "unknown issuer", "full-chain": "sent", "gateway": "sent", "self-signed": "anchor",
			} {
				cell := row.Cell(name)
				require.Equal(t, want, string(cell.How)+string(cell.Cause), "%s: %s (%s)", name, cell.Reason(), cell.Stderr)
			}
		})
	}
}

// TestRealOwnFilesForAnAddress: files for an address are tried with clients that are told the address.
func TestRealOwnFilesForAnAddress(t *testing.T) {
	program.Need(t, "curl", "curl")
	for _, tc := range []struct {
		host string
		how  string
	}{{"127.0.0.1", "sent"}, {"192.0.2.20", "sent"}, {"192.0.2.21", "wrong name"}} {
		t.Run(tc.host, func(t *testing.T) {
			o := certs.NewLeafOptions("", []certs.HostName{
				{Name: "127.0.0.1", Kind: certs.NamePrivateIP}, {Name: "192.0.2.20", Kind: certs.NamePrivateIP},
			})
			row := matrixOf(t, hostsim.Runner{
				Clients: []*hostsim.Client{script("addressed", `curl -sS --cacert "$CA" "$URL"`)},
				Host:    tc.host, Files: userFiles(t, "mine", o), Scenarios: []hostsim.Scenario{hostsim.ScenarioSecondLoad()},
			})
			if row.Cells[0].Verdict == verdict.VerdictCannotIsolate {
				t.Skip(row.Cells[0].Reason())
			}
			require.True(t, row.Trustworthy, row.Doubt)
			require.Equal(t, tc.how, string(row.Cells[0].How)+string(row.Cells[0].Cause), row.Cells[0].Reason())
		})
	}
}

// TestAddressThatNobodyHas: a client that cannot be kept to an address is not run; one that connects where
// it is told to is.
func TestAddressThatNobodyHas(t *testing.T) {
	ran := false
	c := script("program", "exit 1")
	command := c.Command
	c.Command = func(v *hostsim.Visit) hostsim.Command {
		ran = true
		return command(v)
	}
	told := script("told", "exit 1")
	told.Isolation.ToldAddress = true
	m, err := hostsim.Runner{
		Clients: []*hostsim.Client{c, told, honest()}, Host: "255.255.255.255", Scenarios: []hostsim.Scenario{hostsim.ScenarioSecondLoad()},
	}.Run(t.Context())
	require.NoError(t, err)
	cell := m.Rows[0].Cells[0]
	require.Equal(t, verdict.VerdictCannotIsolate, cell.Verdict)
	require.True(t, strings.HasPrefix(cell.Reason(), "this machine permits no network of its own to a client"), cell.Reason())
	require.False(t, ran)
	require.Equal(t, verdict.CauseNoContact, m.Rows[1].Cells[0].Cause, "it ran")
	require.Equal(t, verdict.HowSent, m.Rows[2].Cells[0].How, "a function of this process connects where it is told to")
}
