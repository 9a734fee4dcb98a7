package preflight

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// MaxLine is how many octets a line of a list has at most: some paths and a host name.
const MaxLine = 16 << 10

// A fleetList is a list of devices under way: what spreadsheets save is read as well as what is written by hand.
type fleetList struct {
	lines   *bufio.Reader
	line    int      // the last one that was read
	comma   rune     // that separates fields; 0 until one was seen
	columns []int    // of a header: where cert, key and host are, -1 for one that is not there; nil without a header
	ignored []string // columns of the header that say nothing here
	begun   bool     // a line with a device was read
	text    string   // of the last line, without the spaces around it
	long    bool     // the last line is longer than MaxLine
}

// What a line of a list has.
const (
	fieldCert = iota
	fieldKey
	fieldHost
	fieldCount
)

// columnNames are what the columns of a list are called.
var columnNames = [fieldCount][]string{
	fieldCert: {"cert", "certificate", "crt", "delivery", "path", "file", "folder", "zertifikat", "certificat"},
	fieldKey:  {"key", "privatekey", "privkey", "schlüssel", "schluessel", "clé"},
	fieldHost: {"host", "hostname", "fqdn", "domain", "dnsname", "commonname", "cn", "address", "ip", "ipaddress", "url"},
}

// columnName is the name of a column as columnNames have it: "Cert file", "cert_path" and "CERT" are one.
func columnName(text string) string {
	name := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(text))
	for _, suffix := range []string{"file", "path"} {
		if short := strings.TrimSuffix(name, suffix); short != "" && short != name {
			name = short
		}
	}
	return name
}

// newFleetList reads UTF-8, or UTF-16 with a byte order mark.
func newFleetList(list io.Reader) *fleetList {
	return &fleetList{lines: bufio.NewReaderSize(&lineEnds{r: transform.NewReader(list, unicode.BOMOverride(transform.Nop))}, MaxLine)}
}

// next goes on to the next line that names a device. The error is io.EOF at the end.
func (l *fleetList) next() error {
	for {
		if err := l.readLine(); err != nil {
			return err
		}
		if l.blank() || strings.HasPrefix(l.text, "#") {
			continue
		}
		if strings.Contains(l.text, "-----BEGIN ") {
			return ErrNoList
		}
		if !l.begun && !l.long && l.heads() {
			continue
		}
		l.begun = true
		return nil
	}
}

// readLine reads a line; of one that is longer than [MaxLine], as much as shows which one it is.
func (l *fleetList) readLine() error {
	line, long, err := l.lines.ReadLine()
	if err != nil {
		return err
	}
	l.line++
	l.text, l.long = strings.TrimSpace(string(line)), long
	for more := long; more && err == nil; {
		_, more, err = l.lines.ReadLine()
	}
	return nil // an error is the next line's
}

// heads reports whether the first line names the columns, or what separates them.
func (l *fleetList) heads() bool {
	separator, ok := strings.CutPrefix(strings.ToLower(strings.Trim(l.text, `"`)), "sep=")
	if ok && len(separator) <= 1 { // as Excel writes it
		l.comma = '\t' // which was taken for a blank at the end
		if separator != "" {
			l.comma = rune(separator[0])
		}
		return true
	}
	fields, err := l.fields(l.text)
	if err != nil {
		return false
	}
	columns := make([]int, fieldCount)
	known := 0
	for field, names := range columnNames {
		columns[field] = slices.IndexFunc(fields, func(f string) bool { return slices.Contains(names, columnName(f)) })
		if columns[field] >= 0 {
			known++
		}
	}
	_, err = os.Stat(fields[0])
	if columns[fieldCert] < 0 || known < 2 && (len(fields) > 1 || err == nil) {
		return false
	}
	l.columns = columns
	for i, f := range fields {
		if f != "" && !slices.Contains(columns, i) {
			l.ignored = append(l.ignored, f)
		}
	}
	return true
}

// blank reports whether a line has separators and nothing else, as spreadsheets write empty rows.
func (l *fleetList) blank() bool { return strings.Trim(l.text, ",; \t\"") == "" }

// A fleetEntry is what a line says of a device.
type fleetEntry struct {
	line    int
	text    string // of the line
	problem string // why it names no device; "" otherwise
	cert    string // or a delivery, where key is ""
	key     string
	host    string
}

// entry returns what the last line says.
func (l *fleetList) entry() fleetEntry {
	e := fleetEntry{line: l.line, text: l.text}
	if l.long {
		const shown = 100
		e.text = strings.ToValidUTF8(l.text[:min(len(l.text), shown)], "") + "..."
		e.problem = fmt.Sprintf("a line that is longer than %d octets", MaxLine)
		return e
	}
	fields, err := l.fields(l.text)
	if err != nil {
		e.text = "..."
		e.problem = `a quotation mark is out of place: a field that has one is written as "a ""b"" c"`
		return e
	}
	field := func(n int) string {
		if l.columns != nil {
			n = l.columns[n]
		}
		if n < 0 || n >= len(fields) {
			return ""
		}
		return fields[n]
	}
	e.cert, e.key, e.host = field(fieldCert), field(fieldKey), hostOf(field(fieldHost))
	// Other columns may have passwords.
	e.text = strings.TrimRight(strings.Join([]string{e.cert, e.key, e.host}, ","), ",")
	switch {
	case l.columns == nil && len(fields) > fieldCount:
		e.problem = fmt.Sprintf("%d fields, where there is a path, or cert,key,host", len(fields))
	case e.cert == "":
		e.problem = "no certificate is named"
	}
	return e
}

// hostOf leaves of a URL, or of an address with a port, the host.
func hostOf(text string) string {
	if strings.Contains(text, "://") || strings.Count(text, ":") == 1 {
		if server, err := ParseServer(text); err == nil {
			return server.Host
		}
	}
	return text
}

// fields takes a line apart. Empty fields at its end, which spreadsheets write, are left out.
func (l *fleetList) fields(line string) ([]string, error) {
	comma := separatorOf(line, l.comma)
	if l.comma == 0 {
		l.comma = comma
	}
	r := csv.NewReader(strings.NewReader(line))
	r.TrimLeadingSpace = true
	if comma != 0 {
		r.Comma = comma
	}
	fields, err := r.Read()
	if err != nil {
		return nil, err
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	for len(fields) > 1 && fields[len(fields)-1] == "" {
		fields = fields[:len(fields)-1]
	}
	return fields, nil
}

// ErrNoList is that of a file with PEM in it, which was taken for a list.
var ErrNoList = errors.New("a certificate or a private key, and no list of devices: leafcam check FILE takes it")

// lineEnds turns the line ends of old spreadsheets, CR alone, into LF.
type lineEnds struct {
	r    io.Reader
	last byte
}

func (l *lineEnds) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	kept := 0
	for _, c := range p[:n] {
		previous := l.last
		l.last = c
		switch {
		case c == '\n' && previous == '\r':
			continue // of CRLF
		case c == '\r':
			c = '\n'
		}
		p[kept] = c
		kept++
	}
	return kept, err
}

// separatorOf returns what separates the fields of a line: what does so in the list, where the line has it; 0 when
// there is but one field.
func separatorOf(line string, usual rune) rune {
	quoted := false
	seen := map[rune]bool{}
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted:
			seen[c] = true
		}
	}
	for _, c := range []rune{usual, '\t', ';', ','} {
		if c != 0 && seen[c] {
			return c
		}
	}
	return 0
}
