package hostsim

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
)

// Given are the certificates of a scenario that brings its own: a question to a client, whatever a camera
// would make of them.
type Given struct {
	Host  string              // that the client connects to
	Key   crypto.Signer       // the leaf's
	Sent  []*x509.Certificate // by the server, the leaf first
	Roots []*x509.Certificate // trust anchors
	Store []*x509.Certificate // intermediates that the client is given besides
}

func (g *Given) presented() (*presented, error) {
	if len(g.Sent) == 0 || len(g.Roots) == 0 {
		return nil, errors.New("a scenario that brings certificates needs a leaf and a root")
	}
	id := &certs.Identity{Certificate: g.Sent[0], Key: g.Key}
	return &presented{
		cert: id.DER(), key: id.KeyDER(), leaf: g.Sent[0], signer: g.Key, chain: g.Sent[1:], root: g.Roots[0], given: g,
	}, nil
}

// givenServer is crypto/tls, which sends anything; for clients that speak no HTTP it is the camera, which
// has to load it.
var givenServer = serverKind{sendsChain: true, load: loadGiven, start: startGiven}

func loadGiven(m *material, p *presented, c *credentials) error {
	c.sent, c.signer = p.given.Sent, p.signer
	c.context = device.NewSSLContext(m.firmware)
	for _, sent := range p.given.Sent {
		if err := c.context.LoadCertChain(sent.Raw, p.key); err != nil {
			c.context = nil
			return nil
		}
	}
	return nil
}

func startGiven(r *run, ctx context.Context, s serving) (server, error) {
	if s.client.Script == nil {
		return startFullChain(r, ctx, s)
	}
	if s.creds.context == nil {
		return nil, errNotLoadedGiven
	}
	return startCamera(r, ctx, s)
}

var errNotLoadedGiven = errors.New("the camera does not load what is to be sent")
