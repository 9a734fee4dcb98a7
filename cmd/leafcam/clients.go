package main

import (
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
)

func newClients() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "clients",
		Short: "show which clients this machine has, and what brings the others",
		Long: `    $ leafcam clients
    $ leafcam clients --json

Lists every client that leafcam can drive: whether it is installed, its version, the TLS library
that decides, and the Debian packages that bring it. Nothing is installed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := hostsim.Find(cmd.Context(), clients.All())
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			return showClients(cmd.OutOrStdout(), found, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// clientEntry is one client in the JSON form.
type clientEntry struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Library   string   `json:"library"`
	Installed bool     `json:"installed"`
	Version   string   `json:"version,omitempty"`
	Package   string   `json:"package"`
	Missing   []string `json:"missing,omitempty"`
}

func showClients(out io.Writer, found []*hostsim.Found, asJSON bool) error {
	t := newTable("name", "client", "TLS library", "version, or what to install")
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 4, WidthMax: 60, WidthMaxEnforcer: text.Trim}})
	var list []clientEntry
	for _, f := range found {
		status := f.VersionLine
		if !f.Installed() {
			status = "not installed: " + f.Install()
		}
		t.AppendRow(table.Row{f.Name, f.Title, f.Library, status})
		list = append(list, clientEntry{f.Name, f.Title, f.Library, f.Installed(), f.VersionLine, f.Package, f.Missing})
	}
	return render(out, asJSON, list, t)
}
