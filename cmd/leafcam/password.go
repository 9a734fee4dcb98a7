package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// passwordOptions say where passwords come from: never from the command line, which others on
// the machine can read.
type passwordOptions struct{ file string }

func (o *passwordOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.file, "password-file", "", "`FILE` whose first line is the password of PKCS#12 files and encrypted keys; asked on the terminal otherwise")
}

// ask returns the password of a file.
func (o *passwordOptions) ask(file string, again bool) ([]byte, error) {
	if o.file != "" {
		if again {
			return nil, fmt.Errorf("the one in %s is wrong", o.file)
		}
		text, err := os.ReadFile(o.file)
		if err != nil {
			return nil, err
		}
		line, _, _ := bytes.Cut(text, []byte("\n"))
		return bytes.TrimSuffix(line, []byte("\r")), nil
	}
	stdin := int(os.Stdin.Fd())
	if !term.IsTerminal(stdin) {
		return nil, errors.New("give --password-file, or run it on a terminal")
	}
	if again {
		fmt.Fprintln(os.Stderr, "that was not it")
	}
	fmt.Fprintf(os.Stderr, "password of %s: ", file)
	defer fmt.Fprintln(os.Stderr)
	return term.ReadPassword(stdin)
}
