package preflight_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// What `leafcam check` would say of a folder.
func ExampleCheck() {
	dir, err := deliver()
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	d, err := delivery.Read(context.Background(), []string{dir}, delivery.Options{})
	if err != nil {
		log.Fatal(err)
	}
	subject, err := preflight.FromDelivery(d)
	if err != nil {
		log.Fatal(err)
	}
	report := preflight.Check(context.Background(), subject, preflight.Options{Host: "cam.example.com"})
	fmt.Println("the camera loads it:", report.Loads)
	fmt.Println("links that it does not send:", report.Missing)
	for _, f := range report.Findings {
		fmt.Printf("%s [%s]\n", f.Severity, f.Code)
	}
	for _, reach := range report.Forecast {
		if reach.Family == "go" {
			for _, f := range reach.Outcomes {
				fmt.Printf("%s: %s %s\n", reach.Family, f.Cure, f.Outcome)
			}
		}
	}
	// Output:
	// the camera loads it: true
	// links that it does not send: 1
	// warning [no-aia]
	// warning [intermediate-not-sent]
	// note [pem-delivery]
	// note [pem-delivery]
	// note [private-root]
	// go: leaf-only refuses
	// go: second-load completes
	// go: pem-firmware completes
	// go: gateway completes
	// go: store completes
	// go: self-signed completes
}

// deliver makes a folder with a leaf, its intermediate, their root and the key.
func deliver() (dir string, err error) {
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
		{Name: "fullchain.pem", Data: certs.EncodePEM(leaf.Certificate, pki.Chain()[0], pki.Root.Certificate), Mode: 0o644},
		{Name: "privkey.pem", Data: leaf.EncodeKeyPEM(), Mode: 0o600},
	}, false)
	return dir, err
}
