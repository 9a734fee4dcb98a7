package hostsim

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/gateway"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// A Front stands between the clients and the camera and serves the whole chain. It is started
// for each cell: it returns the port that it listens on, on f.Listen, and how to stop it.
type Front func(ctx context.Context, f FrontConfig) (port int, stop func(), err error)

// FrontConfig is what a Front is given.
type FrontConfig struct {
	Dir            string // temporary, its own
	Listen         string // IP address
	FullChain, Key string // PEM files of what it serves
	Camera         string // host:port
	CameraCert     string // PEM file with what the camera presents, to be pinned
}

// builtIn is the Front that is used unless another one is given: package gateway.
func builtIn(_ context.Context, f FrontConfig) (port int, stop func(), err error) {
	pin, err := gateway.ReadPin(f.CameraCert, false)
	if err != nil {
		return 0, nil, err
	}
	g, err := gateway.New(gateway.Config{FullChain: f.FullChain, Key: f.Key, Camera: f.Camera, Pin: pin, Connections: cellConnections})
	if err != nil {
		return 0, nil, err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(f.Listen, "0"))
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = g.Serve(ctx, l)
	}()
	return l.Addr().(*net.TCPAddr).Port, func() {
		cancel()
		<-ended
	}, nil
}

// behindFront is a camera with a Front before it, as one server.
type behindFront struct {
	camera *camera
	port   int
	stop   func()
	dir    string
}

// Addr is where the Front listens.
func (b *behindFront) Addr() net.Addr { return &net.TCPAddr{Port: b.port} }

// Close ends both.
func (b *behindFront) Close() error {
	if b.stop == nil {
		return nil
	}
	b.stop()
	b.stop = nil
	err := b.camera.Close()
	_ = os.RemoveAll(b.dir)
	return err
}

// startFront starts a camera with a self-signed certificate, and the Front.
func (r *run) startFront(ctx context.Context, creds *credentials, config device.CameraConfig) (server, error) {
	dir, err := os.MkdirTemp(r.home, "front")
	if err != nil {
		return nil, err
	}
	c := FrontConfig{
		Dir: dir, Listen: r.Listen, FullChain: filepath.Join(dir, "fullchain.pem"),
		Key: filepath.Join(dir, "privkey.pem"), CameraCert: filepath.Join(dir, "camera.pem"),
	}
	self, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"camera.local"}})
	if err != nil {
		return nil, err
	}
	config.Context = device.NewSSLContext(r.Firmware)
	if err := config.Context.LoadCertChain(self.DER(), self.KeyDER()); err != nil {
		return nil, err
	}
	served := &certs.Identity{Certificate: creds.sent[0], Key: creds.signer}
	for path, data := range map[string][]byte{
		c.FullChain: certs.EncodePEM(creds.sent...), c.Key: served.EncodeKeyPEM(),
		c.CameraCert: certs.EncodePEM(self.Certificate),
	} {
		if err := os.WriteFile(path, data, atomicfile.Private); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c.Camera = l.Addr().String()
	cam := serveCamera(l, config)
	front := r.Front
	if front == nil {
		front = builtIn
	}
	port, stop, err := front(ctx, c)
	if err != nil {
		_ = cam.Close()
		return nil, fmt.Errorf("the gateway: %w", err)
	}
	return &behindFront{cam, port, stop, dir}, nil
}
