package certs_test

import (
	"crypto/x509"
	"fmt"
	"log"

	"github.com/leafcam/leafcam/certs"
)

// A leaf with two intermediates between it and the root.
func ExampleNewPKI() {
	pki, err := certs.NewPKI(certs.PKIOptions{Intermediates: 2})
	if err != nil {
		log.Fatal(err)
	}
	leaf, err := pki.Issue(certs.LeafOptions{
		DNS: []string{"cam.example.com"},
		AIA: "http://aia.example.com/intermediate.der",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(leaf.Certificate.DNSNames[0])
	for _, c := range pki.Chain() {
		fmt.Println(c.Subject.CommonName)
	}
	fmt.Println(pki.Root.Certificate.Subject.CommonName)

	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), DNSName: "cam.example.com"}
	options.Roots.AddCert(pki.Root.Certificate)
	_, err = leaf.Certificate.Verify(options)
	fmt.Println("without intermediates it verifies:", err == nil)
	for _, c := range pki.Chain() {
		options.Intermediates.AddCert(c)
	}
	_, err = leaf.Certificate.Verify(options)
	fmt.Println("with them it verifies:", err == nil)
	// Output:
	// cam.example.com
	// leafcam test root, intermediate 1
	// leafcam test root, intermediate 2
	// leafcam test root
	// without intermediates it verifies: false
	// with them it verifies: true
}
