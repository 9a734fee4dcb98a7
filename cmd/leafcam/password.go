package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/inputfile"
	"github.com/leafcam/leafcam/internal/printable"
)

// passwordOptions say where passwords come from: never from the command line, which others on
// the machine can read.
type passwordOptions struct{ file string }

func (o *passwordOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.file, "password-file", "",
		"`FILE` whose first line is the password of PKCS#12 files and encrypted keys; asked on the terminal otherwise")
}

// readable returns why the file with the password cannot be read.
func (o *passwordOptions) readable() error {
	if o.file == "" {
		return nil
	}
	if _, err := o.fromFile("", false); err != nil {
		return fmt.Errorf("--password-file: %w", err)
	}
	return nil
}

// delivery returns how a delivery is read, of whose certificates one for the host, or that leaf, is meant.
func (o *passwordOptions) delivery(ctx context.Context, host, leaf string) (delivery.Options, error) {
	if err := o.readable(); err != nil {
		return delivery.Options{}, usage(err)
	}
	return delivery.Options{Password: o.ask(ctx), PasswordGiven: o.file != "", Host: host, Leaf: leaf}, nil
}

// readWhole reads a delivery in which nothing is wrong as a whole.
func readWhole(ctx context.Context, paths []string, o delivery.Options) (*delivery.Delivery, error) {
	d, err := delivery.Read(ctx, paths, o)
	if err != nil {
		return nil, deliveryError(err, nil)
	}
	if d.Problem != nil {
		return nil, deliveryError(d.Problem, d)
	}
	return d, nil
}

// ask returns what asks for the password of a file, until the context ends.
func (o *passwordOptions) ask(ctx context.Context) func(file string, again bool) ([]byte, error) {
	if o.file != "" {
		return o.fromFile
	}
	return func(file string, again bool) ([]byte, error) { return fromTerminal(ctx, file, again) }
}

func (o *passwordOptions) fromFile(_ string, again bool) ([]byte, error) {
	if again {
		return nil, fmt.Errorf("the one in %s is wrong", o.file)
	}
	text, err := inputfile.Read(o.file, inputfile.Small)
	if err != nil {
		return nil, err
	}
	text, _, err = transform.Bytes(unicode.BOMOverride(transform.Nop), text) // Notepad and PowerShell write UTF-16
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.file, err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

var errNoTerminal = errors.New("give --password-file, or run it on a terminal")

func fromTerminal(ctx context.Context, file string, again bool) ([]byte, error) {
	stdin := int(os.Stdin.Fd())
	if !term.IsTerminal(stdin) {
		return nil, errNoTerminal
	}
	if again {
		fmt.Fprintln(os.Stderr, "that was not it")
	}
	fmt.Fprintf(os.Stderr, "password of %s: ", printable.Visible(file))
	defer fmt.Fprintln(os.Stderr)
	visible, err := term.GetState(stdin)
	if err != nil {
		return nil, err
	}
	type answer struct {
		password []byte
		err      error
	}
	typed := make(chan answer, 1)
	go func() {
		password, err := term.ReadPassword(stdin)
		typed <- answer{password, err}
	}()
	select {
	case a := <-typed:
		return a.password, a.err
	case <-ctx.Done(): // nobody ends the reading, but the command ends
		awaitHidden(stdin, visible)
		return nil, errors.Join(ctx.Err(), term.Restore(stdin, visible))
	}
}

// awaitHidden waits until the terminal hides what is typed: a reading that has just begun would hide it
// after everything was restored.
func awaitHidden(stdin int, visible *term.State) {
	for end := time.Now().Add(endsWithin / 2); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if now, err := term.GetState(stdin); err != nil || !reflect.DeepEqual(now, visible) {
			return
		}
	}
}
