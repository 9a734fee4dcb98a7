package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/program"
)

var updateGolden = flag.Bool("update", false, "write what is printed now into testdata/golden")

// changing is what differs between two runs, and what stands in its place.
var changing = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d`), "DATE"},
	{regexp.MustCompile(`\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}`), "DAY"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(` +\d+ bytes`), " N bytes"},
	{regexp.MustCompile(`\b\d+ octets with the leaf alone, \d+ with`), "N octets with the leaf alone, N with"},
	{regexp.MustCompile(`second load \d+`), "second load N"},
	{regexp.MustCompile(`\b[0-9]+ of 4096`), "N of 4096"},
	{regexp.MustCompile(`\b[0-9a-f]{16,}\b`), "HEX"},
	{regexp.MustCompile(
		`took \d+ s;\s+clients\s+used\s+\d+\s+s\s+of\s+processor\s+time,\s+browsers\s+\d+\s+s\s+of\s+it;` +
			`\s+slowest:(\s+\S+\s+[\d.]+\s+s,?)+`), "took N s"},
	{regexp.MustCompile(`go1[0-9.]+ \w+/\w+`), "GO"},
	{regexp.MustCompile(`(revision|leafcam) \(?[0-9a-z.+()-]+\)?, `), "$1 VERSION, "},
	{regexp.MustCompile(`date [A-Za-z0-9:-]+(, with changes that are not committed)?`), "date DATE"},
}

// normalized is an output without what differs between two runs.
func normalized(said, dir string) string {
	said = strings.ReplaceAll(said, dir, "/DIR")
	for _, c := range changing {
		said = c.pattern.ReplaceAllString(said, c.with)
	}
	return said
}

// unbroken reports whether a line is one that is there to be copied: it is never broken, however long.
func unbroken(line string) bool {
	line = strings.TrimLeft(line, " 0123456789$")
	for _, start := range []string{
		"leafcam ", "mpremote ", "openssl ", "leafcam: ", "/DIR", "context.load_cert_chain", "time=", "sock = context.wrap_socket",
	} {
		if strings.HasPrefix(line, start) {
			return true
		}
	}
	return false
}

// inGoldenFolder makes a test hierarchy and a delivery as certbot leaves it, and goes there.
func inGoldenFolder(t *testing.T) (dir string) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	t.Chdir(dir)
	p, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	// Before the issuers end, even if a second has begun since they were made; a day with two digits, so that
	// lines break at the same place every day.
	until := time.Now().AddDate(0, 0, 30).Add(-time.Hour)
	if until.Day() < 10 {
		until = until.AddDate(0, 0, -10)
	}
	id, err := p.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, NotAfter: until})
	require.NoError(t, err)
	require.NoError(t, os.Mkdir("live", 0o700))
	for name, data := range map[string][]byte{
		"live/cert.pem": certs.EncodePEM(id.Certificate), "live/chain.pem": certs.EncodePEM(p.Chain()...),
		"live/fullchain.pem": certs.EncodePEM(id.Certificate, p.Chain()[0]), "live/privkey.pem": id.EncodeKeyPEM(),
		"notes.txt": []byte("the certificate comes on Monday\n"),
		"root.pem":  certs.EncodePEM(p.Root.Certificate), "server.der": id.DER(), "server.key.der": id.KeyDER(),
	} {
		require.NoError(t, os.WriteFile(name, data, 0o600))
	}
	return dir
}

// A goldenCase is a call whose output is compared with a file.
type goldenCase struct {
	name   string
	args   []string
	status int
}

// goldenCases are calls of every command that need no program of this machine.
var goldenCases = []goldenCase{
	{"check", []string{"check", "live", "--root", "root.pem"}, exitFine},
	{"check-unknown-root", []string{"check", "live"}, exitFine},
	{"check-details", []string{"check", "live", "--root", "root.pem", "--details"}, exitFine},
	{"check-other-host", []string{"check", "live", "--root", "root.pem", "--host", "door.example.com"}, exitFindings},
	{"check-must", []string{"check", "live", "--root", "root.pem", "--must", "curl,android"}, exitFindings},
	{"check-explain", []string{"check", "live", "--root", "root.pem", "--explain"}, exitFine},
	{"check-as-client", []string{"check", "--as-client", "live/fullchain.pem", "--root", "root.pem"}, exitFine},
	{"check-as-client-refused", []string{"check", "--as-client", "live/fullchain.pem", "--ca", "root.pem"}, exitFindings},
	{"check-nothing", []string{"check", "notes.txt"}, exitFindings},
	{"convert", []string{"convert", "live", "--out", "camera"}, exitFine},
	{"convert-formats", []string{"convert", "live", "--out", "forms", "--format", "c,micropython"}, exitFine},
	{"csr", []string{"csr", "cam.example.com", "--out", "request"}, exitFine},
	{"selfsigned", []string{"selfsigned", "cam.local", "--out", "self"}, exitFine},
	{"selfsigned-client", []string{"selfsigned", "gateway", "--client", "--out", "client"}, exitFine},
	{"pki", []string{"pki", "cam.example.com", "--out", "pki"}, exitFine},
	{"firmware", []string{"firmware"}, exitFine},
	{"firmware-differences", []string{"firmware", "openmv-5.0", "micropython-1.29"}, exitFine},
	{"board", []string{"board"}, exitFine},
	{"version", []string{"version"}, exitFine},
	{"serve-pem", []string{"serve", "--cert", "live/cert.pem", "--key", "live/privkey.pem"}, exitFindings},
	{"unknown-command", []string{"chekc"}, exitUsage},
	{"unknown-option", []string{"check", "--hots", "x"}, exitUsage},
	{"unknown-client", []string{"matrix", "--clients", "crul"}, exitUsage},
}

// requireGolden compares an output with its file, and its lines with 80 columns.
func requireGolden(t *testing.T, name, said, dir string) {
	said = normalized(said, dir)
	for line := range strings.Lines(said) {
		line = strings.TrimRight(line, "\n")
		require.True(t, text.StringWidthWithoutEscSequences(line) <= 80 || unbroken(line), "wider than 80 columns: %s", line)
		require.Equal(t, strings.TrimRight(line, " "), line, "blanks at the end")
	}
	file := filepath.Join(goldenFolder, name+".txt")
	if *updateGolden {
		require.NoError(t, os.WriteFile(file, []byte(said), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test ./cmd/leafcam -run Golden -update writes it")
	require.Equal(t, string(want), said)
}

// goldenFolder is where the files are, wherever a test goes.
var goldenFolder, _ = filepath.Abs(filepath.Join("testdata", "golden"))

// TestGolden: what each command prints for a terminal of 80 columns.
func TestGolden(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	for _, tc := range goldenCases {
		t.Run(tc.name, func(t *testing.T) {
			dir := inGoldenFolder(t)
			var out, messages bytes.Buffer
			status := run(t.Context(), tc.args, &out, &messages)
			require.Equal(t, tc.status, status, messages.String())
			requireGolden(t, tc.name, out.String()+messages.String(), dir)
		})
	}
}

// TestGoldenServers: what servers print when they start, and end.
func TestGoldenServers(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	for _, tc := range []goldenCase{
		{"serve", []string{"serve", "live", "--listen", "127.0.0.1:0"}, exitInterrupted},
		{"gateway", []string{"gateway", "live", "--camera", "127.0.0.1:9", "--pin", "server.der", "--listen", "127.0.0.1:0"}, exitFine},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := inGoldenFolder(t)
			ctx, cancel := context.WithCancel(t.Context())
			out := &watched{until: "127.0.0.1:", found: make(chan struct{})}
			var messages bytes.Buffer
			ended := make(chan int, 1)
			go func() { ended <- run(ctx, tc.args, out, &messages) }()
			select {
			case <-out.found:
			case <-time.After(time.Minute):
			}
			cancel()
			require.Contains(t, []int{exitFine, exitInterrupted}, <-ended, messages.String())
			requireGolden(t, tc.name, out.String()+messages.String(), dir)
		})
	}
}

// TestRealGolden: what is printed of real clients.
func TestRealGolden(t *testing.T) {
	program.Need(t, "curl", "curl")
	t.Setenv("COLUMNS", "80")
	for _, tc := range []goldenCase{
		{"try", []string{"try", "live", "--root", "root.pem", "--clients", "curl"}, exitFine},
		{"matrix", []string{"matrix", "live", "--root", "root.pem", "--clients", "curl", "--scenarios", "leaf-only,second-load"}, exitFindings},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := inGoldenFolder(t)
			var out, messages bytes.Buffer
			require.Equal(t, tc.status, run(t.Context(), tc.args, &out, &messages), messages.String())
			requireGolden(t, tc.name, out.String()+messages.String(), dir)
		})
	}
}
