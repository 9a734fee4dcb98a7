package asclient

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"path/filepath"
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
	// Connect is the command that connects to the server with the flags of this check; the server alone when it is "".
	Connect string
	// WarnBefore is how long before the end of the acceptance that is a warning; 180 days when zero.
	WarnBefore time.Duration
}

// A File is an anchor as it would be flashed.
type File struct {
	Name string
	Data []byte
}

// warnBefore is when the end of the acceptance is near, unless the options say otherwise.
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
func (c *checker) add(code Code, title string) { c.addFix(code, title, "") }

// addFix is add with another cure than the rule's.
func (c *checker) addFix(code Code, title, fix string) {
	rule := ruleOf(code)
	title, fix = printable.Visible(cmp.Or(title, rule.Summary)), printable.Visible(cmp.Or(fix, rule.Fix))
	if slices.ContainsFunc(c.report.Findings, func(f Finding) bool { return f.Code == code && f.Title == title }) {
		return
	}
	c.report.Findings = append(c.report.Findings, Finding{code, rule.Severity, title, rule.Cause, fix, rule.Basis})
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
	c.report.ScriptHostname = c.report.Hostname
	if v := c.subject.Visit; v != nil {
		c.report.Suite, c.report.Version = v.Suite, v.Version
	}
	if c.subject.LeafPlace > 1 {
		c.add(CodeLeafNotFirst, fmt.Sprintf("the server's own certificate is number %d in the file", c.subject.LeafPlace))
	}
}

// firstName is a host that a certificate is for; "" where there is none.
func firstName(leaf *x509.Certificate) string {
	if hosts := hostsOf(leaf); len(hosts) > 0 {
		return hosts[0]
	}
	return ""
}

// hostsOf are the hosts that a certificate is for, with one for each wildcard.
func hostsOf(leaf *x509.Certificate) (hosts []string) {
	names := certname.Alternative(leaf.DNSNames, leaf.IPAddresses)
	if len(names) == 0 {
		names = []string{leaf.Subject.CommonName}
	}
	for _, name := range names {
		if name = strings.Replace(name, "*", "host", 1); certs.CheckClientHost(name) == nil {
			hosts = append(hosts, name)
		}
	}
	return hosts
}

// fitting returns the first host of the server's certificate that the camera takes as server_hostname; "" for none.
func (c *checker) fitting() string {
	if c.leaf == nil {
		return ""
	}
	for _, host := range hostsOf(c.leaf) {
		j := c.judge
		if j.hostname = host; !saysName(j.ask(c.options.At, c.subject.Sent, c.leaf.Raw)) {
			return host
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
			why, fix := NotLoaded(c.options.Firmware, file)
			c.addFix(CodeAnchorNotLoaded, fmt.Sprintf("the camera does not load %s: %s", file.Name, why), fix)
		} else {
			c.loaded = append(c.loaded, file.Data)
		}
		if len(list) > 1 && !c.options.Firmware.PEM {
			c.add(CodeSeveralInAnchor, fmt.Sprintf("%s holds %d certificates, and the camera takes the first", file.Name, len(list)))
		}
		c.report.Given = append(c.report.Given, g)
	}
}

// NotLoaded says what is wrong with an anchor that the camera does not load, and the cure.
func NotLoaded(firmware *device.Firmware, file File) (why, fix string) {
	data := file.Data
	list, _ := certs.ParseCertificates(data)
	const another = "give the CA's certificate, in DER"
	switch {
	case len(data) == 0:
		return "the file is empty", another
	case !firmware.PEM && len(list) > 0 && bytes.Contains(data, []byte("-----BEGIN")):
		return "it is PEM, and this firmware reads DER alone", inDER(file.Name)
	case len(list) > 0:
		return fmt.Sprintf("its kind is not known to Mbed TLS (key %s, signed with %s)",
			certs.DescribeKey(list[0]), certs.DescribeSignature(list[0])), "flash another certificate of that CA"
	case firmware.PEM:
		return "it is no certificate, neither in DER nor in PEM", "give the CA's certificate"
	}
	return "it is no certificate in DER", another
}

// inDER is the command that converts a certificate in PEM.
func inDER(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)) + ".der"
	return fmt.Sprintf("convert it: openssl x509 -in %s -outform DER -out %s", preflight.Quote(file), preflight.Quote(name))
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

// connect is the command that connects to the server.
func (c *checker) connect() string {
	return cmp.Or(c.options.Connect, "leafcam connect "+preflight.Quote(c.subject.Visit.Server.Address()))
}

// unproven tells of the anchors that only the connection vouches for.
func (c *checker) unproven() {
	var titles []string
	for _, a := range c.report.Anchors {
		if a.Unproven {
			titles = append(titles, a.Title)
		}
	}
	switch len(titles) {
	case 0:
	case 1:
		c.add(CodeAnchorUnproven, fmt.Sprintf("the anchor %s comes from the connection alone: anyone in between can have sent it",
			quoted(titles)))
	default:
		c.addFix(CodeAnchorUnproven, fmt.Sprintf("the anchors %s come from the connection alone: anyone in between can have sent them",
			quoted(titles)), "compare the SHA-256 fingerprint with the server's owner before you flash one")
	}
}

// surroundings adds what is to be known besides.
func (c *checker) surroundings() {
	r := c.report
	if c.leaf != nil && len(c.subject.Sent) == 1 && !c.selfIssued() {
		c.add(CodeLeafAlone, "")
	}
	if c.leaf != nil {
		public := slices.ContainsFunc(r.Anchors, func(a Anchor) bool { return a.Source == SourceMozilla })
		if ca := knowncas.Of(c.leaf, c.sent[1:]); ca != nil && !public {
			c.add(CodeKnownIssuer, fmt.Sprintf("the server's certificate is of %s (by the names in it; %s)", ca.Name, ca.Source))
		}
	}
	c.unproven()
	if v := c.subject.Visit; v != nil && v.Asked && v.Own == 0 && r.Finding(CodeClientCertificate) == nil {
		c.addFix(CodeCertificateAsked, "", fmt.Sprintf("try it with the camera's certificate: %s --cert FILE --key FILE", c.connect()))
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
