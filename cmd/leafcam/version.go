package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	modversion "golang.org/x/mod/module"

	"github.com/leafcam/leafcam/device"
)

// unknown is what a build does not say of itself.
const unknown = "unknown"

// versionFormat is the version of the JSON form; a change that breaks readers raises it.
const versionFormat = 1

// buildVersion is what `leafcam version` says.
type buildVersion struct {
	Format    int      `json:"format"`
	Version   string   `json:"version"`
	Revision  string   `json:"revision"`
	Time      string   `json:"time"`
	Modified  bool     `json:"modified"`
	Go        string   `json:"go"`
	OS        string   `json:"os"`
	Arch      string   `json:"arch"`
	Firmwares []string `json:"firmwares"`
}

func newVersion() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "version",
		Short: "print the version and the firmware profiles",
		Long: `    $ leafcam version
    $ leafcam version --json

Prints leafcam's version, the revision and the date of what it was built from, the Go version that
built it, and the firmware profiles that it emulates.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, _ := debug.ReadBuildInfo()
			v := readVersion(info)
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), v)
			}
			return v.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// readVersion takes from a program's build information what it says. A build in a repository has
// the revision; `go install` of a version has that version alone, which may be one that is made of
// the revision and its time.
func readVersion(info *debug.BuildInfo) buildVersion {
	v := buildVersion{
		Format:   versionFormat,
		Version:  unknown,
		Revision: unknown,
		Time:     unknown,
		Go:       runtime.Version(),
		OS:       runtime.GOOS,
		Arch:     runtime.GOARCH,
	}
	for _, fw := range device.Firmwares() {
		v.Firmwares = append(v.Firmwares, fw.Name)
	}
	if info == nil {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	if rev, err := modversion.PseudoVersionRev(v.Version); err == nil {
		v.Revision = rev
	}
	if at, err := modversion.PseudoVersionTime(v.Version); err == nil {
		v.Time = at.Format(time.RFC3339)
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Revision = setting.Value
		case "vcs.time":
			v.Time = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		}
	}
	return v
}

// versionLine is what --version prints.
func versionLine() string {
	info, _ := debug.ReadBuildInfo()
	v := readVersion(info)
	return v.line()
}

func (v *buildVersion) line() string {
	return fmt.Sprintf("leafcam %s, %s %s/%s", v.Version, v.Go, v.OS, v.Arch)
}

// print writes the version for people.
func (v *buildVersion) print(out io.Writer) error {
	modified := ""
	if v.Modified {
		modified = ", with changes that are not committed"
	}
	if _, err := fmt.Fprintf(out, "%s\nrevision %s, date %s%s\n", v.line(), v.Revision, v.Time, modified); err != nil {
		return err
	}
	for _, fw := range device.Firmwares() {
		_, err := fmt.Fprintf(out, "firmware %s: %s\n    MicroPython %s, Mbed TLS %s\n", fw.Name, fw.Description, fw.MicroPython, fw.MbedTLS)
		if err != nil {
			return err
		}
	}
	return nil
}
