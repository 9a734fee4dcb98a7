package gateway_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/gateway"
)

// A camera with a self-signed certificate behind a gateway with the full chain.
func ExampleGateway() {
	camera, own, err := startCamera()
	if err != nil {
		log.Fatal(err)
	}
	defer camera.Close()
	dir, root, err := fullChain()
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	g, err := gateway.New(gateway.Config{
		FullChain: filepath.Join(dir, "fullchain.pem"),
		Key:       filepath.Join(dir, "privkey.pem"),
		Camera:    camera.Addr().String(),
		Pin:       gateway.NewPin(own, false),
	})
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- g.Serve(ctx, l) }()

	roots := x509.NewCertPool()
	roots.AddCert(root)
	client := http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, ServerName: "cam.example.com"},
		DisableKeepAlives: true,
	}}
	response, err := client.Get("https://" + l.Addr().String() + "/")
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s with %d certificates: %s", response.Status, len(response.TLS.PeerCertificates), page)

	stop()
	fmt.Println("stopped:", <-served)
	// Output:
	// 200 OK with 2 certificates: hello
	// stopped: <nil>
}

// startCamera starts a camera with a self-signed certificate, and returns that, too.
func startCamera() (*device.Camera, *x509.Certificate, error) {
	own, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"camera.local"}})
	if err != nil {
		return nil, nil, err
	}
	c := device.NewSSLContext(device.OpenMV50)
	if err := c.LoadCertChain(own.DER(), own.KeyDER()); err != nil {
		return nil, nil, err
	}
	camera, err := device.Start(device.CameraConfig{Context: c})
	return camera, own.Certificate, err
}

// fullChain makes a folder with what a CA hands over for the gateway, and returns the root, too.
func fullChain() (dir string, root *x509.Certificate, err error) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	if err != nil {
		return "", nil, err
	}
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	if err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp("", "leafcam-"); err != nil {
		return "", nil, err
	}
	_, err = delivery.WriteFiles(dir, []delivery.File{
		{Name: "fullchain.pem", Data: certs.EncodePEM(leaf.Certificate, pki.Chain()[0]), Mode: 0o644},
		{Name: "privkey.pem", Data: leaf.EncodeKeyPEM(), Mode: 0o600},
	}, false)
	return dir, pki.Root.Certificate, err
}
