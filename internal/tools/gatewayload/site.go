package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"path/filepath"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

const host = "cam.example.com"

// site is a camera with pictures, and the files for a gateway in front of it.
type site struct {
	dir     string
	pki     *certs.PKI
	self    *certs.Identity
	script  device.Script
	address string // of the camera
	camera  *device.Camera
	roots   *x509.CertPool
}

// pictures is the camera's script of that name, with so many connections at a time.
func pictures(connections int) device.Script {
	script := device.Snapshot()
	script.Connections = connections
	return script
}

// newSite makes the files and starts the camera.
func newSite(dir string, script device.Script) (*site, error) {
	s := &site{dir: dir, script: script, roots: x509.NewCertPool(), address: "127.0.0.1:0"}
	var err error
	if s.pki, err = certs.NewPKI(certs.PKIOptions{}); err != nil {
		return nil, err
	}
	s.roots.AddCert(s.pki.Root.Certificate)
	if s.self, err = certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"camera.local"}}); err != nil {
		return nil, err
	}
	if err := s.rewrite(); err != nil {
		return nil, err
	}
	return s, s.start()
}

// rewrite writes all files of the site: two of them may share a folder.
func (s *site) rewrite() error {
	if err := atomicfile.Replace(s.file("camera.pem"), certs.EncodePEM(s.self.Certificate), atomicfile.Public); err != nil {
		return err
	}
	return s.certify()
}

func (s *site) file(name string) string { return filepath.Join(s.dir, name) }

// certify writes a new certificate for the outside, as certbot renews it.
func (s *site) certify() error {
	leaf, err := s.pki.Issue(certs.LeafOptions{DNS: []string{host}})
	if err != nil {
		return err
	}
	chain := append(certs.EncodePEM(leaf.Certificate), certs.EncodePEM(s.pki.Chain()...)...)
	if err := atomicfile.Replace(s.file("fullchain.pem"), chain, atomicfile.Public); err != nil {
		return err
	}
	if err := atomicfile.Replace(s.file("privkey.pem"), leaf.EncodeKeyPEM(), atomicfile.Private); err != nil {
		return err
	}
	return atomicfile.Replace(s.file("fullchain.pem.key"), leaf.EncodeKeyPEM(), atomicfile.Private) // HAProxy's name for it
}

// start starts the camera, at the same address when it ran before.
func (s *site) start() error {
	c := device.NewSSLContext(device.OpenMV50)
	if err := c.LoadCertChain(s.self.DER(), s.self.KeyDER()); err != nil {
		return err
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.address = l.Addr().String()
	s.camera = device.NewCamera(device.CameraConfig{Context: c, Script: s.script})
	go func(camera *device.Camera) { _ = camera.Serve(l) }(s.camera)
	return nil
}

// client is how viewers connect.
func (s *site) client() *tls.Config { return &tls.Config{RootCAs: s.roots, ServerName: host} }
