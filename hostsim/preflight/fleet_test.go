package preflight_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// fleet writes devices of one CA, every tenth with the key of the one before.
func fleet(t testing.TB, devices int) (dir string, list string) {
	p := newPKI(t, 1)
	dir = t.TempDir()
	var b strings.Builder
	var last *certs.Identity
	require.NoError(t, os.WriteFile(filepath.Join(dir, "chain.pem"), certs.EncodePEM(append(p.Chain(), p.Root.Certificate)...), 0o600))
	for i := range devices {
		leaf := issue(t, p, certs.LeafOptions{DNS: []string{fmt.Sprintf("cam-%d.example.com", i)}})
		if i%10 == 9 {
			leaf = last
		}
		cert, key := filepath.Join(dir, fmt.Sprintf("%d.der", i)), filepath.Join(dir, fmt.Sprintf("%d.key", i))
		require.NoError(t, os.WriteFile(cert, leaf.DER(), 0o600))
		require.NoError(t, os.WriteFile(key, leaf.KeyDER(), 0o600))
		fmt.Fprintf(&b, "%s,%s\n", cert, key)
		last = leaf
	}
	return dir, b.String()
}

func TestFleet(t *testing.T) {
	_, list := fleet(t, 40)
	var lines []*preflight.FleetLine
	collect := func(l *preflight.FleetLine) error { lines = append(lines, l); return nil }
	summary, err := preflight.Fleet(t.Context(),
		strings.NewReader("cert,key,host\n# the east side\n\n"+list+"/no/such/folder\na,b,c,d\n"), preflight.FleetOptions{}, collect)
	require.NoError(t, err)
	require.Equal(t, 42, summary.Devices)
	require.Equal(t, 36, summary.OK)
	require.Equal(t, 2, summary.Unread)
	require.Equal(t, 4, summary.SharedKeys)
	require.Equal(t, 4, summary.Findings[preflight.CodeSharedKey])
	for i, l := range lines {
		require.Equal(t, i+4, l.Line, "in the list's order")
	}
	require.Contains(t, lines[9].Findings[len(lines[9].Findings)-1].Title, "line 12")
	require.False(t, lines[9].OK)
	require.Contains(t, lines[40].Problem, "no such file")
	require.NotEmpty(t, lines[41].Problem)
}

func TestFleetHosts(t *testing.T) {
	_, list := fleet(t, 1)
	pair := strings.TrimSpace(list)
	var ok []bool
	_, err := preflight.Fleet(t.Context(), strings.NewReader(pair+",cam-0.example.com\n"+pair+",other.example.com\n"),
		preflight.FleetOptions{}, func(l *preflight.FleetLine) error {
			ok = append(ok, l.OK)
			return nil
		})
	require.NoError(t, err)
	require.Equal(t, []bool{true, false}, ok)
}

// TestFleetEndsEarly stops where the reader of the lines does, and when the context ends.
func TestFleetEndsEarly(t *testing.T) {
	_, list := fleet(t, 200)
	full := errors.New("disk full")
	n := 0
	_, err := preflight.Fleet(t.Context(), strings.NewReader(list), preflight.FleetOptions{}, func(*preflight.FleetLine) error {
		if n++; n == 3 {
			return full
		}
		return nil
	})
	require.ErrorIs(t, err, full)
	require.Equal(t, 3, n)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = preflight.Fleet(ctx, strings.NewReader(list), preflight.FleetOptions{}, func(*preflight.FleetLine) error { cancel(); return nil })
	require.ErrorIs(t, err, context.Canceled)
}

// TestFleetLists: lists of spreadsheets are read, and what a wrong line lacks is said.
func TestFleetLists(t *testing.T) {
	dir, _ := fleet(t, 1)
	t.Chdir(dir)
	require.NoError(t, os.Rename("0.der", "cam,1.der"))
	require.NoError(t, os.Rename("0.key", "cam;1.key"))
	pair := `"cam,1.der";"cam;1.key";cam-0.example.com`
	utf16 := func(text string) string {
		out := "\xff\xfe"
		for _, c := range text {
			out += string([]byte{byte(c), 0})
		}
		return out
	}
	for _, tc := range []struct {
		name, list string
		problems   []string // of each line, "" for a device that is fine
	}{
		{"a byte order mark", "\ufeff" + pair + "\r\n", []string{""}},
		{"UTF-16 with tabs", utf16("cert\tkey\thost\r\ncam,1.der\tcam;1.key\tcam-0.example.com\r\n"), []string{""}},
		{"UTF-16", utf16(pair + "\r\n"), []string{""}},
		{"semicolons and a header", "cert;key;host\n" + pair + "\n", []string{""}},
		{"a header in another order", "Host Name;Site;Private Key;Certificate\ncam-0.example.com;shed;\"cam;1.key\";cam,1.der\n", []string{""}},
		{"tabs", "cam,1.der\tcam;1.key\tcam-0.example.com\n", []string{""}},
		{"commas and quotes", "\"cam,1.der\", \"cam;1.key\", cam-0.example.com\n", []string{""}},
		{"empty fields at the end", pair + ";;;\n", []string{""}},
		{"what Excel writes first", "sep=;\n" + pair + "\n", []string{""}},
		{"a host that is another's", "\"cam,1.der\",\"cam;1.key\",other.example.com\n", []string{"name-mismatch"}},
		{"a delivery with its host", ".,,cam-0.example.com\n", []string{""}},
		{"a header alone", "path\n.\n", []string{""}},
		{"names of columns", "Cert file;Key_Path;FQDN;Site\n" + pair + ";shed\n", []string{""}},
		{"empty rows before the header", ";;;\r\nCert;Key;Host\r\n;;;\r\n" + pair + "\r\n;;;\r\n", []string{""}},
		{"line ends of an old Macintosh", "cert;key;host\r" + pair + "\r" + pair + "\r", []string{"", ""}},
		{"a separator that is a tab", "sep=\t\ncam,1.der\tcam;1.key\tcam-0.example.com\n", []string{""}},
		{"a quoted separator", "\"sep=;\"\n" + pair + "\n", []string{""}},
		{"the host is a URL", "\"cam,1.der\";\"cam;1.key\";https://cam-0.example.com:8443/live\n", []string{""}},
		{"the host has a port", "\"cam,1.der\";\"cam;1.key\";cam-0.example.com:8443\n", []string{""}},
		{"wrong lines between right ones", pair + "\na;b;c;d;e\n;;x\nnone.der;none.key\n\"x;y\n" + pair + "\n",
			[]string{"", "5 fields", "no certificate is named", "no such file", "quotation mark", ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var lines []*preflight.FleetLine
			_, err := preflight.Fleet(t.Context(), strings.NewReader(tc.list), preflight.FleetOptions{}, func(l *preflight.FleetLine) error {
				lines = append(lines, l)
				return nil
			})
			require.NoError(t, err)
			require.Len(t, lines, len(tc.problems))
			for i, problem := range tc.problems {
				said := lines[i].Problem
				for _, f := range lines[i].Findings {
					if f.Severity == preflight.SeverityError && f.Code != preflight.CodeSharedKey {
						said += string(f.Code)
					}
				}
				if problem == "" {
					require.Empty(t, said)
				}
				require.Contains(t, said, problem)
			}
		})
	}
}

// TestFleetKeepsSecrets: of a line only what is known is printed, and a key is no list.
func TestFleetKeepsSecrets(t *testing.T) {
	dir, _ := fleet(t, 1)
	t.Chdir(dir)
	said := func(list string) (string, *preflight.FleetSummary, error) {
		var all strings.Builder
		summary, err := preflight.Fleet(t.Context(), strings.NewReader(list), preflight.FleetOptions{}, func(l *preflight.FleetLine) error {
			all.WriteString(l.Subject + l.Problem)
			return nil
		})
		return all.String(), summary, err
	}
	out, summary, err := said("cert;key;host;password\n0.der;0.key;cam-0.example.com;geheim77\n")
	require.NoError(t, err)
	require.Equal(t, "0.der,0.key,cam-0.example.com", out)
	require.Equal(t, []string{"password"}, summary.Ignored)
	out, _, err = said("0.der;0.key;cam-0.example.com;geheim77\n")
	require.NoError(t, err)
	require.NotContains(t, out, "geheim77")
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	out, _, err = said(string(id.EncodeKeyPEM()))
	require.ErrorIs(t, err, preflight.ErrNoList)
	require.Empty(t, out)
}
