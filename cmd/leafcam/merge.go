package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/hostsim"
)

func newMerge() *cobra.Command {
	var o matrixOptions
	cmd := &cobra.Command{
		Use:   "merge PART...",
		Short: "join the parts of a matrix that several machines have run",
		Long: `    $ leafcam matrix --shard 2/5 --report json=part-2.json   on the second of five machines
    $ leafcam merge part-*.json --report html=matrix.html --report junit=matrix.xml
    $ leafcam merge part-*.json --expect before.json          did anything change?

Joins the JSON of all parts of a run into one matrix, prints it as leafcam matrix does, and ends with the
same exit status. Every part has to be there, once, and all have to be of one run: the same host, firmware,
scenarios, clients and files. With a test PKI each part has had its own.

--report writes FORM=FILE, with the forms html, json, junit and markdown; json is a whole matrix, for
--expect. FILE is a regular file, or - for standard output: the table goes to standard error then. With
--expect, the JUnit report fails what has changed, and nothing else.

Exit status 1 means that some client does not complete the chain with the leaf alone, or that
a verdict is missing; with --expect, that a cell is not as it was; with --must, that one of those clients
does not connect. Parts that are not one whole run end with 2.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return merge(o, args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.reports, "report", nil, "write a report, as `FORM=FILE`; may be repeated")
	f.Var(filled{&o.expect}, "expect", "`FILE` with an earlier matrix in JSON: tell what has changed since")
	o.must.register(f)
	f.BoolVar(&o.json, "json", false, "print JSON, described in hostsim/MATRIX.md")
	return cmd
}

func merge(o matrixOptions, paths []string, out, messages io.Writer) error {
	if _, err := o.must.scenario(); err != nil {
		return err
	}
	if _, err := o.must.resolve(); err != nil {
		return err
	}
	outputs, err := o.outputs()
	if err != nil {
		return err
	}
	var parts []hostsim.Part
	for _, path := range paths {
		m, err := readMatrix(path)
		if err != nil {
			return usage(err)
		}
		parts = append(parts, hostsim.Part{Name: path, Matrix: m})
	}
	m, err := hostsim.Merge(parts)
	switch {
	case err != nil:
		return usage(err)
	case len(m.Rows) == 0:
		return environment(errors.New("no client to run: the parts have none"))
	}
	if err := o.must.askedIn(m); err != nil {
		return err
	}
	if err := outputs.comparableWith(m); err != nil {
		return err
	}
	return o.result(m, outputs, out, messages)
}
