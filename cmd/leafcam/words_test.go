package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/preflight"
)

// avoided are words and turns that readers stumble over, with what says the same.
var avoided = map[string]*regexp.Regexp{
	`say who it is, "no client", "you"`: regexp.MustCompile(`(?i)\b(nobody|somebody|anybody)\b`),
	`"again"`:                           regexp.MustCompile(`(?i)\banew\b`),
	`"is available", "download it"`:     regexp.MustCompile(`(?i)\b(is|are|be) (to be )?had\b|\bto be had\b`),
	`"also", "as well"`:                 regexp.MustCompile(`, too\b`),
	`"fix"`:                             regexp.MustCompile(`(?i)\bmend(s|ed|ing)?\b`),
	`"belongs to another certificate"`:  regexp.MustCompile(`(?i)\banother one's\b`),
	`"is at fault"`:                     regexp.MustCompile(`(?i)\bstands? in the way\b`),
}

// TestPlainWords: help, findings, README and guides are written in plain English.
func TestPlainWords(t *testing.T) {
	for where, text := range readTexts(t) {
		for instead, words := range avoided {
			for line := range strings.Lines(text) {
				if words.MatchString(line) {
					t.Errorf("%s: better %s: %s", where, instead, strings.TrimSpace(line))
				}
			}
		}
	}
}

// readTexts are the texts that people read first, by where they stand.
func readTexts(t *testing.T) map[string]string {
	texts := map[string]string{}
	for _, c := range everyCommand(t) {
		text := c.Short + "\n" + c.Long + "\n"
		c.Flags().VisitAll(func(f *pflag.Flag) { text += f.Usage + "\n" })
		texts["help of "+c.Name()] = text
	}
	for _, r := range preflight.Rules() {
		texts["finding "+string(r.Code)] = r.Summary + "\n" + r.Cause + "\n" + r.Fix
	}
	texts["README.md"] = readDoc(t, "README.md")
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "docs"), func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if strings.HasSuffix(d.Name(), ".md") {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			texts[d.Name()] = string(data)
		}
		return nil
	}))
	return texts
}
