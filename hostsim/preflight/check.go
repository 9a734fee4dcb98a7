package preflight

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/certs/truststores"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/internal/certname"
	"github.com/leafcam/leafcam/internal/printable"
)

// Options says what a check is about.
type Options struct {
	Firmware *device.Firmware    // device.OpenMV50 when nil
	Host     string              // that clients connect to; "" compares no name
	At       time.Time           // now when zero
	Roots    []*x509.Certificate // that clients are given besides
	// NoPublicRoots leaves those of Mozilla's list and of this system out.
	NoPublicRoots bool
	// KeyElsewhere says that the private key is elsewhere, as it should be: a throw-away key takes its place
	// where the camera needs one to load the certificate, and nothing is said of the pair. A key that is
	// here all the same is a finding.
	KeyElsewhere bool
	// Fetch allows to download issuers from AIA URLs; nil downloads nothing.
	Fetch *Fetch
	Depth Depth
	// WarnBefore is how long before the leaf expires that is a warning; when zero, when a third of its lifetime is
	// left and less than 30 days, as ACME clients renew.
	WarnBefore time.Duration

	publicRoots []*x509.Certificate // besides Mozilla's: for tests, which have no public CA's key
}

// Depth is how much is looked at.
type Depth int

// The depths. Full is everything; Chain leaves the trial handshake and the forecast out, Leaf the
// chain, too.
const (
	DepthFull Depth = iota
	DepthChain
	DepthLeaf
)

// Check looks at a subject from all sides. It does not fail: what is wrong is a finding. It ends
// early when the context does.
func Check(ctx context.Context, s *Subject, o Options) *Report {
	if o.Firmware == nil {
		o.Firmware = device.OpenMV50
	}
	if o.At.IsZero() {
		o.At = time.Now()
	}
	c := &checker{
		options: o, subject: s, camera: device.NewSSLContext(o.Firmware), fetch: newFetcher(o.Fetch),
		report: &Report{
			Format: Format, Subject: s.Name, Firmware: o.Firmware.Name, Host: o.Host,
			At: o.At.UTC(), Missing: -1, Findings: []Finding{}, Forecast: []FamilyForecast{}, Path: []string{},
			Stores: []truststores.Store{}, Steps: []Step{},
		},
	}
	c.report.file, c.report.archives = s.files()
	if s.Server != "" {
		c.options.KeyElsewhere = true
		c.report.Presented = len(s.presented)
	}
	c.loading()
	c.asDelivered()
	c.leaf = c.findLeaf()
	c.delivery()
	c.keysHere()
	if c.leaf != nil {
		c.summary()
		c.names()
		c.dates()
		c.keyAndSignature()
		c.usages()
		c.size()
		if o.Depth <= DepthChain {
			c.chain(ctx)
			c.knownIssuer()
			c.stores()
			c.revocation()
			c.strict()
			c.askAboutIssuers()
		}
	}
	if o.Depth == DepthFull {
		c.handshake(ctx)
		c.refusals()
		c.report.Forecast = c.forecast()
	}
	c.sort()
	if o.Depth == DepthFull {
		c.report.Verdict = c.report.verdict()
		c.report.Steps = c.steps()
	}
	return c.report
}

// checker is one check under way.
type checker struct {
	options Options
	subject *Subject
	camera  *device.SSLContext
	report  *Report
	fetch   *fetcher              // nil when nothing is downloaded
	leaf    *delivery.Certificate // nil when there is none that can be read

	checks int                 // of signatures of what was downloaded
	path   []*x509.Certificate // from the leaf's issuer to below the root
	root   *x509.Certificate
	public bool // the root is a public one
	aia    aiaState

	refusal error           // of the pair
	faults  map[Cure]string // why the camera cannot be given what a cure needs
}

// add adds a finding of a rule. What it says of names, files and other people's errors is made visible.
func (c *checker) add(code Code, file, title string, says ...Symptom) *Finding {
	rule := ruleOf(code)
	said := make([]Symptom, len(says))
	for i, s := range says {
		said[i] = Symptom{s.Source, printable.Visible(s.Message)}
	}
	c.report.Findings = append(c.report.Findings, Finding{
		Code: code, Severity: rule.Severity, File: file, Line: c.lineOf(file), Title: printable.Visible(cmp.Or(title, rule.Summary)),
		Commands: c.commandsOf(code),
		Symptoms: said, Cause: rule.Cause, Fix: c.filledIn(rule.Fix, file), Basis: rule.Basis,
	})
	return &c.report.Findings[len(c.report.Findings)-1]
}

// sort puts the worst first, and leaves the order of a check otherwise.
func (c *checker) sort() {
	slices.SortStableFunc(c.report.Findings, func(a, b Finding) int {
		return slices.Index(Severities(), a.Severity) - slices.Index(Severities(), b.Severity)
	})
}

// findLeaf returns what the camera presents, or what it would if it loaded.
func (c *checker) findLeaf() *delivery.Certificate {
	d := c.subject.Delivery
	if presented := c.camera.Chain(); len(presented) > 0 {
		if d != nil && d.Leaf != nil && bytes.Equal(d.Leaf.Raw, presented[0]) {
			return d.Leaf // has been read
		}
		if leaf, err := delivery.NewCertificate(presented[0]); err == nil {
			return leaf
		}
		return nil
	}
	if d != nil && d.Leaf != nil {
		return d.Leaf
	}
	if leaf, err := delivery.NewCertificate(c.subject.Cert); err == nil {
		return leaf
	}
	return nil
}

func (c *checker) summary() {
	sum := sha256.Sum256(c.leaf.Raw)
	s := &Summary{Title: c.leaf.Describe(), Names: []string{}, SHA256: hex.EncodeToString(sum[:])}
	if p := c.leaf.Parsed; p != nil {
		s.Title, s.Names, s.Issuer = certname.Title(p), certname.Names(p), certname.Short(p.Issuer)
		s.Key, s.NotBefore, s.NotAfter = certs.DescribeKey(p), p.NotBefore, p.NotAfter
		if len(p.Issuer.Organization) > 0 {
			s.IssuerOrganization = printable.Visible(p.Issuer.Organization[0])
		}
	}
	c.report.Certificate = s
	if c.leaf.Parsed == nil {
		c.add(CodeGoCannotParse, c.subject.CertFile, "",
			Symptom{"a client written in Go", "tls: failed to parse certificate from server: " + c.leaf.ParseError.Error()})
	}
}
