package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/internal/npm"
)

func newClients() *cobra.Command {
	asJSON, script := false, false
	cmd := &cobra.Command{
		Use:   "clients",
		Short: "show which clients this machine has, and what brings the others",
		Long: `    $ leafcam clients
    $ leafcam clients --json
    $ leafcam clients --install-script | less              what 'make clients' runs

Lists every client that leafcam can drive: whether it is installed, its version, the TLS library
that decides, and what brings it: Debian packages, npm packages below ` + npm.Dir() + `, which
LEAFCAM_NPM changes. Nothing is installed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, err := hostsim.Find(cmd.Context(), clients.All())
			if err != nil {
				return environment(err)
			}
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			if script {
				installScript(cmd.OutOrStdout(), hostsim.Lacking(found))
				return nil
			}
			return showClients(cmd.OutOrStdout(), found, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&script, "install-script", false, "print the shell commands that bring the missing ones")
	return cmd
}

// installScript prints a script for sh that ends a shortage. It asks nothing, and tells little.
func installScript(out io.Writer, s hostsim.Shortage) {
	if len(s.Packages)+len(s.Modules) == 0 {
		fmt.Fprintln(out, "echo all clients are installed")
		return
	}
	fmt.Fprintln(out, "set -e")
	if len(s.Packages) > 0 {
		fmt.Fprintf(out, `asroot=; [ "$(id -u)" = 0 ] || asroot=sudo
$asroot apt-get -q update
$asroot env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends %s >/dev/null
`, strings.Join(s.Packages, " "))
	}
	if len(s.Modules) > 0 {
		fmt.Fprintln(out, npm.Install(s.Modules...))
	}
}

// clientEntry is one client in the JSON form.
type clientEntry struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Stack     string   `json:"stack"`
	Library   string   `json:"library"`
	Family    string   `json:"family,omitempty"` // of the forecasts of leafcam check
	Installed bool     `json:"installed"`
	Version   string   `json:"version,omitempty"`
	Install   string   `json:"install,omitempty"`
	System    string   `json:"system,omitempty"`
	Simulated string   `json:"simulated,omitempty"`
	Missing   []string `json:"missing,omitempty"`
}

func showClients(out io.Writer, found []*hostsim.Found, asJSON bool) error {
	t := newTable("name", "client", "TLS stack", "TLS library", "version, or what to install")
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 5, WidthMax: 60, WidthMaxEnforcer: text.Trim}})
	var list []clientEntry
	for _, f := range found {
		status := f.VersionLine
		switch {
		case f.Known.Simulated != "":
			status = "simulated: " + f.Known.Simulated
		case f.Needs.System != "" && !f.Installed() && len(f.Missing) == 0:
			status = "other system: " + f.Needs.System
		case !f.Installed():
			status = "not installed: " + f.Install()
		}
		t.AppendRow(table.Row{f.Name, f.Title, f.Stack, f.Library, status})
		list = append(list, clientEntry{
			f.Name, f.Title, f.Stack, f.Library, f.Known.Family, f.Installed(), f.VersionLine, f.Install(),
			f.Needs.System, f.Known.Simulated, f.Missing,
		})
	}
	return render(out, asJSON, struct {
		Format  int           `json:"format"`
		Clients []clientEntry `json:"clients"`
	}{outputFormat, list}, t)
}
