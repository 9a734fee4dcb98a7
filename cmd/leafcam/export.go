package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leafcam/leafcam/certs/delivery"
)

// checkFormats returns what is wrong with the flags of further forms.
func (o convertOptions) checkFormats() error {
	for _, format := range o.formats {
		if !slices.Contains(delivery.Exports(), delivery.Export(format)) {
			return fmt.Errorf("--format %s: give one of %s", format, formatNames())
		}
	}
	if o.pkcs12Password != "" && !slices.Contains(o.formats, string(delivery.ExportPKCS12)) {
		return errors.New("--pkcs12-password-file belongs to --format pkcs12")
	}
	return nil
}

func formatNames() string {
	var names []string
	for _, e := range delivery.Exports() {
		names = append(names, string(e))
	}
	return strings.Join(names, ", ")
}

// export adds the further forms of the camera's files that are wanted.
func (o convertOptions) export(ctx context.Context, d *delivery.Delivery, files []delivery.File) ([]delivery.File, error) {
	camera := slices.Clone(files)
	for _, form := range delivery.Exports() {
		if !slices.Contains(o.formats, string(form)) {
			continue
		}
		var password []byte
		if form == delivery.ExportPKCS12 {
			var err error
			if password, err = newPassword(ctx, o.pkcs12Password); err != nil {
				return nil, usage(fmt.Errorf("--format %s: %w", form, err))
			}
		}
		file, err := d.Export(form, camera, string(password))
		if err != nil {
			return nil, &statusError{exitFindings, fmt.Errorf("%w; nothing was written", err)}
		}
		files = append(files, file)
	}
	return files, nil
}

// newPassword returns the password of a file that is to be written: from a file, or typed twice.
func newPassword(ctx context.Context, file string) ([]byte, error) {
	if file != "" {
		o := passwordOptions{file: file}
		password, err := o.fromFile("", false)
		if err == nil && (len(password) == 0 || !utf8.Valid(password)) {
			err = fmt.Errorf("%s: its first line is no password: give some characters in UTF-8", file)
		}
		return password, err
	}
	first, err := fromTerminal(ctx, delivery.PKCS12File+", a new one", false)
	switch {
	case errors.Is(err, errNoTerminal):
		return nil, errors.New("it needs a password: give --pkcs12-password-file, or run it on a terminal")
	case err != nil:
		return nil, err
	case len(first) == 0:
		return nil, errors.New("an empty password protects nothing")
	}
	again, err := fromTerminal(ctx, delivery.PKCS12File+", once more", false)
	if err != nil {
		return nil, err
	}
	if string(first) != string(again) {
		return nil, errors.New("the two passwords differ; nothing was written")
	}
	return first, nil
}

// intermediates counts the files of the second load.
func intermediates(files []delivery.File) int {
	n := 0
	for slices.ContainsFunc(files, func(f delivery.File) bool { return f.Name == delivery.IntermediateFile(n+1) }) {
		n++
	}
	return n
}

// A chosenLeaf is a certificate that was meant, or could have been, in JSON.
type chosenLeaf struct {
	File     string   `json:"file"`
	Where    string   `json:"where"` // "" when it is the file
	Serial   string   `json:"serial"`
	Names    []string `json:"names"`
	NotAfter string   `json:"not_after"`
}

// leafOf returns the leaf of a delivery, or nil.
func leafOf(d *delivery.Delivery) *chosenLeaf {
	if d == nil {
		return nil
	}
	for _, item := range d.Items {
		if item.Use == delivery.UseLeaf {
			leaf := describeLeaf(item)
			return &leaf
		}
	}
	return nil
}

// passedOver returns what could have been the leaf, too.
func passedOver(d *delivery.Delivery) []chosenLeaf {
	list := []chosenLeaf{}
	if d != nil {
		for _, item := range d.Generations {
			list = append(list, describeLeaf(item))
		}
	}
	return list
}

func describeLeaf(item *delivery.Item) chosenLeaf {
	leaf := chosenLeaf{File: item.File, Where: item.Where, Names: append([]string{}, item.Certificate().Names()...)}
	if c := item.Certificate().Parsed; c != nil {
		leaf.Serial, leaf.NotAfter = c.SerialNumber.Text(16), c.NotAfter.UTC().Format(time.RFC3339)
	}
	return leaf
}
