package livepage_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/livepage"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/forged"
	"github.com/leafcam/leafcam/internal/printable"
)

// TestStrangersOnThePage: who connects chooses what is told of it, and who has made the certificate
// chooses its names. Nothing that a browser is given acts on anything, and all of it can be read.
func TestStrangersOnThePage(t *testing.T) {
	for kind, evil := range forged.Characters() {
		for place, names := range forged.InNames(evil) {
			t.Run(kind+" in a client's words and in "+place, func(t *testing.T) {
				t.Parallel()
				l, err := net.Listen("tcp", "127.0.0.1:0")
				require.NoError(t, err)
				c := forged.Certify(t, names)
				s := newSiteWith(t, l, device.Hello("hello\n"), c.Leaf.Raw, c.Key, []*x509.Certificate{c.Intermediate, c.Root})
				updates, stop := s.listen(t)
				defer stop()
				visits := 0
				modes, _ := s.stage.Modes()
				for i := range modes {
					if modes[i].Without != "" {
						continue
					}
					require.NoError(t, s.stage.Switch(i))
					wanted := s.strangers(t, evil, !modes[i].Served.Untrusted, &visits)
					if i == 0 {
						for _, name := range []string{names.Root, names.Intermediate, names.Leaf, names.DNS} {
							wanted = append(wanted, printable.Visible(name))
						}
					}
					_, _, page := s.fetch(t, "GET", "/", "", "", nil)
					page = html.UnescapeString(page)
					forged.RequireInert(t, page, evil)
					for _, text := range wanted {
						require.Contains(t, page, text, modes[i].Title)
					}
					awaitTexts(t, updates, wanted, evil)
				}
				s.requireExportsInert(t, evil, printable.Visible("agentx"+evil+"y"))
			})
		}
	}
}

// strangers visits the camera with that character in all that a client chooses, and returns what the page
// has to show of it. A client that asks the control for a page would have no say in the exports.
func (s *site) strangers(t *testing.T, evil string, asks bool, visits *int) (wanted []string) {
	t.Helper()
	text := func(place string) string {
		wanted = append(wanted, printable.Visible(place+"x"+evil+"y"))
		return place + "x" + evil + "y"
	}
	hello := tls.Config{InsecureSkipVerify: true, ServerName: text("sni"), NextProtos: []string{text("alpn")}}
	requests := []string{""}  // closes without a word
	if asks && evil != "\n" { // which ends a line
		wanted = append(wanted, printable.Visible("asked for /pathx"+evil+"y"), printable.Visible("sent BREWx"+evil+"y /"))
		requests = append(requests,
			"GET /"+text("path")+" HTTP/1.1\r\nUser-Agent: "+text("agent")+"\r\n\r\n",
			text("BREW")+" / HTTP/1.1\r\nUser-Agent: "+text("agent")+"\r\n\r\n",
			text("HELO")+"\r\nUser-Agent: "+text("agent")+"\r\n\r\n",
		)
	}
	for _, request := range requests {
		conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port), &hello)
		require.NoError(t, err)
		if request != "" {
			_, err = io.WriteString(conn, request)
			require.NoError(t, err)
			_, _ = io.Copy(io.Discard, conn) // the camera may end it as it likes
		}
		_ = conn.Close()
	}
	const header = 5 // octets of a record's
	opening := (evil + "xxxxx")[:header]
	wanted = append(wanted, `it began with "`+printable.Visible(opening))
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
	require.NoError(t, err)
	_, err = io.WriteString(conn, opening)
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, conn)
	_ = conn.Close()

	*visits += len(requests) + 1
	require.Eventually(t, func() bool {
		ended := 0
		for _, d := range s.journal.Since(0).Devices {
			ended += d.Count
			for _, a := range d.Attempts {
				if a.Going {
					return false
				}
			}
		}
		return ended == *visits
	}, 30*time.Second, 5*time.Millisecond)
	return wanted
}

// awaitTexts follows the events until all texts were in one: what an open page draws, and what it says.
func awaitTexts(t *testing.T, updates <-chan string, wanted []string, evil string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	var drawn string
	for missing := true; missing; {
		select {
		case data := <-updates:
			forged.RequireInert(t, data, evil)
			var u struct {
				Rows                []struct{ HTML string }
				Stage, Counter, Say string
			}
			require.NoError(t, json.Unmarshal([]byte(data), &u))
			for _, row := range u.Rows {
				drawn += html.UnescapeString(row.HTML)
			}
			drawn += html.UnescapeString(u.Stage+u.Counter) + u.Say
			forged.RequireInert(t, drawn, evil)
		case <-deadline:
			require.Fail(t, "the events never told it all", drawn)
		}
		missing = false
		for _, text := range wanted {
			missing = missing || !strings.Contains(drawn, text)
		}
	}
}

// requireExportsInert looks at what is kept of the page: the JSON reads as it was sent where programs read
// it, and is escaped as text.
func (s *site) requireExportsInert(t *testing.T, evil, agent string) {
	t.Helper()
	_, _, report := s.fetch(t, "GET", "/leafcam.html", "", "", nil)
	forged.RequireInert(t, html.UnescapeString(report), evil)
	_, _, text := s.fetch(t, "GET", "/leafcam.json", "", "", nil)
	forged.RequireInert(t, text, evil)
	var m hostsim.Matrix
	require.NoError(t, json.Unmarshal([]byte(text), &m))
	var titles, offered []string
	for _, row := range m.Rows {
		titles = append(titles, row.Title)
		for _, c := range row.Cells {
			if c.ClientHello != nil {
				offered = append(offered, c.ClientHello.ALPN...)
			}
			forged.RequireInert(t, row.Title+row.Doubt+c.Detail+c.Proof+c.Exception, evil)
			if c.Sighting != nil {
				forged.RequireInert(t, c.Sighting.Sentence, evil)
			}
		}
	}
	if evil != "\n" {
		require.Contains(t, html.UnescapeString(report), agent)
		require.Contains(t, strings.Join(titles, "; "), agent)
	}
	require.Contains(t, offered, string([]rune("alpnx"+evil+"y")), "a program reads what was offered, as far as it is UTF-8")
}

// TestStrangersInTheJournal: what a journal keeps of a client can be shown as it is, exceptions too.
func TestStrangersInTheJournal(t *testing.T) {
	for kind, evil := range forged.Characters() {
		t.Run(kind, func(t *testing.T) {
			text := "x" + evil + "y"
			event := trace.Event{
				Remote: "192.0.2.1:1", ClientHello: &trace.ClientHello{ServerName: text},
				Requests: []trace.Request{{Line: text, UserAgent: text}}, Exception: fmt.Errorf("no%s", text),
			}
			j := livepage.NewJournal()
			j.Ended(0, event, verdict.See(&event, verdict.NewServed(nil, nil)))
			d := j.Since(0).Devices[0]
			for place, kept := range map[string]string{
				"name": d.Name, "agent": d.UserAgent, "title": d.Title(), "sentence": d.Latest().Sighting.Sentence,
				"line": d.Attempts[0].Event.Requests[0].Line,
			} {
				forged.RequireInert(t, kept, evil)
				require.Contains(t, kept, printable.Visible(text), place)
			}
			if evil != "\n" && evil != "\t" { // as in MicroPython's own
				forged.RequireInert(t, d.Attempts[0].Exception, evil)
				require.Contains(t, d.Attempts[0].Exception, printable.Visible(text))
			}
		})
	}
}
