package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/report"
)

// part makes a run the part of it that --shard names.
func (o matrixOptions) part(r hostsim.Runner) (hostsim.Runner, error) {
	if o.shard == "" {
		return r, nil
	}
	index, of, err := hostsim.ParseShard(o.shard)
	if err == nil {
		r, err = r.Part(index, of)
	}
	if err != nil {
		return r, usage(fmt.Errorf("--shard %s: %w", o.shard, err))
	}
	return r, nil
}

// result prints a matrix, writes its reports, and returns what the command ends with.
func (o matrixOptions) result(m *hostsim.Matrix, outputs *matrixOutputs, stdout, messages io.Writer) error {
	out := outputs.files.screen(stdout, messages)
	switch {
	case o.json:
		if err := report.JSON(out, m); err != nil {
			return environment(err)
		}
	case len(m.Rows) == 0:
		fmt.Fprintf(out, "part %d of %d has no client\n", m.Shard.Index, m.Shard.Of)
	default:
		printMatrix(out, m)
		fmt.Fprintln(out)
		if m.Shard != nil {
			fmt.Fprintf(out, "part %d of %d: leafcam merge joins them\n", m.Shard.Index, m.Shard.Of)
		}
		var account bytes.Buffer
		report.Held(&account, m)
		report.Time(&account, m)
		for line := range strings.Lines(account.String()) {
			wrap(out, strings.TrimSuffix(line, "\n"))
		}
	}
	if o.commands {
		report.Commands(out, m)
	}
	if err := outputs.write(stdout, m); err != nil {
		return err
	}
	if outputs.before == nil && len(o.must.names) > 0 {
		return o.must.status(m, messages)
	}
	if outputs.before == nil {
		return matrixStatus(m)
	}
	changes := report.Compare(outputs.before, m)
	report.Changes(messages, changes)
	if err := o.must.status(m, messages); err != nil {
		return err
	}
	if len(changes) > 0 {
		return errFindings
	}
	return anyInstalled(m)
}
