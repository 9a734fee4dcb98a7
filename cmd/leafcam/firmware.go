package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/compare"
	"github.com/leafcam/leafcam/internal/grid"
	"github.com/leafcam/leafcam/internal/printable"
)

func newFirmware() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "firmware [FIRST SECOND]",
		Short: "list the firmware profiles, or show in what two of them differ",
		Long: `    $ leafcam firmware
    $ leafcam firmware openmv-5.0 micropython-1.29

Lists the firmwares that can be emulated, or says in what two of them behave differently and what
that means for those who connect. A version behaves as its profile in everything that was recorded
of it; --firmware takes both names.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 0 && len(args) != 2 {
				return usage(fmt.Errorf("%d profiles given: none lists them all, two are compared", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listFirmwares(cmd.OutOrStdout(), asJSON)
			}
			return compareFirmwares(cmd.OutOrStdout(), args[0], args[1], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func listFirmwares(out io.Writer, asJSON bool) error {
	type profile struct {
		Name        string   `json:"name"`
		Description string   `json:"description"`
		MicroPython string   `json:"micropython"`
		MbedTLS     string   `json:"mbedtls"`
		PEM         bool     `json:"pem"`
		Suites      []string `json:"cipher_suites"`
		Alike       []string `json:"alike"` // other names, of versions that behave the same
	}
	var list []profile
	for _, fw := range device.Firmwares() {
		alike := []string{}
		for _, v := range fw.Alike {
			alike = append(alike, v.Name)
		}
		list = append(list, profile{fw.Name, fw.Description, fw.MicroPython, fw.MbedTLS, fw.PEM, fw.CipherSuites(), alike})
	}
	if asJSON {
		return writeJSON(out, struct {
			Format    int       `json:"format"`
			Firmwares []profile `json:"firmwares"`
		}{outputFormat, list})
	}
	for i, project := range projects {
		t := grid.New("profile", "what it is", "MicroPython", "Mbed TLS", "behave the same")
		for _, p := range list {
			if ofProject(p.Name) == project {
				t.Append(p.Name, p.Description, p.MicroPython, p.MbedTLS, strings.Join(p.Alike, ", "))
			}
		}
		if err := writeGroup(out, i, fmt.Sprintf("firmware of %s:", project), t); err != nil {
			return err
		}
	}
	return nil
}

// projects are in the order in which their boards and firmwares are listed.
var projects = []device.Project{device.OpenMV, device.MicroPython}

// ofProject returns the project that a profile is called by.
func ofProject(firmware string) device.Project {
	if strings.HasPrefix(firmware, strings.ToLower(string(device.OpenMV))) {
		return device.OpenMV
	}
	return device.MicroPython
}

// writeGroup prints one of several tables, under its title.
func writeGroup(out io.Writer, number int, title string, t *grid.Grid) error {
	if number > 0 {
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, title)
	return t.Write(out, tableOptions(out).Width)
}

func compareFirmwares(out io.Writer, first, second string, asJSON bool) error {
	a, err := device.FirmwareByName(first)
	if err != nil {
		return usage(err)
	}
	b, err := device.FirmwareByName(second)
	if err != nil {
		return usage(err)
	}
	list := compare.Differences(a, b)
	t := grid.New("subject", a.Name, b.Name, "what it means")
	const narrow, wide = 32, 44
	t.Separate, t.Widest = true, []int{narrow, narrow, narrow, wide}
	for _, d := range list {
		t.Append(d.Subject, d.First, d.Second, d.Meaning)
	}
	if len(list) == 0 && !asJSON {
		_, err := fmt.Fprintf(out, "%s and %s behave alike\n", a.Name, b.Name)
		return err
	}
	return render(out, asJSON, struct {
		Format      int                  `json:"format"`
		Differences []compare.Difference `json:"differences"`
	}{outputFormat, append([]compare.Difference{}, list...)}, t)
}

// outputFormat is the version of the JSON forms of lists and written files. Fields are added within
// a format; they change their meaning or go away only with a new number.
const outputFormat = 1

// render prints either form of a result.
func render(out io.Writer, asJSON bool, data any, t *grid.Grid) error {
	if !asJSON {
		return t.Write(out, tableOptions(out).Width)
	}
	return writeJSON(out, data)
}

// writeJSON prints a result for machines.
func writeJSON(out io.Writer, data any) error {
	enc := json.NewEncoder(printable.JSONWriter(out))
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(data)
}
