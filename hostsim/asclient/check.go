package asclient

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/knowncas"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/certname"
	"github.com/leafcam/leafcam/internal/printable"
)

// Options says what a check is about.
type Options struct {
	Firmware *device.Firmware // device.OpenMV50 when nil; one with NoClient cannot be asked
	// Hostname is server_hostname; when it is "", the first name of the server's certificate.
	Hostname string
	At       time.Time // the camera's clock; now when zero
	// Anchors are given to the camera. Without any, the check looks for some.
	Anchors []File
	// Roots are other certificates that may be anchors.
	Roots []*x509.Certificate
	// NoPublicRoots leaves those of Mozilla's list and of this system out.
	NoPublicRoots bool
	// Fetch allows to download issuers from AIA URLs; nil downloads nothing.
	Fetch *preflight.Fetch
	// WarnBefore is how long before the end of the acceptance that is a warning; 180 days when zero.
	WarnBefore time.Duration
}

// A File is an anchor as it would be flashed.
type File struct {
	Name string
	Data []byte
}

// warnBefore is when the end of the acceptance is near, unless somebody says otherwise.
const warnBefore = 180 * 24 * time.Hour

// Check asks the camera whether it accepts a server with the anchors that are given, and ranks those that are possible. It
// does not fail: what is wrong is a finding. It ends early when the context does.
func Check(ctx context.Context, s *Subject, o Options) *Report {
	if o.Firmware == nil {
		o.Firmware = device.OpenMV50
	}
	if o.At.IsZero() {
		o.At = time.Now()
	}
	o.WarnBefore = cmp.Or(o.WarnBefore, warnBefore)
	c := &checker{ctx: ctx, subject: s, options: o, report: &Report{
		Format: Format, Subject: s.Name, Visited: s.Visit != nil, Firmware: o.Firmware.Name, At: o.At.UTC(), How: s.How,
		Sent: []Shown{}, Given: []Given{}, Anchors: []Anchor{}, Unusable: []Unusable{}, Findings: []Finding{},
	}}
	c.read()
	work := maxWork
	c.judge = judge{o.Firmware, c.report.Hostname, &work}
	c.given()
	c.search()
	c.answer()
	c.surroundings()
	c.sort()
	return c.report
}

// A checker is one check under way.
type checker struct {
	ctx     context.Context
	subject *Subject
	options Options
	report  *Report
	judge   judge

	leaf    *x509.Certificate   // the server's own; nil where crypto/x509 does not parse it
	sent    []*x509.Certificate // those that it parses
	loaded  [][]byte            // the anchors that the camera loads, as flashed
	anchors []*x509.Certificate // those that are given, as far as crypto/x509 parses them
	ways    gatherer
	upwards []candidate // every certificate on a way from the leaf
}

// add adds a finding of a rule, unless it is there.
func (c *checker) add(code Code, title string) {
	rule := ruleOf(code)
	title = printable.Visible(cmp.Or(title, rule.Summary))
	if slices.ContainsFunc(c.report.Findings, func(f Finding) bool { return f.Code == code && f.Title == title }) {
		return
	}
	c.report.Findings = append(c.report.Findings, Finding{code, rule.Severity, title, rule.Cause, rule.Fix, rule.Basis})
}

// sort puts the worst first, and leaves the order of a check otherwise.
func (c *checker) sort() {
	slices.SortStableFunc(c.report.Findings, func(a, b Finding) int {
		return slices.Index(preflight.Severities(), a.Severity) - slices.Index(preflight.Severities(), b.Severity)
	})
}

// read parses what the server sends.
func (c *checker) read() {
	for i, der := range c.subject.Sent {
		c.report.Sent = append(c.report.Sent, show(der))
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			continue
		}
		if c.sent = append(c.sent, parsed); i == 0 {
			c.leaf = parsed
		}
	}
	c.report.Hostname = c.options.Hostname
	if c.report.Hostname == "" && c.leaf != nil {
		c.report.Hostname = firstName(c.leaf)
	}
	if v := c.subject.Visit; v != nil {
		c.report.Suite, c.report.Version = v.Suite, v.Version
	}
	if c.subject.LeafPlace > 1 {
		c.add(CodeLeafNotFirst, fmt.Sprintf("the server's own certificate is number %d in the file", c.subject.LeafPlace))
	}
}

// firstName is a host that a certificate is for; "" where there is none.
func firstName(leaf *x509.Certificate) string {
	names := certname.Alternative(leaf.DNSNames, leaf.IPAddresses)
	if len(names) == 0 {
		names = []string{leaf.Subject.CommonName}
	}
	for _, name := range names {
		if name = strings.Replace(name, "*", "host", 1); certs.CheckClientHost(name) == nil {
			return name
		}
	}
	return ""
}

// given lets the camera load the anchors that are given.
func (c *checker) given() {
	for _, file := range c.options.Anchors {
		g := Given{File: file.Name, Loads: true}
		list, _ := certs.ParseCertificates(file.Data) // what cannot be read is the camera's matter
		if len(list) > 0 {
			g.Shown, g.Kind = show(list[0].Raw), c.kindOf(list[0])
			c.anchors = append(c.anchors, list...)
		}
		if err := c.judge.loads(file.Data); err != nil {
			g.Loads, g.Exception = false, err.Error()
			c.add(CodeAnchorNotLoaded, fmt.Sprintf("the camera does not load %s: %s", file.Name, notLoaded(file.Data, list)))
		} else {
			c.loaded = append(c.loaded, file.Data)
		}
		if len(list) > 1 && !c.options.Firmware.PEM {
			c.add(CodeSeveralInAnchor, fmt.Sprintf("%s holds %d certificates, and the camera takes the first", file.Name, len(list)))
		}
		c.report.Given = append(c.report.Given, g)
	}
}

// notLoaded says what is wrong with an anchor that does not load.
func notLoaded(data []byte, list []*x509.Certificate) string {
	switch {
	case len(list) > 0 && bytes.Contains(data, []byte("-----BEGIN")):
		return "it is PEM, and this firmware reads DER alone"
	case len(list) > 0:
		return fmt.Sprintf("its kind is not known to Mbed TLS (key %s, signed with %s)",
			certs.DescribeKey(list[0]), certs.DescribeSignature(list[0]))
	case len(data) == 0:
		return "the file is empty"
	}
	return "it is no certificate in DER"
}

// kindOf tells what an anchor is.
func (c *checker) kindOf(anchor *x509.Certificate) Kind {
	switch {
	case c.leaf != nil && anchor.Equal(c.leaf):
		return KindOwn
	case certs.SelfSigned(anchor):
		return KindRoot
	case c.rootOf(anchor) != nil:
		return KindCrossSign
	}
	return KindIntermediate
}

// rootOf returns the root that has the name and the key of a cross-sign; nil for none that is known.
func (c *checker) rootOf(cross *x509.Certificate) *x509.Certificate {
	same := func(root *x509.Certificate) bool {
		return bytes.Equal(root.RawSubject, cross.RawSubject) && bytes.Equal(root.RawSubjectPublicKeyInfo, cross.RawSubjectPublicKeyInfo) &&
			bytes.Equal(root.RawIssuer, root.RawSubject)
	}
	for _, p := range slices.Concat(c.subject.Known, c.options.Roots, c.anchors, c.sent) {
		if same(p) {
			return p
		}
	}
	if c.options.NoPublicRoots {
		return nil
	}
	return certs.PublicRootOf(cross)
}

// surroundings adds what is to be known besides.
func (c *checker) surroundings() {
	r := c.report
	if c.leaf != nil && len(c.subject.Sent) == 1 && !bytes.Equal(c.leaf.RawIssuer, c.leaf.RawSubject) {
		c.add(CodeLeafAlone, "")
	}
	if c.leaf != nil {
		public := slices.ContainsFunc(r.Anchors, func(a Anchor) bool { return a.Source == SourceMozilla })
		if ca := knowncas.Of(c.leaf, c.sent[1:]); ca != nil && !public {
			c.add(CodeKnownIssuer, fmt.Sprintf("the server's certificate is of %s (by the names in it; %s)", ca.Name, ca.Source))
		}
	}
	c.clock()
}

// clock asks the camera on the day on which its clock begins.
func (c *checker) clock() {
	anchors := c.loaded
	if len(c.options.Anchors) == 0 && len(c.report.Anchors) > 0 {
		anchors = [][]byte{c.report.Anchors[0].DER()}
	}
	if len(anchors) == 0 || c.report.Verdict == VerdictRefused || len(c.subject.Sent) == 0 {
		return
	}
	epoch := c.options.Firmware.Epoch
	if err := c.judge.ask(epoch, c.subject.Sent, anchors...); err != nil {
		c.add(CodeClockNeverSet, fmt.Sprintf("with a clock that was never set (%s), the camera refuses the server: %s", day(epoch), OneLine(err)))
	}
}

// OneLine is an exception on one line.
func OneLine(exception error) string { return strings.Join(strings.Fields(exception.Error()), " ") }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
