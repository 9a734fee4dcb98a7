package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// matrixOutputs are what goes into files, and the earlier matrix. Both are looked at before
// anything runs: a run takes too long to end with a misspelt name.
type matrixOutputs struct {
	files  reportFiles
	before *hostsim.Matrix
}

func (o matrixOptions) outputs() (*matrixOutputs, error) {
	out := &matrixOutputs{}
	var err error
	if out.files, err = parseReports(o.reports, report.Forms(), o.json); err != nil {
		return nil, err
	}
	if o.expect == "" {
		return out, nil
	}
	out.before, err = readMatrix(o.expect)
	if err != nil {
		return nil, usage(fmt.Errorf("--expect %w", err))
	}
	if s := out.before.Shard; s != nil {
		return nil, usage(fmt.Errorf("--expect %s: it is part %d of %d of a run: leafcam merge joins them", o.expect, s.Index, s.Of))
	}
	return out, nil
}

// comparable is an error where a run of clients in scenarios has no cell that the earlier matrix has.
func (out *matrixOutputs) comparable(list []*hostsim.Client, scenarios []hostsim.Scenario) error {
	if len(scenarios) == 0 {
		scenarios = hostsim.StandardSet()
	}
	m := &hostsim.Matrix{Scenarios: scenarios}
	for _, c := range list {
		m.Rows = append(m.Rows, hostsim.Row{Client: c.Name})
	}
	return out.comparableWith(m)
}

// comparableWith is an error where the earlier matrix has none of the cells of a matrix, or of one that will be.
func (out *matrixOutputs) comparableWith(m *hostsim.Matrix) error {
	if out.before == nil {
		return nil
	}
	for _, row := range m.Rows {
		before := out.before.Row(row.Client)
		if before != nil && slices.ContainsFunc(m.Scenarios, func(s hostsim.Scenario) bool { return before.Cell(s.Name) != nil }) {
			return nil
		}
	}
	return usage(errors.New("--expect: the earlier matrix has none of these clients in these scenarios: there is nothing to compare"))
}

// readMatrix reads a matrix in JSON. The error names the file.
func readMatrix(path string) (*hostsim.Matrix, error) {
	text, err := inputfile.Read(path, inputfile.Large)
	if err != nil {
		return nil, err
	}
	m, err := hostsim.ReadMatrix(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// write writes the reports, each at once or not at all.
func (out *matrixOutputs) write(stdout io.Writer, m *hostsim.Matrix) error {
	return out.files.write(stdout, func(w io.Writer, form string) error {
		if out.before != nil {
			return report.WriteSince(w, form, out.before, m)
		}
		return report.Write(w, form, m)
	})
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
