package hostsim

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
)

// material makes the certificates of the cells: from the files of a user where the
// scenario allows, else from a test PKI of its own.
type material struct {
	firmware *device.Firmware
	host     string
	keyType  certs.KeyType
	stranger *certs.PKI // has nothing to do with the others
	files    *Files     // nil without a user's files

	mu   sync.Mutex
	pkis map[shape]*certs.PKI // made when first needed
}

// shape is what tells one test PKI from another.
type shape struct {
	key     certs.KeyType
	missing int
}

func newMaterial(firmware *device.Firmware, host string, keyType certs.KeyType, files *Files) (*material, error) {
	stranger, err := certs.NewPKI(certs.PKIOptions{Name: "leafcam unrelated root", Intermediates: -1})
	if err != nil {
		return nil, err
	}
	return &material{firmware: firmware, host: host, keyType: keyType, stranger: stranger, files: files, pkis: map[shape]*certs.PKI{}}, nil
}

// pki returns the test PKI of a scenario. One missing intermediate is a plain PKI; two and
// three are those of Let's Encrypt's Generation Y, with its key types.
func (m *material) pki(s Scenario) (pki *certs.PKI, leafKey certs.KeyType, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	leafKey = m.keyType
	if s.Key != "" {
		leafKey = s.Key
	}
	switch s.Missing {
	case 2:
		leafKey = certs.RSA2048
	case 3:
		leafKey = certs.ECDSAP256
	}
	kind := shape{leafKey, s.Missing}
	if pki = m.pkis[kind]; pki != nil {
		return pki, leafKey, nil
	}
	if s.Missing > 1 {
		pki, err = certs.NewGenerationY(leafKey)
	} else {
		pki, err = certs.NewPKI(certs.PKIOptions{RootKey: leafKey, IntermediateKeys: []certs.KeyType{leafKey}})
	}
	if err == nil {
		m.pkis[kind] = pki
	}
	return pki, leafKey, err
}

// credentials are what server and client of one cell get.
type credentials struct {
	context *device.SSLContext // of the camera
	config  *tls.Config        // of the other server
	roots   []*x509.Certificate
	pinned  []*x509.Certificate
	store   []*x509.Certificate
	sent    []*x509.Certificate // by the server
	signer  crypto.Signer       // the leaf's key, for a gateway
}

// served is what the server presents, with the rest of its chain.
func (c *credentials) served(p *presented) *Served {
	return NewServed(c.sent, append(slices.Clone(p.chain), p.root))
}

// presented is what a server presents, with the key; and what is around it.
type presented struct {
	cert, key []byte
	leaf      *x509.Certificate
	signer    crypto.Signer // nil for a user's key that Go cannot parse
	chain     []*x509.Certificate
	root      *x509.Certificate
}

// cell makes the certificates of one cell. urls is nil unless AIA URLs are needed.
func (m *material) cell(s Scenario, urls *aiaURLs) (*presented, error) {
	if m.files == nil || s.Role != RoleQuestion {
		return m.fromPKI(s, urls)
	}
	f := m.files
	p := &presented{cert: f.Cert, key: f.Key, leaf: f.Leaf, chain: f.Chain, root: f.Root}
	if key, err := certs.ParseKey(f.Key); err == nil {
		p.signer = key
	}
	return p, nil
}

func (m *material) fromPKI(s Scenario, urls *aiaURLs) (*presented, error) {
	pki, key, err := m.pki(s)
	if err != nil {
		return nil, err
	}
	o := certs.LeafOptions{DNS: []string{m.host}, Key: key}
	if s.AIA != AIAAbsent {
		o.AIA = urls.at(0)
		if s.AIA == AIALoop {
			pki, err = m.circle(pki, urls)
		} else {
			pki, err = pki.WithAIA(func(i int) string {
				if i+1 == len(pki.Intermediates) {
					return "" // a root needs no URL
				}
				return urls.at(i + 1)
			})
		}
		if err != nil {
			return nil, err
		}
	}
	var leaf *certs.Identity
	switch s.Leaf {
	case LeafSelfSigned:
		leaf, err = certs.NewSelfSigned(o)
	case LeafSelfSignedCA:
		leaf, err = certs.NewSelfSignedCA(o)
	case LeafWrongName:
		o.DNS = []string{"wrong-name.invalid"}
		leaf, err = pki.Issue(o)
	case LeafExpired:
		o.NotBefore, o.NotAfter = time.Now().Add(-72*time.Hour), time.Now().Add(-24*time.Hour)
		leaf, err = pki.Issue(o)
	default:
		leaf, err = pki.Issue(o)
	}
	if err != nil {
		return nil, err
	}
	return &presented{leaf.DER(), leaf.KeyDER(), leaf.Certificate, leaf.Key, pki.Chain(), pki.Root.Certificate}, nil
}

// circle returns a PKI whose intermediate is signed by a stranger, whom the intermediate
// has signed in turn. The root has nothing to do with it.
func (m *material) circle(pki *certs.PKI, urls *aiaURLs) (*certs.PKI, error) {
	a, b := pki.Intermediates[0], m.stranger.Root
	ab, err := certs.Recertify(a, b, certs.RecertifyOptions{AIA: urls.at(1)})
	if err != nil {
		return nil, err
	}
	ba, err := certs.Recertify(b, a, certs.RecertifyOptions{AIA: urls.at(0)})
	if err != nil {
		return nil, err
	}
	return &certs.PKI{Root: pki.Root, Intermediates: []*certs.Identity{ab, ba}}, nil
}

// assemble distributes certificates to server and client as the scenario says. Only here
// can a client come by the intermediate.
func (m *material) assemble(s Scenario, p *presented) (*credentials, error) {
	c := &credentials{context: device.NewSSLContext(m.firmware), sent: []*x509.Certificate{p.leaf}}
	if err := c.context.LoadCertChain(p.cert, p.key); err != nil {
		return nil, err
	}
	if s.Server == ServePEM {
		c.sent = append(c.sent, p.chain...)
		key, err := x509.MarshalPKCS8PrivateKey(p.signer)
		if err != nil {
			return nil, err
		}
		c.context = device.NewSSLContext(device.MicroPython129)
		keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
		return m.trust(s, p, c), c.context.LoadCertChain(certs.EncodePEM(c.sent...), keyPEM)
	}
	if s.Server.SendsChain() {
		for _, intermediate := range p.chain {
			if err := c.context.LoadCertChain(intermediate.Raw, p.key); err != nil {
				return nil, err
			}
			c.sent = append(c.sent, intermediate)
		}
	}
	if s.Server == ServeFullChain || s.Server == ServeGateway {
		if p.signer == nil {
			return nil, errors.New("crypto/tls cannot serve with this key")
		}
		c.signer = p.signer
		c.config = FullChainTLS(p.signer, c.sent)
	}
	return m.trust(s, p, c), nil
}

// trust gives the client what the scenario has for it.
func (m *material) trust(s Scenario, p *presented, c *credentials) *credentials {
	switch s.Trust {
	case TrustRoot:
		c.roots = []*x509.Certificate{p.root}
	case TrustRootStore:
		c.roots, c.store = []*x509.Certificate{p.root}, p.chain
	case TrustStore:
		c.store = p.chain
	case TrustLeaf:
		c.pinned = []*x509.Certificate{p.leaf}
	case TrustOtherRoot:
		c.roots = []*x509.Certificate{m.stranger.Root.Certificate}
	case TrustNothing:
	}
	return c
}
