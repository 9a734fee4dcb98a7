package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/forged"
	"github.com/leafcam/leafcam/internal/printable"
)

// evilMatrix has that character in every text that is not leafcam's own: a program prints what it likes,
// certificates have any names, a grid calls its browsers anything.
func evilMatrix(evil string) *hostsim.Matrix {
	text := func(place string) string { return place + "x" + evil + "y" }
	m := sample()
	m.Host = text("host")
	m.Scenarios[1].AIA = hostsim.AIASlow
	r := &m.Rows[0]
	r.Client, r.Title, r.Stack, r.Library, r.Version = text("client"), text("title"), text("stack"), text("library"), text("version")
	r.Seconds = 1
	r.Cells[0].Outcome = hostsim.Outcome{
		Verdict: verdict.VerdictRefused, Cause: verdict.CauseMissing, Message: text("message"), Alert: text("alert"), FirstTry: text("first"),
		Exception: text("exception"), Stdout: text("stdout"), Stderr: text("stderr"), ClientHello: &trace.ClientHello{ServerName: text("sni")},
		Command: []string{"curl", text("argument")}, Env: []string{text("A=")}, Sighting: &verdict.Sighting{Sentence: text("sentence")},
	}
	r.Cells[1].Outcome = hostsim.Outcome{
		Verdict: verdict.VerdictHarnessError, Detail: text("detail"), Exception: text("raised"), HeldSeconds: 2,
	}
	r.Cells[2].Outcome = hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowSent, Proof: text("proof")}
	m.Rows[1].Install, m.Rows[1].Title = text("install"), text("absent")
	m.Rows[2].Doubt, m.Rows[2].Simulated = text("doubt"), text("simulated")
	return m
}

// TestClientsWordsInReports: what clients print, and what things are called, acts on nothing in any form
// of a report, and can be read there.
func TestClientsWordsInReports(t *testing.T) {
	written := func(form string) func(io.Writer, *hostsim.Matrix) {
		return func(w io.Writer, m *hostsim.Matrix) { require.NoError(t, report.Write(w, form, m)) }
	}
	messages := func(scenario string) func(io.Writer, *hostsim.Matrix) {
		return func(w io.Writer, m *hostsim.Matrix) { report.Messages(w, m, scenario, report.TableOptions{}) }
	}
	table := func(width int) func(io.Writer, *hostsim.Matrix) {
		return func(w io.Writer, m *hostsim.Matrix) { report.Table(w, m, report.TableOptions{Width: width}) }
	}
	forms := map[string]struct {
		write  func(io.Writer, *hostsim.Matrix)
		places string // what is shown there
	}{
		"a table":                  {table(0), "title library install absent detail doubt first"},
		"a table of signs":         {table(48), "title absent detail doubt"},
		"messages of a refusal":    {messages("leaf-only"), "title message alert"},
		"messages of no verdict":   {messages("aia"), "title detail raised"},
		"messages of a completion": {messages("store"), "title proof"},
		"Markdown":                 {written("markdown"), "stack title version absent"},
		"JUnit":                    {written("junit"), "client message stdout stderr detail"},
		"HTML": {
			written("html"), "host client title stack library version install absent simulated message alert first exception stdout stderr " +
				"detail raised proof doubt sentence",
		},
		"JSON": {
			written("json"), "title library install absent simulated message alert first exception detail raised proof doubt sentence",
		},
		"the slowest":     {report.Time, "client"},
		"the longest":     {report.Held, "client"},
		"commands":        {report.Commands, "client"},
		"a changed cell":  {changes, "client message"},
		"an earlier file": {was, "cause"},
	}
	for kind, evil := range forged.Characters() {
		for form, tc := range forms {
			t.Run(kind+" in "+form, func(t *testing.T) {
				var out bytes.Buffer
				tc.write(&out, evilMatrix(evil))
				read := textOf(t, form, out.String())
				// Output, exceptions and scripts among a command's words have lines and tabulators of their own.
				lines := evil == "\n" || evil == "\t"
				if !lines || !slices.Contains([]string{"HTML", "JSON", "JUnit", "commands"}, form) {
					forged.RequireInert(t, out.String(), evil)
					forged.RequireInert(t, read, evil)
				}
				for place := range strings.FieldsSeq(tc.places) {
					if !lines || !slices.Contains([]string{"stdout", "stderr", "exception", "raised"}, place) {
						require.Contains(t, read, printable.Visible(place+"x"+evil+"y"))
					}
				}
			})
		}
	}
}

// changes shows that a cell is not as it was.
func changes(w io.Writer, m *hostsim.Matrix) {
	before := *m
	before.Rows = append([]hostsim.Row{}, m.Rows...)
	before.Rows[0].Cells = append([]hostsim.Cell{}, m.Rows[0].Cells...)
	before.Rows[0].Cells[0].Cause = verdict.CauseName
	report.Changes(w, report.Compare(&before, m))
}

// was shows an earlier cell whose cause is none of ours.
func was(w io.Writer, m *hostsim.Matrix) {
	evil := strings.TrimPrefix(m.Host, "host")
	before := *m
	before.Rows = append([]hostsim.Row{}, m.Rows...)
	before.Rows[0].Cells = append([]hostsim.Cell{}, m.Rows[0].Cells...)
	before.Rows[0].Cells[0].Cause = verdict.Cause("cause" + evil)
	report.Changes(w, report.Compare(&before, m))
}

// textOf is what a reader of a report sees.
func textOf(t *testing.T, form, out string) string {
	t.Helper()
	var all strings.Builder
	switch form {
	case "Markdown":
		return out
	case "HTML":
		all.WriteString(html.UnescapeString(out))
		data := regexp.MustCompile(`(?s)id="data">(.*?)</script>`).FindStringSubmatch(out)
		require.NotNil(t, data)
		out = data[1]
		fallthrough
	case "JSON":
		var decoded any
		require.NoError(t, json.Unmarshal([]byte(out), &decoded))
		collect(&all, decoded, forMachines[form])
	case "JUnit":
		for d := xml.NewDecoder(strings.NewReader(out)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			switch token := token.(type) {
			case xml.CharData:
				all.Write(token)
			case xml.StartElement:
				for _, a := range token.Attr {
					all.WriteString(a.Value + "\n")
				}
			}
		}
	default:
		return out
	}
	return all.String()
}

// forMachines are the keys whose values no person reads there: they are escaped in the JSON, and raw in what
// is read of it.
var forMachines = map[string]string{
	"HTML": "client_hello", "JSON": "client_hello client host stack version stdout stderr command env",
}

// collect writes all strings of a decoded JSON text, but for those of some keys.
func collect(w *strings.Builder, v any, without string) {
	switch v := v.(type) {
	case string:
		w.WriteString(v + "\n")
	case []any:
		for _, e := range v {
			collect(w, e, without)
		}
	case map[string]any:
		for key, e := range v {
			if !slices.Contains(strings.Fields(without), key) {
				collect(w, e, without)
			}
		}
	}
}

// TestMachinesReadWhatWasThere: what programs read of the JSON is as the client sent it, and a command
// line in the page makes the same words in a shell.
func TestMachinesReadWhatWasThere(t *testing.T) {
	for kind, evil := range forged.Characters() {
		t.Run(kind, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, report.JSON(&out, evilMatrix(evil)))
			m, err := hostsim.ReadMatrix(&out)
			require.NoError(t, err)
			want := evilMatrix(string([]rune(evil))) // JSON has no other octets
			require.Equal(t, want.Host, m.Host)
			require.Equal(t, want.Rows[0].Client, m.Rows[0].Client)
			got, cell := m.Rows[0].Cells[0], want.Rows[0].Cells[0]
			require.Equal(t, []any{cell.Stdout, cell.Stderr, cell.Command, cell.Env, cell.ClientHello.ServerName},
				[]any{got.Stdout, got.Stderr, got.Command, got.Env, got.ClientHello.ServerName})
		})
	}
}

// TestWordsOfAFile: what has fixed values in a run has any in a file. It acts on nothing, either.
func TestWordsOfAFile(t *testing.T) {
	for kind, evil := range forged.Characters() {
		t.Run(kind, func(t *testing.T) {
			text := func(place string) string { return place + "x" + evil + "y" }
			m := sample()
			m.Scenarios[0].Name, m.Scenarios[0].Title, m.Scenarios[0].Role = text("name"), text("title"), hostsim.Role(text("role"))
			m.Firmware = text("firmware")
			for r := range m.Rows {
				if len(m.Rows[r].Cells) > 0 {
					c := &m.Rows[r].Cells[0]
					c.Scenario, c.Verdict, c.How = text("name"), verdict.Verdict(text("verdict")), verdict.How(text("how"))
				}
			}
			m.Rows[2].System = text("system")
			before := *m
			before.Rows = slices.Clone(m.Rows)
			before.Rows[0].Cells = slices.Clone(m.Rows[0].Cells)
			before.Rows[0].Cells[0].Verdict = verdict.VerdictCompleted
			var out bytes.Buffer
			for _, width := range []int{0, 48} {
				report.Table(&out, m, report.TableOptions{Width: width})
				rows := report.NewRows(&out, nil, m.Scenarios, report.TableOptions{Width: width})
				for _, row := range m.Rows {
					rows.Print(row)
				}
			}
			report.Changes(&out, report.Compare(&before, m))
			require.NoError(t, report.Write(&out, "markdown", m))
			forged.RequireInert(t, out.String(), evil)
			for _, place := range []string{"name", "title", "role", "verdict", "firmware"} {
				require.Contains(t, out.String(), printable.Visible(text(place)))
			}
			out.Reset()
			require.NoError(t, report.WriteSince(&out, "junit", &before, m))
			forged.RequireInert(t, textOf(t, "JUnit", strings.ReplaceAll(out.String(), "\n", " ")), strings.Trim(evil, "\n\t"))
			require.Contains(t, out.String(), `failures="1"`, "the change is found again by the name of its scenario")
		})
	}
}
