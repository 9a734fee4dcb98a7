package hostsim

import (
	"cmp"
	"crypto"
	"crypto/x509"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/verdict"
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

// pki returns the test PKI of a plan, and the key type of its leaf.
func (m *material) pki(p pkiPlan) (pki *certs.PKI, leafKey certs.KeyType, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	leafKey = cmp.Or(p.key, m.keyType)
	kind := shape{leafKey, p.intermediates}
	if pki = m.pkis[kind]; pki != nil {
		return pki, leafKey, nil
	}
	if p.generationY {
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
	roots   []*x509.Certificate
	pinned  []*x509.Certificate
	store   []*x509.Certificate
	sent    []*x509.Certificate // by the server
	signer  crypto.Signer       // the leaf's key, for another server than the camera
}

// served is what the server presents, with the rest of its chain.
func (c *credentials) served(p *presented) *verdict.Served {
	s := verdict.NewServed(c.sent, append(slices.Clone(p.chain), p.root))
	s.WrongKey = p.wrongKey
	return s
}

// presented is what a server presents, with the key; and what is around it.
type presented struct {
	cert, key []byte
	leaf      *x509.Certificate
	signer    crypto.Signer // nil for a user's key that Go cannot parse
	chain     []*x509.Certificate
	root      *x509.Certificate
	given     *Given // nil unless the scenario brought it
	own       bool   // the files are a user's
	wrongKey  bool   // the key is not the leaf's
}

// cell makes the certificates of one cell. urls is nil unless AIA URLs are needed.
func (m *material) cell(p plan, urls *aiaURLs) (*presented, error) {
	if p.given != nil {
		return p.given.presented()
	}
	if m.files == nil || !p.asks.question {
		return m.fromPKI(p, urls)
	}
	f := m.files
	shown := &presented{
		cert: f.Cert, key: f.Key, leaf: f.Leaf, chain: f.Chain, root: f.Root,
		own: true, wrongKey: f.wrongKey(m.firmware),
	}
	if key, err := certs.ParseKey(f.Key); err == nil {
		shown.signer = key
	}
	return shown, nil
}

func (m *material) fromPKI(p plan, urls *aiaURLs) (*presented, error) {
	pki, key, err := m.pki(p.pki)
	if err != nil {
		return nil, err
	}
	o := certs.LeafOptions{DNS: []string{m.host}, Key: key}
	if address, ok := hostAddress(m.host); ok {
		o.DNS, o.IPs = nil, []net.IP{address.AsSlice()}
	}
	if p.aia.asked {
		o.AIA = urls.at(0)
		if pki, err = p.aia.certify(m, pki, urls); err != nil {
			return nil, err
		}
	}
	leaf, err := p.leaf.issue(pki, o)
	if err != nil {
		return nil, err
	}
	return &presented{
		cert: leaf.DER(), key: leaf.KeyDER(), leaf: leaf.Certificate, signer: leaf.Key, chain: pki.Chain(), root: pki.Root.Certificate,
	}, nil
}

// A leafKind is how a leaf is issued.
type leafKind struct {
	selfSigned, isCA bool
	issue            func(pki *certs.PKI, o certs.LeafOptions) (*certs.Identity, error)
}

var leafKinds = map[Leaf]leafKind{
	LeafPlain: {issue: (*certs.PKI).Issue},
	LeafSelfSigned: {
		selfSigned: true,
		issue:      func(_ *certs.PKI, o certs.LeafOptions) (*certs.Identity, error) { return certs.NewSelfSigned(o) },
	},
	LeafSelfSignedCA: {
		selfSigned: true, isCA: true,
		issue: func(_ *certs.PKI, o certs.LeafOptions) (*certs.Identity, error) { return certs.NewSelfSignedCA(o) },
	},
	LeafWrongName: {issue: func(pki *certs.PKI, o certs.LeafOptions) (*certs.Identity, error) {
		if len(o.IPs) == 0 {
			o.DNS = []string{"wrong-name.invalid"}
			return pki.Issue(o)
		}
		o.IPs = []net.IP{neighbour(o.IPs[0])}
		return pki.Issue(o)
	}},
	LeafExpired: {issue: func(pki *certs.PKI, o certs.LeafOptions) (*certs.Identity, error) {
		o.NotBefore, o.NotAfter = time.Now().Add(-72*time.Hour), time.Now().Add(-24*time.Hour)
		return pki.Issue(o)
	}},
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

// assemble distributes certificates to server and client. Only here can a client come by the
// intermediate.
func (m *material) assemble(serves serverKind, trusts trustKind, p *presented) (*credentials, error) {
	c := &credentials{}
	if err := serves.load(m, p, c); err != nil {
		return nil, err
	}
	if p.given != nil {
		c.roots, c.store = p.given.Roots, p.given.Store
		return c, nil
	}
	if trusts.root {
		c.roots = []*x509.Certificate{p.root}
	}
	if trusts.stranger {
		c.roots = []*x509.Certificate{m.stranger.Root.Certificate}
	}
	if trusts.store {
		c.store = p.chain
	}
	if trusts.leaf {
		c.pinned = []*x509.Certificate{p.leaf}
	}
	return c, nil
}

// A trustKind is what a client is given.
type trustKind struct {
	root, store, leaf bool
	stranger          bool // a root that has nothing to do with it
	// refused is what a refusal means that names no particular cause.
	refused verdict.Cause
}

var trustKinds = map[Trust]trustKind{
	TrustRoot:      {root: true},
	TrustRootStore: {root: true, store: true},
	TrustStore:     {store: true, refused: verdict.CauseNoAnchor},
	TrustLeaf:      {leaf: true, refused: verdict.CauseNotPinned},
	TrustOtherRoot: {stranger: true},
	TrustNothing:   {refused: verdict.CauseUnknown},
}
