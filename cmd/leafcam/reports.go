package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// onStdout in the place of a file's path is standard output.
const onStdout = "-"

// A reportFile is where a report in some form goes.
type reportFile struct{ form, path string }

// reportFiles are those of the flag --report. They are looked at before anything runs.
type reportFiles []reportFile

// parseReports reads FORM=FILE, with one of the forms. asJSON says that the result goes to standard output in JSON.
func parseReports(given, forms []string, asJSON bool) (list reportFiles, err error) {
	for _, r := range given {
		form, path, ok := strings.Cut(r, "=")
		if !ok || path == "" || !slices.Contains(forms, form) {
			return nil, usage(fmt.Errorf("--report %s: give FORM=FILE, with one of the forms %s", r, strings.Join(forms, ", ")))
		}
		switch {
		case path != onStdout:
			if err := replaceable(path); err != nil {
				return nil, err
			}
			if list.has(path) {
				return nil, usage(fmt.Errorf("--report %s: another report goes to that file", r))
			}
		case list.toStdout():
			return nil, usage(fmt.Errorf("--report %s: one report alone can go to standard output", r))
		case asJSON:
			return nil, usage(fmt.Errorf("--report %s: with --json, standard output is taken; --report json=- is the same as --json", r))
		}
		list = append(list, reportFile{form, path})
	}
	return list, nil
}

// has reports whether a report goes to a file, whatever it is called.
func (list reportFiles) has(path string) bool {
	return slices.ContainsFunc(list, func(f reportFile) bool { return f.path != onStdout && placeOf(f.path) == placeOf(path) })
}

// placeOf is the path of a file in a folder that is named without links.
func placeOf(path string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, filepath.Base(path))
}

// replaceable is an error for a report in the place of what is no regular file, or in a folder that is none.
func replaceable(path string) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil {
		return usage(fmt.Errorf("--report: %w", err))
	} else if !info.IsDir() {
		return usage(fmt.Errorf("--report: %s is no folder", dir))
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil // nothing is there, or writing will say what
	}
	if err := inputfile.Regular(path, info); err != nil {
		return usage(fmt.Errorf("--report: %w", err))
	}
	return nil
}

// toStdout reports whether a report goes to standard output, which has nothing else then.
func (list reportFiles) toStdout() bool {
	return slices.ContainsFunc(list, func(f reportFile) bool { return f.path == onStdout })
}

// screen is where everything goes that people read: standard output, unless a report goes there.
func (list reportFiles) screen(stdout, messages io.Writer) io.Writer {
	if list.toStdout() {
		return messages
	}
	return stdout
}

// write writes the reports, each at once or not at all.
func (list reportFiles) write(stdout io.Writer, write func(w io.Writer, form string) error) error {
	var failed []error // one that cannot be written keeps no other back
	for _, f := range list {
		var b bytes.Buffer
		err := write(&b, f.form)
		switch {
		case err != nil:
		case f.path == onStdout:
			_, err = stdout.Write(b.Bytes())
		default:
			err = atomicfile.Replace(f.path, b.Bytes(), atomicfile.Public)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("--report %s=%s: %w", f.form, f.path, err))
		}
	}
	if len(failed) > 0 {
		return environment(errors.Join(failed...))
	}
	return nil
}
