package hostsim

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/fullchain"
)

// A serverKind is what serves a cell: what it loads, and how it starts.
type serverKind struct {
	sendsChain bool
	// hidden says that clients do not meet the camera itself, so that what it sees says nothing of
	// them.
	hidden bool
	// asControl says that the certificate is all that differs from what the positive control meets.
	asControl bool
	load      func(m *material, p *presented, c *credentials) error
	start     func(r *run, ctx context.Context, s serving) (server, error)
}

// serving is what a server is started with.
type serving struct {
	client *Client
	creds  *credentials
	camera device.CameraConfig
	page   string
	watch  *watcher
	listen func() (net.Listener, error)
}

var serverKinds = map[Server]serverKind{
	ServeLeaf:       {asControl: true, load: loadLeaf, start: startCamera},
	ServeSecondLoad: {sendsChain: true, asControl: true, load: loadChain, start: startCamera},
	ServePEM:        {sendsChain: true, load: loadPEM, start: startCamera},
	ServeOneByOne:   {sendsChain: true, load: loadChain, start: startOneByOne},
	ServeFullChain:  {sendsChain: true, load: loadSigner, start: startFullChain},
	ServeGateway:    {sendsChain: true, hidden: true, load: loadSigner, start: startGateway},
}

// loadLeaf loads the leaf alone, as the documented call does.
func loadLeaf(m *material, p *presented, c *credentials) error {
	c.context, c.sent = device.NewSSLContext(m.firmware), []*x509.Certificate{p.leaf}
	return c.context.LoadCertChain(p.cert, p.key)
}

// loadChain loads leaf and intermediates by further calls.
func loadChain(m *material, p *presented, c *credentials) error {
	if err := loadLeaf(m, p, c); err != nil {
		return err
	}
	for _, intermediate := range p.chain {
		if err := c.context.LoadCertChain(intermediate.Raw, p.key); err != nil {
			if p.own {
				return notLoading("intermediate", intermediate, err)
			}
			return err
		}
		c.sent = append(c.sent, intermediate)
	}
	return nil
}

// loadPEM loads leaf and intermediates from one file, on a firmware that reads PEM.
func loadPEM(m *material, p *presented, c *credentials) error {
	if p.signer == nil {
		return fmt.Errorf("%w: the key cannot be written in PEM here", errNotApplicable)
	}
	key, err := x509.MarshalPKCS8PrivateKey(p.signer)
	if err != nil {
		return err
	}
	load := func(list ...*x509.Certificate) (*device.SSLContext, error) {
		context := device.NewSSLContext(device.MicroPython129)
		return context, context.LoadCertChain(certs.EncodePEM(list...), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	}
	c.sent = append([]*x509.Certificate{p.leaf}, p.chain...)
	if c.context, err = load(c.sent...); err != nil {
		return p.blame(func(one *x509.Certificate) error {
			_, err := load(one)
			return err
		}, err)
	}
	return nil
}

// loadSigner gives leaf and intermediates to another server than the camera, which is not asked whether
// it would load them.
func loadSigner(_ *material, p *presented, c *credentials) error {
	if err := p.signable(); err != nil {
		return err
	}
	c.sent, c.signer = append([]*x509.Certificate{p.leaf}, p.chain...), p.signer
	return nil
}

// start starts the cell's server.
func (c *cell) start(ctx context.Context, serves serverKind, creds *credentials, nonce string, watch *watcher) (server, error) {
	page := "leafcam " + nonce + "\n"
	config := device.CameraConfig{
		Context: creds.context, Script: device.Hello(page), Tap: watch.tap.Conn,
		OnEvent: watch.event, OnReset: watch.reset, Connections: cellConnections,
	}
	if c.client.Script != nil {
		config.Script = c.client.Script(nonce)
	}
	s := serving{c.client.Client, creds, config, page, watch, func() (net.Listener, error) { return c.network.listen(c.run.Listen) }}
	server, err := serves.start(c.run, ctx, s)
	if err != nil || c.network == nil || !serves.hidden {
		return server, err
	}
	return startRelay(c.network, c.run.Listen, server)
}

func startCamera(_ *run, _ context.Context, s serving) (server, error) {
	l, err := s.listen()
	if err != nil {
		return nil, err
	}
	return serveCamera(l, s.camera), nil
}

func startOneByOne(r *run, ctx context.Context, s serving) (server, error) {
	s.camera.Connections = 1
	return startCamera(r, ctx, s)
}

func startFullChain(_ *run, _ context.Context, s serving) (server, error) {
	if s.client.Script != nil {
		return nil, fmt.Errorf("%w: the other server speaks nothing but HTTP pages", errNotApplicable)
	}
	l, err := s.listen()
	if err != nil {
		return nil, err
	}
	config := fullchain.Config{TLS: fullchain.TLS(s.creds.signer, s.creds.sent), Page: s.page, OnEvent: s.watch.event}
	return fullChain{fullchain.Start(l, config)}, nil
}

// fullChain is the other server in a cell.
type fullChain struct{ *fullchain.Server }

func (f fullChain) busy() bool { return f.Connections() > 0 }

func startGateway(r *run, ctx context.Context, s serving) (server, error) {
	if s.client.Protocol != "" {
		return nil, fmt.Errorf("%w: the gateway speaks HTTP, and the client %s", errNotApplicable, s.client.Protocol)
	}
	s.camera.OnEvent = s.watch.behindGateway
	return r.startFront(ctx, s.creds, s.camera)
}

// camera is a camera on a listener of its own.
type camera struct {
	*device.Camera
	listener net.Listener
	done     chan struct{}
}

func serveCamera(l net.Listener, config device.CameraConfig) *camera {
	c := &camera{device.NewCamera(config), l, make(chan struct{})}
	go func() {
		_ = c.Serve(l)
		close(c.done)
	}()
	return c
}

func (c *camera) busy() bool {
	serving, waiting, _ := c.Connections()
	return serving+waiting > 0
}

func (c *camera) Addr() net.Addr { return c.listener.Addr() }

func (c *camera) Close() error {
	err := c.Camera.Close()
	_ = c.listener.Close() // when it was closed before it served
	<-c.done
	return err
}
