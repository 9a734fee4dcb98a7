package hostsim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/aia"
)

// aiaHost is where the AIA URLs of the test PKI point to.
const aiaHost = "aia.example.com"

// slowAnswer is how long the slow AIA server takes.
const slowAnswer = 3 * time.Second

// aiaURLs are the AIA URLs of one cell with the server behind them.
type aiaURLs struct {
	server *aia.Server // nil when URLs lead to the real servers
	scheme string
	port   int
	close  func()
	// stranger is who answers in the issuer's name where it is not the issuer.
	stranger *certs.Identity
}

// at returns the URL of the issuer of the i-th certificate, counted from the leaf.
func (u *aiaURLs) at(i int) string {
	return fmt.Sprintf("%s://%s:%d/issuer-%d", u.scheme, aiaHost, u.port, i)
}

// newAIAURLs starts what the AIA URLs of a cell lead to, where its client is.
func (m *material) newAIAURLs(kind aiaKind, pki pkiPlan, listen func() (net.Listener, error)) (*aiaURLs, error) {
	u := &aiaURLs{scheme: "http", stranger: m.stranger.Root}
	var err error
	if kind.dead {
		u.server, err = aia.StartDead()
	} else {
		u.server, err = m.startAIA(kind, pki, listen)
	}
	if err != nil {
		return nil, err
	}
	if kind.https {
		u.scheme = "https"
	}
	u.port, u.close = u.server.Port(), func() { _ = u.server.Close() }
	return u, nil
}

// startAIA starts an AIA server.
func (m *material) startAIA(kind aiaKind, p pkiPlan, listen func() (net.Listener, error)) (*aia.Server, error) {
	var config *tls.Config
	if kind.https {
		var err error
		if config, err = m.httpsConfig(p); err != nil {
			return nil, err
		}
	}
	l, err := listen()
	if err != nil {
		return nil, err
	}
	return aia.Serve(l, config), nil
}

// httpsConfig is that of an AIA server that a client could trust: its certificate comes from the root
// itself.
func (m *material) httpsConfig(p pkiPlan) (*tls.Config, error) {
	pki, _, err := m.pki(p)
	if err != nil {
		return nil, err
	}
	byRoot := &certs.PKI{Root: pki.Root}
	id, err := byRoot.Issue(certs.LeafOptions{DNS: []string{aiaHost}})
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{id.DER()}, PrivateKey: id.Key}}}, nil
}

// publish puts the issuer of each certificate at its AIA URLs, and returns the URLs.
func (u *aiaURLs) publish(kind aiaKind, p *presented) ([]string, error) {
	var list []string
	var err error
	for i, subject := range append([]*x509.Certificate{p.leaf}, p.chain...) {
		for _, raw := range subject.IssuingCertificateURL {
			if u.server != nil {
				if i == len(p.chain) {
					continue // leads to the root, or in a circle to one that is there already
				}
				issuer := p.chain[i]
				if kind.stranger {
					if issuer, err = u.namesake(issuer); err != nil {
						return nil, err
					}
				}
				if err := u.answer(kind, raw, issuer); err != nil {
					continue // an ldap URL, say: no client asks that
				}
			}
			list = append(list, raw)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: the leaf has no http AIA URL that could be answered", errNotApplicable)
	}
	return list, nil
}

// namesake returns a CA that is called as an issuer is, and has another key: a stranger has made it.
func (u *aiaURLs) namesake(issuer *x509.Certificate) (*x509.Certificate, error) {
	key, err := certs.GenerateKey("")
	if err != nil {
		return nil, err
	}
	// Its own URL leads to the stranger: a client that goes on ends at a root that it does not know.
	above := u.at(1)
	made, err := certs.Recertify(&certs.Identity{Certificate: issuer, Key: key}, u.stranger, certs.RecertifyOptions{AIA: above})
	if err != nil {
		return nil, err
	}
	if err := u.server.Publish(above, aia.Answer{Body: u.stranger.DER()}); err != nil {
		return nil, err
	}
	return made.Certificate, nil
}

// answer publishes one issuer.
func (u *aiaURLs) answer(kind aiaKind, raw string, issuer *x509.Certificate) error {
	a := aia.Answer{Body: issuer.Raw}
	if kind.answer != nil {
		var err error
		if a, err = kind.answer(issuer); err != nil {
			return err
		}
	}
	if !kind.moved {
		return u.server.Publish(raw, a)
	}
	moved := raw + "-moved"
	if err := u.server.Publish(moved, a); err != nil {
		return err
	}
	return u.server.Publish(raw, aia.Answer{Status: http.StatusFound, Location: moved, ContentType: "text/plain"})
}

// An aiaKind is what AIA URLs lead to.
type aiaKind struct {
	asked bool // there are URLs
	own   bool // only those of the test PKI can be such
	https bool
	dead  bool // nobody listens
	moved bool // a redirection leads to the answer
	loop  bool // issuers lead to each other
	// stranger says that what answers is not the issuer, but has its name.
	stranger bool
	// answer is what an issuer is published as; nil is its DER.
	answer func(issuer *x509.Certificate) (aia.Answer, error)
}

var aiaKinds = map[AIA]aiaKind{
	AIAAbsent: {},
	AIADER:    {asked: true},
	AIAPKCS7: {asked: true, answer: func(issuer *x509.Certificate) (aia.Answer, error) {
		der, err := pkcs7.DegenerateCertificate(issuer.Raw)
		return aia.Answer{Body: der, ContentType: aia.ContentTypePKCS7}, err
	}},
	AIAPEM: {asked: true, answer: func(issuer *x509.Certificate) (aia.Answer, error) {
		return aia.Answer{Body: certs.EncodePEM(issuer), ContentType: aia.ContentTypePEM}, nil
	}},
	AIANotFound: {asked: true, answer: func(*x509.Certificate) (aia.Answer, error) {
		return aia.Answer{Status: http.StatusNotFound, Body: []byte("not found\n"), ContentType: "text/plain"}, nil
	}},
	AIASlow: {asked: true, answer: func(issuer *x509.Certificate) (aia.Answer, error) {
		return aia.Answer{Body: issuer.Raw, Delay: slowAnswer}, nil
	}},
	AIASilent: {asked: true, answer: func(issuer *x509.Certificate) (aia.Answer, error) {
		return aia.Answer{Body: issuer.Raw, Silent: true}, nil
	}},
	AIARedirect: {asked: true, moved: true},
	AIAHTTPS:    {asked: true, own: true, https: true},
	AIALoop:     {asked: true, own: true, loop: true},
	AIAStranger: {asked: true, own: true, stranger: true},
	AIADead:     {asked: true, dead: true},
}

// certify returns the CAs of a test PKI with the URLs in their certificates.
func (k aiaKind) certify(m *material, pki *certs.PKI, urls *aiaURLs) (*certs.PKI, error) {
	if k.loop {
		return m.circle(pki, urls)
	}
	return pki.WithAIA(func(i int) string {
		if i+1 == len(pki.Intermediates) {
			return "" // a root needs no URL
		}
		return urls.at(i + 1)
	})
}

// reach tells the client how to reach the AIA URLs: on this machine, by the server's port or
// by way of its proxy, or, without a server, where they really are. direct reports whether the
// URLs can be asked without a proxy.
func (u *aiaURLs) reach(ctx context.Context, v *Visit, list []string) (direct bool, err error) {
	v.AIAHosts = map[string]string{}
	direct = true
	for _, raw := range list {
		parsed, err := url.Parse(raw)
		if err != nil {
			return false, fmt.Errorf("%w: the AIA URL %s: %w", errNotApplicable, raw, err)
		}
		if u.server == nil {
			if _, err := netip.ParseAddr(parsed.Hostname()); err == nil {
				continue // an address needs no resolving
			}
			addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", parsed.Hostname())
			if err != nil {
				return false, fmt.Errorf("%w: the AIA host %s: %w", errNotApplicable, parsed.Hostname(), err)
			}
			v.AIAHosts[parsed.Hostname()] = addresses[0].String()
			continue
		}
		v.AIAHosts[strings.ToLower(parsed.Hostname())] = "127.0.0.1"
		direct = direct && parsed.Port() == strconv.Itoa(u.port)
	}
	if !direct {
		v.AIAProxy = u.server.Addr()
	}
	return direct, nil
}
