package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/internal/forged"
	"github.com/leafcam/leafcam/internal/printable"
)

// TestStrangersOnTheTerminal: who connects chooses what serve prints of it, and who has made the
// certificate chooses its names. The terminal acts on none of it, and all of it can be read.
func TestStrangersOnTheTerminal(t *testing.T) {
	for kind, evil := range forged.Characters() {
		for place, names := range forged.InNames(evil) {
			for _, asJSON := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s in a client's words and in %s, JSON is %v", kind, place, asJSON), func(t *testing.T) {
					t.Parallel()
					showsStrangers(t, evil, names, asJSON)
				})
			}
		}
	}
}

// showsStrangers runs serve and visits it with that character in all that a client chooses.
func showsStrangers(t *testing.T, evil string, names forged.Names, asJSON bool) {
	s := serveForged(t, names, asJSON)
	if !asJSON {
		leaf := s.line(t) // who is presented
		require.Contains(t, leaf, printable.Visible(names.Leaf+names.DNS))
		lacks := s.line(t)
		require.Contains(t, lacks, printable.Visible(names.Intermediate))
		forged.RequireInert(t, leaf+lacks, evil)
	}
	text := func(place string) string { return place + "x" + evil + "y" }
	agent := "\r\nUser-Agent: " + text("agent") + "\r\nHost: " + text("host") + "\r\n\r\n"
	visits := map[string]string{"": "asked for " + text("sni")} // closes without a word
	if evil != "\n" {                                           // which ends a line
		visits["GET /"+text("path")+" HTTP/1.1"+agent] = "asked for /" + text("path")
		visits[text("BREW")+" / HTTP/1.1"+agent] = "sent " + text("BREW") + " /"
		visits[text("HELO")+agent] = `sent "` + text("HELO")
	}
	for request, sentence := range visits {
		s.visit(t, &tls.Config{InsecureSkipVerify: true, ServerName: text("sni"), NextProtos: []string{text("alpn")}}, request)
		line := s.line(t)
		forged.RequireInert(t, line, evil)
		if !asJSON {
			require.Contains(t, line, printable.Visible(sentence))
			require.Contains(t, line, printable.Visible(text("sni")))
			require.True(t, request == "" || strings.Contains(line, printable.Visible(text("agent"))), line)
			continue
		}
		var event struct {
			Hello struct {
				ServerName string `json:"server_name"`
				ALPN       []string
			} `json:"client_hello"`
			Exception string
			Sighting  struct{ Sentence string }
		}
		require.NoError(t, json.Unmarshal([]byte(line), &event))
		forged.RequireInert(t, event.Sighting.Sentence+event.Exception, evil)
		require.Contains(t, event.Sighting.Sentence, printable.Visible(sentence))
		// A program reads what was offered, as far as it is UTF-8.
		require.Equal(t, string([]rune(text("sni"))), event.Hello.ServerName)
		require.Equal(t, []string{string([]rune(text("alpn")))}, event.Hello.ALPN)
	}
	const header = 5 // octets of a record's
	opening := (evil + "xxxxx")[:header]
	s.visit(t, nil, opening)
	line := s.line(t)
	forged.RequireInert(t, line, evil)
	if asJSON {
		var event struct{ Sighting struct{ Sentence string } }
		require.NoError(t, json.Unmarshal([]byte(line), &event))
		line = event.Sighting.Sentence
	}
	require.Contains(t, line, `it began with "`+printable.Visible(opening)+`"`)
}

// served is a camera whose output is read line by line.
type served struct {
	addr  string
	lines *bufio.Reader
}

// serveForged runs serve with a chain of those names until the test ends.
func serveForged(t *testing.T, names forged.Names, asJSON bool) *served {
	t.Helper()
	dir := t.TempDir()
	c := forged.Certify(t, names)
	args := []string{"serve", "--listen", "127.0.0.1:0", fmt.Sprintf("--json=%v", asJSON)}
	for flag, data := range map[string][]byte{"cert": c.Leaf.Raw, "key": c.Key, "chain": certs.EncodePEM(c.Intermediate, c.Root)} {
		file := filepath.Join(dir, flag)
		require.NoError(t, os.WriteFile(file, data, 0o600))
		args = append(args, "--"+flag, file)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, in, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		_ = out.Close()
		<-ended
	})
	s := &served{lines: bufio.NewReader(out)}
	first := s.line(t)
	found := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(first)
	require.NotEmpty(t, found, first)
	s.addr = found
	return s
}

func (s *served) line(t *testing.T) string {
	t.Helper()
	line, err := s.lines.ReadString('\n')
	require.NoError(t, err)
	return line
}

// visit sends a request, over TLS or not, and waits until the camera ends the connection; it ends it itself
// where it asks for nothing.
func (s *served) visit(t *testing.T, config *tls.Config, request string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	if config != nil {
		secured := tls.Client(conn, config)
		require.NoError(t, secured.Handshake())
		conn = secured
	}
	if request != "" {
		_, err = io.WriteString(conn, request)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, conn) // the camera may end it as it likes
	}
}

// TestNamesInMessages: what a command names that somebody else may have chosen, such as a file of a
// delivery, acts on nothing in its messages, and can be read there.
func TestNamesInMessages(t *testing.T) {
	dir := t.TempDir()
	_, cert, key := selfSignedFiles(t, dir)
	pair := "serve\n--cert\n" + cert + "\n--key\n" + key
	for situation, tc := range map[string]struct {
		args string // one a line; FILE stands for a file that there is not
		read bool   // the name is to be read as printable.Visible writes it
	}{
		"a delivery":               {"check\nFILE", true},
		"a delivery to convert":    {"convert\nFILE\n--out\nFILE", true},
		"a fleet":                  {"check\n--fleet\nFILE", true},
		"roots":                    {"check\nFILE\n--root\nFILE", true},
		"a server's files":         {"check\n--as-client\nFILE", true},
		"an anchor":                {"check\n--as-client\n" + cert + "\n--ca\nFILE", true},
		"a file for an anchor":     {"check\n--as-client\n" + cert + "\n--write\nFILE/x", false},
		"a server":                 {"connect\nFILE", true},
		"a server's name":          {"connect\n127.0.0.1:1\n--hostname\nFILE", false},
		"an anchor for a server":   {"connect\n127.0.0.1:1\n--ca\nFILE", true},
		"a text to send":           {"connect\n127.0.0.1:1\n--send\n\\qFILE", false},
		"a chain to serve":         {pair + "\n--chain\nFILE", true},
		"a CA of clients":          {pair + "\n--client-ca\nFILE", false},
		"a certificate to serve":   {"serve\n--cert\nFILE\n--key\nFILE", false},
		"a clock":                  {pair + "\n--clock\nFILE", false},
		"a firmware":               {pair + "\n--firmware\nFILE", false},
		"a script":                 {pair + "\n--script\nFILE", false},
		"an address":               {pair + "\n--listen\nFILE", true},
		"an earlier matrix":        {"matrix\n--expect\nFILE", true},
		"files of a matrix":        {"matrix\n--cert\nFILE\n--key\nFILE", false},
		"another host":             {"matrix\n--cert\n" + cert + "\n--key\n" + key + "\n--host\nFILE", false},
		"a client":                 {"matrix\n--clients\nFILE", false},
		"a form of a report":       {"matrix\n--report\nFILE", true},
		"a gateway's certificate":  {"gateway\n--fullchain\nFILE\n--key\nFILE\n--camera\n127.0.0.1:1\n--pin\n" + cert, true},
		"a folder for a request":   {"csr\ncam.example.com\n--out\nFILE", true},
		"a name for a request":     {"csr\nFILE\n--out\n" + dir, false},
		"a name for a certificate": {"selfsigned\nFILE\n--out\n" + dir, false},
		"a server to compare":      {"compare\nFILE", false},
		"a board":                  {"board\nFILE", false},
		"a command":                {"FILE", false},
		"a flag":                   {"serve\n--FILE", false},
	} {
		for kind, evil := range forged.Characters() {
			t.Run(kind+" in "+situation, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "x"+evil+"y")
				args := strings.Split(tc.args, "\n")
				for i := range args {
					args[i] = strings.ReplaceAll(args[i], "FILE", file)
				}
				var out bytes.Buffer
				run(t.Context(), args, &out, &out) // how it ends is not the question
				require.NotEmpty(t, out.String())
				forged.RequireInert(t, out.String(), evil)
				if tc.read {
					require.Contains(t, out.String(), printable.Visible("x"+evil+"y"))
				}
			})
		}
	}
}

// TestJoinedErrorsKeepTheirLines: each of several errors has a line, and none begins another one.
func TestJoinedErrorsKeepTheirLines(t *testing.T) {
	first, second := errors.New("first\nof two"), errors.New("second\x1b[2J")
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"one":              {first, `first\x0aof two`},
		"two":              {errors.Join(first, second), `first\x0aof two` + "\n" + `second\x1b[2J`},
		"two with a frame": {usage(fmt.Errorf("a\r: %w;\n", errors.Join(first, second))), `a\x0d: first\x0aof two` + "\n" + `second\x1b[2J;\x0a`},
		"two in a text":    {fmt.Errorf("%w, and\n%w", first, second), `first\x0aof two, and\x0asecond\x1b[2J`},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tc.want, visibleError(tc.err)) })
	}
}

// TestHintsNameFiles: the hints below an exception name files as they may be shown.
func TestHintsNameFiles(t *testing.T) {
	for kind, evil := range forged.Characters() {
		t.Run(kind, func(t *testing.T) {
			var exception *exceptionError
			name := "x" + evil + "y"
			hints := loadHints(t.Context(), device.OpenMV50, name, name, false)
			require.ErrorAs(t, raised(errors.New("OSError"), hints...), &exception)
			var printed bytes.Buffer
			exception.print(&printed)
			forged.RequireInert(t, printed.String(), evil)
			require.Contains(t, printed.String(), printable.Visible(name))
		})
	}
}

// TestGatewayLog: the gateway's log names what viewers ask for.
func TestGatewayLog(t *testing.T) {
	for kind, evil := range forged.Characters() {
		for _, asJSON := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, JSON is %v", kind, asJSON), func(t *testing.T) {
				var out bytes.Buffer
				gatewayOptions{json: asJSON}.logger(&out).Info("x"+evil+"y", "stream", "x"+evil+"y")
				forged.RequireInert(t, out.String(), evil)
				require.Equal(t, 1, strings.Count(out.String(), "\n"))
			})
		}
	}
}
