package hostsim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
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
}

// at returns the URL of the issuer of the i-th certificate, counted from the leaf.
func (u *aiaURLs) at(i int) string {
	return fmt.Sprintf("%s://%s:%d/issuer-%d", u.scheme, aiaHost, u.port, i)
}

// newAIAURLs starts what the AIA URLs of a scenario lead to.
func (m *material) newAIAURLs(s Scenario) (*aiaURLs, error) {
	u := &aiaURLs{scheme: "http"}
	var err error
	if s.AIA == AIAHTTPS {
		u.scheme = "https"
		u.server, err = m.startHTTPS(s)
	} else {
		u.server, err = aia.Start()
	}
	if err != nil {
		return nil, err
	}
	u.port, u.close = u.server.Port(), func() { _ = u.server.Close() }
	if s.AIA == AIADead {
		u.close() // its port was free a moment ago
		u.close = func() {}
	}
	return u, nil
}

// startHTTPS starts an AIA server that a client could trust: its certificate comes from
// the root itself.
func (m *material) startHTTPS(s Scenario) (*aia.Server, error) {
	pki, _, err := m.pki(s)
	if err != nil {
		return nil, err
	}
	byRoot := &certs.PKI{Root: pki.Root}
	id, err := byRoot.Issue(certs.LeafOptions{DNS: []string{aiaHost}})
	if err != nil {
		return nil, err
	}
	return aia.StartTLS(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{id.DER()}, PrivateKey: id.Key}}})
}

// publish puts the issuer of each certificate at its AIA URLs, in the way of the scenario, and
// returns the URLs.
func (u *aiaURLs) publish(s Scenario, p *presented) ([]string, error) {
	var list []string
	for i, subject := range append([]*x509.Certificate{p.leaf}, p.chain...) {
		for _, raw := range subject.IssuingCertificateURL {
			if u.server != nil {
				if i == len(p.chain) {
					continue // leads to the root, or in a circle to one that is there already
				}
				if err := u.answer(s.AIA, raw, p.chain[i]); err != nil {
					continue // an ldap URL, say: no client asks that
				}
			}
			list = append(list, raw)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("the leaf has no http AIA URL that could be answered")
	}
	return list, nil
}

// answer publishes one issuer.
func (u *aiaURLs) answer(kind AIA, raw string, issuer *x509.Certificate) error {
	a := aia.Answer{Body: issuer.Raw}
	switch kind {
	case AIAPKCS7:
		der, err := pkcs7.DegenerateCertificate(issuer.Raw)
		if err != nil {
			return err
		}
		a = aia.Answer{Body: der, ContentType: aia.ContentTypePKCS7}
	case AIAPEM:
		a = aia.Answer{Body: certs.EncodePEM(issuer), ContentType: aia.ContentTypePEM}
	case AIANotFound:
		a = aia.Answer{Status: http.StatusNotFound, Body: []byte("not found\n"), ContentType: "text/plain"}
	case AIASlow:
		a.Delay = slowAnswer
	case AIASilent:
		a.Silent = true
	case AIARedirect:
		moved := raw + "-moved"
		if err := u.server.Publish(moved, a); err != nil {
			return err
		}
		a = aia.Answer{Status: http.StatusFound, Location: moved, ContentType: "text/plain"}
	case AIAAbsent, AIADER, AIAHTTPS, AIALoop, AIADead:
	}
	return u.server.Publish(raw, a)
}

// reach tells the client how to reach the AIA URLs: on this machine, by the server's port or
// by way of its proxy, or, without a server, where they really are. direct tells whether the
// URLs can be asked without a proxy.
func (u *aiaURLs) reach(ctx context.Context, v *Visit, list []string) (direct bool, err error) {
	v.AIAHosts = map[string]string{}
	direct = true
	for _, raw := range list {
		parsed, err := url.Parse(raw)
		if err != nil {
			return false, err
		}
		if u.server == nil {
			if _, err := netip.ParseAddr(parsed.Hostname()); err == nil {
				continue // an address needs no resolving
			}
			addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", parsed.Hostname())
			if err != nil {
				return false, fmt.Errorf("the AIA host %s: %w", parsed.Hostname(), err)
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
