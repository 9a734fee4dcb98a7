package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// unknownCommand is the error for a word that is no command, with those that are nearest.
func unknownCommand(root *cobra.Command, word string) error {
	said := fmt.Sprintf("unknown command %q for %q", word, root.Name())
	if near := nearest(word, commandNames(root)); near != "" {
		said += fmt.Sprintf("; did you mean %q?", near)
	}
	return errors.New(said)
}

func commandNames(root *cobra.Command) (names []string) {
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// unknownFlag adds to pflag's error for an option that a command does not have the one that is nearest.
func unknownFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := nearest(unknown.GetSpecifiedName(), names); near != "" {
		return fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	return err
}

// nearest returns the name that a word was most likely meant to be; "" where none is near.
func nearest(word string, names []string) (near string) {
	word = strings.ToLower(word)
	const most = 2 // letters that differ
	best := min(most, max(1, len(word)/2)) + 1
	for _, name := range names {
		d := levenshtein.ComputeDistance(word, name)
		if len(word) >= 3 && strings.HasPrefix(name, word) {
			d = 1
		}
		if d < best {
			best, near = d, name
		}
	}
	return near
}
