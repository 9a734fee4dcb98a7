package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// A keysError is that of a delivery without a certificate to be checked, in which there are private keys that
// should be elsewhere.
type keysError struct {
	report *preflight.Report
	err    error
}

func (e *keysError) Error() string { return e.err.Error() }
func (e *keysError) Unwrap() error { return e.err }

// orKeys adds to the error of a delivery the private keys in it, where they should be elsewhere.
func (o checkOptions) orKeys(err error, d *delivery.Delivery) error {
	if !o.keyElsewhere {
		return err
	}
	if r := preflight.KeysHere(d); r.Finding(preflight.CodePrivateKeyHere) != nil {
		return &keysError{r, err}
	}
	return err
}

// findKeys looks for private keys in files and folders of any kind.
func (o checkOptions) findKeys(ctx context.Context, paths []string, files reportFiles, stdout, messages io.Writer) error {
	if len(paths) == 0 {
		return usage(errors.New("name files or folders in which no private key should be"))
	}
	r, err := preflight.FindKeys(ctx, paths)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return usage(err)
	case err != nil:
		return environment(err)
	}
	return o.showKeys(r, files, stdout, messages)
}

// showKeys prints a report of private keys, and returns what the command ends with.
func (o checkOptions) showKeys(r *preflight.Report, files reportFiles, stdout, messages io.Writer) error {
	out := files.screen(stdout, messages)
	if o.json {
		if err := writeJSON(out, r); err != nil {
			return environment(err)
		}
	} else {
		printKeys(out, r)
	}
	if err := files.write(stdout, func(w io.Writer, form string) error { return checkForms[form](w, r) }); err != nil {
		return err
	}
	if r.Errors() > 0 || o.failOn == string(preflight.SeverityWarning) && r.Count(preflight.SeverityWarning) > 0 {
		return errFindings
	}
	return nil
}

// printKeys names the private keys, a line each, and what to do about them.
func printKeys(out io.Writer, r *preflight.Report) {
	for _, f := range r.Findings {
		fmt.Fprintf(out, "%s: %s [%s]\n", f.Severity, f.Title, f.Code)
	}
	if f := r.Finding(preflight.CodePrivateKeyHere); f != nil {
		fmt.Fprintf(out, "%s. Fix: %s\n", f.Cause, f.Fix)
		return
	}
	fmt.Fprintln(out, "no private key was found")
}
