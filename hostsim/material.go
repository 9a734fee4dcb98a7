package hostsim

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/aia"
)

// Files is what somebody wants to put on a camera, with what belongs to it.
type Files struct {
	Cert, Key []byte              // as flashed
	Leaf      *x509.Certificate   // Cert, parsed
	Chain     []*x509.Certificate // intermediates, the leaf's issuer first
	Root      *x509.Certificate   // that the chain ends at
}

// SelfSigned tells whether the leaf is its own issuer.
func (f *Files) SelfSigned() bool { return certs.SelfSigned(f.Leaf) }

// Suits tells whether a scenario can be run with the files; the reason says why not.
// Controls always can: they use a test PKI.
func (f *Files) Suits(s Scenario) (ok bool, reason string) {
	switch {
	case s.Role != RoleQuestion:
		return true, ""
	case s.Leaf == LeafSelfSigned && !f.SelfSigned():
		return false, "the leaf is not self-signed"
	case s.Leaf != LeafSelfSigned && f.SelfSigned():
		return false, "the leaf is self-signed: there is no chain to complete"
	case s.Leaf == LeafAIA && len(f.Leaf.IssuingCertificateURL) == 0:
		return false, "the leaf carries no AIA URL"
	case (s.Leaf == LeafAIA || s.Server == ServeSecondLoad || s.Trust == TrustRootStore || s.Trust == TrustStore) && len(f.Chain) == 0:
		return false, "no intermediate was given"
	}
	return true, ""
}

// material makes the certificates of the cells: from the files of a user where the
// scenario allows, else from a test PKI of its own.
type material struct {
	firmware *device.Firmware
	host     string
	keyType  certs.KeyType
	pki      *certs.PKI
	stranger *x509.Certificate // a root that has nothing to do with it
	files    *Files            // nil without a user's files
}

func newMaterial(firmware *device.Firmware, host string, keyType certs.KeyType, files *Files) (*material, error) {
	pki, err := certs.NewPKI(certs.PKIOptions{RootKey: keyType, IntermediateKeys: []certs.KeyType{keyType}})
	if err != nil {
		return nil, err
	}
	stranger, err := certs.NewPKI(certs.PKIOptions{Name: "leafcam unrelated root", Intermediates: -1})
	if err != nil {
		return nil, err
	}
	return &material{firmware, host, keyType, pki, stranger.Root.Certificate, files}, nil
}

// credentials are what the camera and the client of one cell get.
type credentials struct {
	context *device.SSLContext
	roots   []*x509.Certificate
	pinned  []*x509.Certificate
	store   []*x509.Certificate
	aiaURLs []string
}

// aiaHost is where the AIA URLs of the test PKI point to.
const aiaHost = "aia.example.com"

// cell makes the credentials of one cell. server is nil unless the scenario has an AIA
// URL that answers.
func (m *material) cell(s Scenario, server *aia.Server) (*credentials, error) {
	if m.files != nil && s.Role == RoleQuestion {
		return m.assemble(s, server, m.files)
	}
	return m.fromPKI(s, server)
}

func (m *material) fromPKI(s Scenario, server *aia.Server) (*credentials, error) {
	o := certs.LeafOptions{DNS: []string{m.host}, Key: m.keyType}
	var leaf *certs.Identity
	var err error
	switch s.Leaf {
	case LeafSelfSigned:
		leaf, err = certs.NewSelfSigned(o)
	case LeafWrongName:
		o.DNS = []string{"wrong-name.invalid"}
		leaf, err = m.pki.Issue(o)
	case LeafExpired:
		o.NotBefore, o.NotAfter = time.Now().Add(-72*time.Hour), time.Now().Add(-24*time.Hour)
		leaf, err = m.pki.Issue(o)
	case LeafAIA:
		o.AIA = fmt.Sprintf("http://%s:%d/intermediate.der", aiaHost, server.Port())
		leaf, err = m.pki.Issue(o)
	default:
		leaf, err = m.pki.Issue(o)
	}
	if err != nil {
		return nil, err
	}
	return m.assemble(s, server, &Files{
		Cert: leaf.DER(), Key: leaf.KeyDER(), Leaf: leaf.Certificate, Chain: m.pki.Chain(), Root: m.pki.Root.Certificate,
	})
}

// assemble distributes certificates to camera, client and AIA server as the scenario
// says. Only here can a client come by the intermediate.
func (m *material) assemble(s Scenario, server *aia.Server, f *Files) (*credentials, error) {
	c := &credentials{context: device.NewSSLContext(m.firmware)}
	if err := c.context.LoadCertChain(f.Cert, f.Key); err != nil {
		return nil, err
	}
	if s.Server == ServeSecondLoad {
		for _, intermediate := range f.Chain {
			if err := c.context.LoadCertChain(intermediate.Raw, f.Key); err != nil {
				return nil, err
			}
		}
	}
	switch s.Trust {
	case TrustRoot:
		c.roots = []*x509.Certificate{f.Root}
	case TrustRootStore:
		c.roots, c.store = []*x509.Certificate{f.Root}, f.Chain
	case TrustStore:
		c.store = f.Chain
	case TrustLeaf:
		c.pinned = []*x509.Certificate{f.Leaf}
	case TrustOtherRoot:
		c.roots = []*x509.Certificate{m.stranger}
	}
	if s.Leaf != LeafAIA {
		return c, nil
	}
	return c, c.publish(server, f)
}

// publish puts the issuer of each certificate at its AIA URLs. Without a server it
// only takes note of them.
func (c *credentials) publish(server *aia.Server, f *Files) error {
	for i, subject := range append([]*x509.Certificate{f.Leaf}, f.Chain...) {
		for _, u := range subject.IssuingCertificateURL {
			if server != nil && (i == len(f.Chain) || server.Publish(u, f.Chain[i].Raw) != nil) {
				continue
			}
			c.aiaURLs = append(c.aiaURLs, u)
		}
	}
	if len(c.aiaURLs) == 0 {
		return errors.New("the leaf has no http AIA URL that could be answered")
	}
	return nil
}

// reachAIA tells the client how to reach the AIA URLs: on this machine, by the server's
// port or by way of its proxy, or, without a server, where they really are. direct tells
// whether the URLs can be asked without a proxy.
func (c *credentials) reachAIA(ctx context.Context, v *Visit, server *aia.Server) (direct bool, err error) {
	v.AIAHosts = map[string]string{}
	direct = true
	for _, raw := range c.aiaURLs {
		u, err := url.Parse(raw)
		if err != nil {
			return false, err
		}
		if server == nil {
			if _, err := netip.ParseAddr(u.Hostname()); err == nil {
				continue // an address needs no resolving
			}
			addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", u.Hostname())
			if err != nil {
				return false, fmt.Errorf("the AIA host %s: %w", u.Hostname(), err)
			}
			v.AIAHosts[u.Hostname()] = addresses[0].String()
			continue
		}
		v.AIAHosts[u.Hostname()] = "127.0.0.1"
		direct = direct && u.Port() == strconv.Itoa(server.Port())
	}
	if !direct {
		v.AIAProxy = server.Addr()
	}
	return direct, nil
}
