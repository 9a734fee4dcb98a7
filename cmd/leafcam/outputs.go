package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// matrixOutputs are what goes into files, and the earlier matrix. Both are looked at before
// anything runs: a run takes too long to end with a misspelt name.
type matrixOutputs struct {
	files  []reportFile
	before *hostsim.Matrix
}

type reportFile struct{ form, path string }

// replaceable is an error for a report in the place of what is no regular file.
func replaceable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil // nothing is there, or writing will say what
	}
	if err := inputfile.Regular(path, info); err != nil {
		return usage(fmt.Errorf("--report: %w", err))
	}
	return nil
}

func (o matrixOptions) outputs() (*matrixOutputs, error) {
	out := &matrixOutputs{}
	for _, r := range o.reports {
		form, path, ok := strings.Cut(r, "=")
		if !ok || path == "" || !slices.Contains(report.Forms(), form) {
			return nil, usage(fmt.Errorf("--report %s: give FORM=FILE, with one of the forms %s", r, strings.Join(report.Forms(), ", ")))
		}
		if err := replaceable(path); err != nil {
			return nil, err
		}
		out.files = append(out.files, reportFile{form, path})
	}
	if o.expect == "" {
		return out, nil
	}
	text, err := inputfile.Read(o.expect, inputfile.Large)
	if err != nil {
		return nil, usage(fmt.Errorf("--expect: %w", err))
	}
	if out.before, err = hostsim.ReadMatrix(bytes.NewReader(text)); err != nil {
		return nil, usage(fmt.Errorf("--expect %s: %w", o.expect, err))
	}
	return out, nil
}

// write writes the reports, each at once or not at all.
func (out *matrixOutputs) write(m *hostsim.Matrix) error {
	for _, f := range out.files {
		var b bytes.Buffer
		if err := report.Write(&b, f.form, m); err != nil {
			return err
		}
		if err := atomicfile.Replace(f.path, b.Bytes(), atomicfile.Public); err != nil {
			return err
		}
	}
	return nil
}

// addGrid adds the browsers of a WebDriver grid.
func (o matrixOptions) addGrid(ctx context.Context, r *hostsim.Runner) error {
	if o.webdriver == "" {
		if o.capabilities != "" {
			return usage(errors.New("--webdriver-capabilities belongs to a --webdriver"))
		}
		return nil
	}
	var capabilities map[string]any
	if o.capabilities != "" {
		text, err := inputfile.Read(o.capabilities, inputfile.Small)
		if err != nil {
			return usage(err)
		}
		if err := json.Unmarshal(text, &capabilities); err != nil {
			return usage(fmt.Errorf("%s: %w", o.capabilities, err))
		}
	}
	browsers, err := clients.WebDriver(ctx, o.webdriver, capabilities)
	if err != nil {
		return environment(err)
	}
	r.Clients = append(r.Clients, browsers...)
	return nil
}
