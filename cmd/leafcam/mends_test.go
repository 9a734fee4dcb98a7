package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/preflight"
)

// mendedCommand is a command in a text: its words are arguments in capitals and flags.
var mendedCommand = regexp.MustCompile(`leafcam ([a-z]+)((?: (?:--[a-z-]+|[A-Z]+)\b)*)`)

// TestMendsRun: each command that a finding names is one, and those that are given with arguments run.
func TestMendsRun(t *testing.T) {
	inFolderWithFiles(t)
	ran := map[string]bool{}
	for _, rule := range preflight.Rules() {
		for _, m := range mendedCommand.FindAllStringSubmatch(rule.Cause+"\n"+rule.Fix, -1) {
			command, _, err := newRoot().Find(m[1:2])
			require.NoError(t, err, rule.Code)
			require.Equal(t, m[1], command.Name(), rule.Code)
			words := strings.Fields(m[2])
			if len(words) == 0 {
				continue // named as a command, without what it is given
			}
			require.NoError(t, command.ParseFlags(words), "%s: %s", rule.Code, m[0])
			require.NoError(t, command.ValidateArgs(command.Flags().Args()), "%s: %s", rule.Code, m[0])
			args := m[1:2:2]
			for _, word := range words {
				switch word {
				case "NAME":
					word = "cam.example.com"
				case "DIR":
					word = filepath.Join(t.TempDir(), "out")
				case "DELIVERY":
					args = append(args, "full.pem")
					word = "leaf.key.pem"
				}
				args = append(args, word)
			}
			var out, messages bytes.Buffer
			require.Equal(t, exitFine, run(t.Context(), args, &out, &messages), "%s: %s: %s", rule.Code, m[0], messages.String())
			ran[m[1]] = true
		}
	}
	require.Equal(t, map[string]bool{"check": true, "convert": true, "csr": true}, ran)
}
