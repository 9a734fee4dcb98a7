package preflight_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestNamesThatActOnATerminal: whoever makes a certificate or a file chooses its name, and what is shown
// of it acts on nothing.
func TestNamesThatActOnATerminal(t *testing.T) {
	for kind, evil := range map[string]string{
		"an escape sequence": "\x1b[2J", "a C1 character": "\u009b2J", "another direction": "\u202e", "no width": "\u200b",
		"a line": "\n", "a separator": "\u2028", "a tag": "\U000e0041", "delete": "\x7f",
	} {
		name := "x" + evil + "y"
		for place, tc := range map[string]struct{ issuer, intermediate, common, dns, file string }{
			"the issuer's name":       {issuer: name},
			"an intermediate's name":  {intermediate: name},
			"the leaf's common name":  {common: name},
			"an alternative name":     {dns: name},
			"a file's name":           {file: name},
			"all names of a delivery": {name, name, name, "", name},
		} {
			if tc.dns != "" && evil[0] >= 0x80 {
				continue // an IA5String has none
			}
			t.Run(kind+" in "+place, func(t *testing.T) {
				dir := t.TempDir()
				root := newAuthority(t, "root"+tc.issuer)
				middle := newAuthority(t, "middle"+tc.intermediate)
				leafKey := newAuthority(t, "")
				template := middle.template("leaf"+tc.common, "cam.example.com")
				if tc.dns != "" {
					template.DNSNames = append(template.DNSNames, tc.dns)
				}
				if tc.common != "" {
					template.DNSNames = nil
				}
				leaf := middle.issue(t, template, &leafKey.key.PublicKey)
				for file, content := range map[string][]byte{
					"leaf" + tc.file + ".cer":   leaf.Raw,
					"middle" + tc.file + ".cer": root.sign(t, 2, middle.name, &middle.key.PublicKey).Raw,
					"other" + tc.file + ".txt":  []byte("nothing"),
				} {
					require.NoError(t, os.WriteFile(filepath.Join(dir, file), content, 0o600))
				}
				r := checkInTime(t, dir, preflight.Options{Host: "other.example.com"})
				for _, width := range []int{80, 120} {
					var shown bytes.Buffer
					preflight.Text(&shown, r, preflight.TextOptions{Width: width})
					requireInert(t, shown.String(), evil)
				}
				var sarif bytes.Buffer
				require.NoError(t, preflight.SARIF(&sarif, r))
				for _, f := range r.Findings {
					requireInert(t, f.Title, evil)
					for _, s := range f.Symptoms {
						requireInert(t, s.Message, evil)
					}
				}
				var log struct {
					Runs []struct {
						Results []struct{ Message struct{ Text string } }
					}
				}
				require.NoError(t, json.Unmarshal(sarif.Bytes(), &log))
				for _, result := range log.Runs[0].Results {
					requireInert(t, result.Message.Text, evil)
				}
				requireInert(t, strings.Join(append(r.Path, r.Root, r.Certificate.Title, r.Certificate.Issuer), " "), evil)
				requireInert(t, strings.Join(r.Certificate.Names, " "), evil)
			})
		}
	}
}

// requireInert fails where a text has those characters as they are. A line ends with one of them anyway,
// but none does in the middle of a name.
func requireInert(t *testing.T, shown, evil string) {
	t.Helper()
	if evil == "\n" {
		evil = "x\ny"
	}
	require.NotContains(t, shown, evil)
}
