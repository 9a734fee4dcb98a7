package stage

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/fullchain"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// A Mode is one way to serve, so that one device can be tried in all of them.
type Mode struct {
	Scenario hostsim.Scenario // that it is in a matrix
	Title    string           // on the page's button
	About    string           // what it does, in a few words
	Served   *verdict.Served
	Context  *device.SSLContext // of the camera
	TLS      *tls.Config        // of crypto/tls in its place; nil for a camera
	Without  string             // why it cannot be served, as on the page; then Context and TLS are nil
}

// Material is what modes are made of.
type Material struct {
	// Given is the context as the user loaded it, NewContext makes another one of the same kind
	// without key and certificate.
	Given      *device.SSLContext
	NewContext func() (*device.SSLContext, error)
	Key        []byte              // the private key of the leaf, DER
	Known      []*x509.Certificate // intermediates, and perhaps the root, that are not loaded
}

// Served returns what the given context presents.
func (m Material) Served() *verdict.Served {
	var sent []*x509.Certificate
	for _, der := range m.Given.Chain() {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			break
		}
		sent = append(sent, c)
	}
	s := verdict.NewServed(sent, m.Known)
	fits, known := m.Given.PairFits()
	s.WrongKey = known && !fits
	return s
}

// The titles of the modes.
const (
	titleLeaf    = "leaf only"
	titleSecond  = "second load"
	titleFull    = "full chain"
	titleControl = "control: unknown issuer"
)

// ModeCount is how many modes [Material.Modes] returns.
const ModeCount = 4

// Modes returns all modes, and which of them the given context is. A mode that cannot be served
// says why; the error is of what every mode needs.
func (m Material) Modes() (modes []Mode, given int, err error) {
	served := m.Served()
	leaf := served.Leaf()
	if leaf == nil {
		return nil, 0, fmt.Errorf("the certificate loads on the camera, but Go cannot parse it, so that no chain can be shown")
	}
	alone := m.Given
	if len(served.Sent) > 1 {
		given = 1
		if alone, err = m.load(m.Key, leaf); err != nil {
			return nil, 0, err
		}
	}
	modes = []Mode{
		{Scenario: hostsim.ScenarioLeafOnly(), Title: titleLeaf, About: "as documented: the camera sends its certificate alone", Context: alone},
		{Scenario: hostsim.ScenarioSecondLoad(), Title: titleSecond, About: "a cure: the camera sends the intermediate as well"},
		{Scenario: hostsim.ScenarioFullChain(), Title: titleFull, About: "another server in its place sends the whole chain"},
		m.control(leaf),
	}
	modes[0].Served = m.shows(served, leaf)
	whole := append([]*x509.Certificate{leaf}, rest(served)...)
	m.second(&modes[1], served, whole)
	m.full(&modes[2], served, whole)
	return modes, given, nil
}

// rest are the intermediates that are sent or known.
func rest(s *verdict.Served) []*x509.Certificate {
	return append(append([]*x509.Certificate{}, s.Sent[1:]...), s.Missing...)
}

// shows is what a mode with these certificates presents.
func (m Material) shows(s *verdict.Served, sent ...*x509.Certificate) *verdict.Served {
	known := append(rest(s), m.Known...)
	if s.Root != nil {
		known = append(known, s.Root)
	}
	shown := verdict.NewServed(sent, known)
	shown.WrongKey = s.WrongKey
	return shown
}

func (m Material) load(key []byte, chain ...*x509.Certificate) (*device.SSLContext, error) {
	c, err := m.NewContext()
	if err != nil {
		return nil, err
	}
	for _, cert := range chain {
		if err := c.LoadCertChain(cert.Raw, key); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// noChain says why there is no chain to send; "" when there is one.
func noChain(s *verdict.Served, whole []*x509.Certificate) string {
	switch {
	case s.SelfSigned():
		return "the certificate is self-signed: there is no chain"
	case len(whole) == 1 && !s.Gap():
		return "the root itself has issued the certificate: there is no chain"
	case len(whole) == 1:
		return "the intermediates are not known: give them with --chain"
	}
	return ""
}

// second fills the mode in which the camera sends the chain.
func (m Material) second(mode *Mode, s *verdict.Served, whole []*x509.Certificate) {
	mode.Served = m.shows(s, whole...)
	if len(s.Sent) > 1 {
		mode.Context, mode.Served = m.Given, s
		return
	}
	if mode.Without = noChain(s, whole); mode.Without != "" {
		return
	}
	c, err := m.load(m.Key, whole...)
	if err != nil {
		mode.Without = "the camera does not load it: " + err.Error()
		return
	}
	mode.Context = c
}

// full fills the mode in which another server sends the chain.
func (m Material) full(mode *Mode, s *verdict.Served, whole []*x509.Certificate) {
	mode.Served = m.shows(s, whole...)
	mode.Served.Elsewhere = true
	if mode.Without = noChain(s, whole); mode.Without != "" {
		return
	}
	key, err := certs.ParseKey(m.Key)
	if err != nil {
		mode.Without = "crypto/tls cannot use this key"
		return
	}
	mode.TLS = fullchain.TLS(key, whole)
}

// control is the mode that every client has to refuse: the same names, certified by somebody
// whom nobody trusts.
func (m Material) control(leaf *x509.Certificate) Mode {
	const about = "a stranger's certificate: who accepts it verifies nothing"
	mode := Mode{Scenario: hostsim.ScenarioUnknownRoot(), Title: titleControl, About: about}
	pki, err := certs.NewPKI(certs.PKIOptions{Name: "leafcam unknown root"})
	if err != nil {
		mode.Without = err.Error()
		return mode
	}
	id, err := pki.Issue(certs.LeafOptions{DNS: leaf.DNSNames, IPs: leaf.IPAddresses})
	if err != nil {
		mode.Without = "no such certificate can be made: " + err.Error()
		return mode
	}
	whole := append([]*x509.Certificate{id.Certificate}, pki.Chain()...)
	mode.Served = verdict.NewServed(whole, []*x509.Certificate{pki.Root.Certificate})
	mode.Served.Untrusted = true
	if mode.Context, err = m.load(id.KeyDER(), whole...); err != nil {
		mode.Context, mode.Without = nil, "the camera does not load it: "+err.Error()
	}
	return mode
}
