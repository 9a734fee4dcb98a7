package main

import (
	"encoding/json"
	"fmt"
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
			if asJSON {
				return clientsJSON(cmd.OutOrStdout(), found)
			}
			clientsTable(cmd.OutOrStdout(), found)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func clientsTable(out io.Writer, found []*hostsim.Found) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 4, WidthMax: 60, WidthMaxEnforcer: text.Trim}})
	t.AppendHeader(table.Row{"name", "client", "TLS library", "version, or what to install"})
	for _, f := range found {
		status := f.VersionLine
		if !f.Installed() {
			status = "not installed: apt-get install " + f.Package
		}
		t.AppendRow(table.Row{f.Name, f.Title, f.Library, status})
	}
	fmt.Fprintln(out, t.Render())
}

func clientsJSON(out io.Writer, found []*hostsim.Found) error {
	type client struct {
		Name      string   `json:"name"`
		Title     string   `json:"title"`
		Library   string   `json:"library"`
		Installed bool     `json:"installed"`
		Version   string   `json:"version,omitempty"`
		Package   string   `json:"package"`
		Missing   []string `json:"missing,omitempty"`
	}
	list := make([]client, len(found))
	for i, f := range found {
		list[i] = client{f.Name, f.Title, f.Library, f.Installed(), f.VersionLine, f.Package, f.Missing}
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}
