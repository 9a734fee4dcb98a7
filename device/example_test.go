package device_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
)

// A client that trusts the root meets a camera that sends its leaf alone.
func ExampleCamera() {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	if err != nil {
		log.Fatal(err)
	}
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	if err != nil {
		log.Fatal(err)
	}

	context := device.NewSSLContext(device.OpenMV50)
	if err := context.LoadCertChain(leaf.DER(), leaf.KeyDER()); err != nil {
		log.Fatal(err) // the text that the camera would print
	}
	events := make(chan trace.Event, 1)
	camera, err := device.Start(device.CameraConfig{Context: context, OnEvent: func(e trace.Event) { events <- e }})
	if err != nil {
		log.Fatal(err)
	}
	defer camera.Close()

	roots := x509.NewCertPool()
	roots.AddCert(pki.Root.Certificate)
	client := http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "cam.example.com"},
	}}
	url, err := camera.URL()
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Get(url)
	fmt.Println("the issuer is unknown:", errors.As(err, new(x509.UnknownAuthorityError)))

	event := <-events
	fmt.Println("the camera was asked for:", event.ClientHello.ServerName)
	fmt.Println("it chose:", event.Chosen.SuiteName)
	fmt.Println("the handshake was completed:", event.Complete)
	// Output:
	// the issuer is unknown: true
	// the camera was asked for: cam.example.com
	// it chose: TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384
	// the handshake was completed: false
}

// The second load makes the camera send the intermediate, too.
func ExampleSSLContext_LoadCertChain() {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	if err != nil {
		log.Fatal(err)
	}
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	if err != nil {
		log.Fatal(err)
	}

	context := device.NewSSLContext(device.OpenMV50)
	for _, cert := range [][]byte{leaf.DER(), pki.Chain()[0].Raw} {
		if err := context.LoadCertChain(cert, leaf.KeyDER()); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("certificates:", len(context.Chain()))
	fmt.Println("key:", context.KeyKind())

	err = context.LoadCertChain(leaf.DER(), []byte("no key"))
	fmt.Println(err)
	// Output:
	// certificates: 2
	// key: EC secp256r1
	// ValueError: invalid key
}
