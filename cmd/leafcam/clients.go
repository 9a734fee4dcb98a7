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
that decides, and what brings it: Debian packages, npm packages below ` + hostsim.NPMDir() + `, which
LEAFCAM_NPM changes. Nothing is installed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := hostsim.Find(cmd.Context(), clients.All())
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			if script {
				return installScript(cmd.OutOrStdout(), found)
			}
			return showClients(cmd.OutOrStdout(), found, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&script, "install-script", false, "print the shell commands that bring the missing ones")
	return cmd
}

// installScript prints what brings the clients that are missing.
func installScript(out io.Writer, found []*hostsim.Found) error {
	commands := hostsim.InstallCommands(found)
	if len(commands) == 0 {
		fmt.Fprintln(out, "echo all clients are installed")
		return nil
	}
	fmt.Fprintln(out, "set -e")
	for _, command := range commands {
		if strings.HasPrefix(command, "apt-get ") {
			fmt.Fprintln(out, `asroot=; [ "$(id -u)" = 0 ] || asroot=sudo`)
			fmt.Fprintln(out, "$asroot apt-get update")
			command = "$asroot " + command
		}
		fmt.Fprintln(out, command)
	}
	return nil
}

// clientEntry is one client in the JSON form.
type clientEntry struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Stack     string   `json:"stack"`
	Library   string   `json:"library"`
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
		case f.Simulated != "":
			status = "simulated: " + f.Simulated
		case f.System != "" && !f.Installed() && len(f.Missing) == 0:
			status = "other system: " + f.System
		case !f.Installed():
			status = "not installed: " + f.Install()
		}
		t.AppendRow(table.Row{f.Name, f.Title, f.Stack, f.Library, status})
		list = append(list, clientEntry{f.Name, f.Title, f.Stack, f.Library, f.Installed(), f.VersionLine, f.Install(), f.System, f.Simulated, f.Missing})
	}
	return render(out, asJSON, list, t)
}
