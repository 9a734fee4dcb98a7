package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/internal/npm"
	"github.com/leafcam/leafcam/internal/printable"
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
			status := newStatusLine(cmd.ErrOrStderr())
			status.set(fmt.Sprintf("asking %d programs for their versions", len(clients.All())))
			found, err := hostsim.Find(cmd.Context(), clients.All())
			status.clear()
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
	if asJSON {
		var list []clientEntry
		for _, f := range found {
			list = append(list, clientEntry{
				f.Name, f.Title, f.Stack, f.Library, f.Known.Family, f.Installed(), f.VersionLine, f.Install(),
				f.Needs.System, f.Known.Simulated, f.Missing,
			})
		}
		return writeJSON(out, struct {
			Format  int           `json:"format"`
			Clients []clientEntry `json:"clients"`
		}{outputFormat, list})
	}
	width := tableOptions(out).Width
	heads := []string{"name", "client", "TLS library", "version, or what to install"}
	widths := clientColumns(width)
	fmt.Fprintln(out, columns(heads, widths))
	installed := 0
	for _, f := range found {
		if f.Installed() && f.Known.Simulated == "" {
			installed++
		}
		fmt.Fprintln(out, columns([]string{f.Name, f.Title, f.Library, printable.Visible(clientStatus(f))}, widths))
	}
	fmt.Fprintln(out)
	wrap(out, fmt.Sprintf(
		"%d of %d are installed. --clients takes names, titles, and groups and aliases: %s, and a TLS stack as stack:openssl.",
		installed, len(found), strings.Join(clients.Names(), ", ")))
	return nil
}

// clientStatus says what this machine has of a client, or what brings it.
func clientStatus(f *hostsim.Found) string {
	switch {
	case f.Known.Simulated != "":
		return "simulated: " + f.Known.Simulated
	case f.Needs.System != "" && !f.Installed() && len(f.Missing) == 0:
		return "other system: " + f.Needs.System
	case !f.Installed():
		return "not installed: " + f.Install()
	}
	return f.VersionLine
}

// clientColumns are the widths of the columns: the library's is left out where there is no room for it.
func clientColumns(width int) []int {
	const name, title, library = 22, 30, 30
	switch {
	case width == 0:
		return []int{name, title, library, 60}
	case width >= 120:
		return []int{name, title, library, width - name - title - library - 6}
	case width >= 70:
		return []int{name, title, 0, width - name - title - 4}
	}
	return []int{max(4, width/2-1), 0, 0, max(4, width-width/2-1)}
}

// columns puts cells into columns; what is too wide is cut, and a column of no width is left out.
func columns(cells []string, widths []int) string {
	var parts []string
	for i, cell := range cells {
		if widths[i] == 0 {
			continue
		}
		if text.StringWidthWithoutEscSequences(cell) > widths[i] {
			cell = text.Trim(cell, widths[i]-1) + "…"
		}
		parts = append(parts, text.Pad(cell, widths[i], ' '))
	}
	return strings.TrimRight(strings.Join(parts, "  "), " ")
}
