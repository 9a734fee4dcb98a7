package delivery_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// A CA's folder becomes the files of a camera.
func ExampleRead() {
	dir, err := deliver("fullchain.pem", "privkey.pem")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	d, err := read([]string{dir}, delivery.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if d.Problem != nil {
		log.Fatal(d.Problem)
	}
	for _, item := range d.Items {
		fmt.Printf("%s: %s, %s, used as %s\n", filepath.Base(item.File), item.Kind, item.Form, item.Use)
	}
	files, err := d.CameraFiles()
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range files {
		fmt.Println(file.Name)
	}
	// Output:
	// fullchain.pem: certificate, PEM, used as leaf
	// fullchain.pem: certificate, PEM, used as chain
	// privkey.pem: private key, PEM, used as key
	// server.der
	// server.key.der
	// chain.pem
	// fullchain.pem
	// intermediate-1.der
}

// deliver makes a folder with a leaf, its intermediate and its key, as an ACME client does.
func deliver(fullchain, privkey string) (dir string, err error) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	if err != nil {
		return "", err
	}
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	if err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp("", "leafcam-"); err != nil {
		return "", err
	}
	_, err = delivery.WriteFiles(dir, []delivery.File{
		{Name: fullchain, Data: certs.EncodePEM(leaf.Certificate, pki.Chain()[0]), Mode: 0o644},
		{Name: privkey, Data: leaf.EncodeKeyPEM(), Mode: 0o600},
	}, false)
	return dir, err
}
