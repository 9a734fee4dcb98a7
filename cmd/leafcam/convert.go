package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/printable"
)

// convertOptions are the flags of convert.
type convertOptions struct {
	out      string
	force    bool
	json     bool
	password passwordOptions
}

func newConvert() *cobra.Command {
	var o convertOptions
	cmd := &cobra.Command{
		Use:   "convert DELIVERY... --out DIR",
		Short: "write the files that the camera loads, and those for its cures",
		Long: `    $ leafcam convert /etc/letsencrypt/live/cam.example.com --out camera
    $ leafcam convert cam.zip cam.key --out camera

Reads a delivery as leafcam check does and writes

    server.der, server.key.der    for the camera, in forms that every firmware loads
    intermediate-N.der            for the second load
    chain.pem, fullchain.pem      for a gateway, or a firmware that reads PEM

A delivery of which a part is damaged or cut off is not converted. The key is readable by its owner
alone. A file that is there already is left alone: when its content is another, nothing at all is
written, unless --force is given.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return convert(cmd.Context(), o, args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "`DIR` to write into; it is made when it does not exist")
	f.BoolVar(&o.force, "force", false, "replace files with another content")
	f.BoolVar(&o.json, "json", false, "print JSON")
	o.password.register(f)
	return cmd
}

func convert(ctx context.Context, o convertOptions, args []string, out io.Writer) error {
	if o.out == "" {
		return usage(errors.New("name the folder for the files with --out"))
	}
	d, err := delivery.Read(ctx, args, delivery.Options{Password: o.password.ask(ctx)})
	if err == nil {
		err = d.Problem
	}
	if err != nil {
		return deliveryError(err)
	}
	for _, item := range d.Items {
		if item.Damaged {
			return &statusError{exitFindings, fmt.Errorf("%s: %s; nothing was written", item, item.Note)}
		}
	}
	files, err := d.CameraFiles()
	if err != nil {
		return usage(err)
	}
	// The camera has the last word before anything is written.
	if err := device.NewSSLContext(device.OpenMV50).LoadCertChain(files[0].Data, files[1].Data); err != nil {
		return &statusError{
			exitFindings,
			fmt.Errorf("the camera does not load this delivery (%w); leafcam check %s says why", err, strings.Join(args, " ")),
		}
	}
	return writeFiles(o.out, files, o.force, o.json, delivery.LoadingLines(len(d.Chain)), out)
}

// writtenFile is a file of a command's result.
type writtenFile struct {
	File    string `json:"file"`
	Octets  int    `json:"octets"`
	Mode    string `json:"mode"`
	Written bool   `json:"written"` // false when it was there already
}

// writeFiles writes files, lists them, and shows the lines that load them.
func writeFiles(dir string, files []delivery.File, force, asJSON bool, lines []string, out io.Writer) error {
	written, err := delivery.WriteFiles(dir, files, force)
	switch {
	case errors.Is(err, atomicfile.ErrExists):
		return usage(fmt.Errorf("%w; nothing was written: choose another --out, or --force", err))
	case err != nil:
		return environment(err)
	}
	var list []writtenFile
	t := newTable("file", "octets", "mode", "")
	for _, f := range files {
		w := writtenFile{filepath.Join(dir, f.Name), len(f.Data), fmt.Sprintf("%04o", f.Mode), slices.Contains(written, f.Name)}
		note := "written"
		if !w.Written {
			note = "was there already, the same"
		}
		list = append(list, w)
		t.AppendRow(table.Row{printable.Visible(w.File), w.Octets, w.Mode, note})
	}
	if asJSON {
		return writeJSON(out, struct {
			Format      int           `json:"format"`
			Files       []writtenFile `json:"files"`
			MicroPython []string      `json:"micropython"`
		}{outputFormat, list, append([]string{}, lines...)})
	}
	fmt.Fprintln(out, t.Render())
	if len(lines) == 0 {
		return nil
	}
	fmt.Fprintln(out, "\nOn the camera:")
	for i, line := range lines {
		if i == 3 {
			fmt.Fprintln(out, "and, for clients that do not find the missing issuer themselves, the second load:")
		}
		fmt.Fprintln(out, "    "+line)
	}
	return nil
}
