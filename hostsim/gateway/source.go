package gateway

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/certname"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// A source is where a certificate and its key come from, now and when they are renewed.
type source interface {
	// read returns what is there now. Nobody has to be asked by it again and again: asked says that somebody wants
	// to know now.
	read(asked bool) (reading, error)
	// chain is the file, or the place, that has the chain.
	chain() string
}

// A reading is what a look at the source found.
type reading struct {
	problem                                  // that it is, where it cannot be taken
	parse   func() (*tls.Certificate, error) // called once for the same contents
}

// contents reports whether the certificate or its key is something else than before. A file's time does
// not: some file systems count it in steps that two writes fit into.
type contents [2][sha256.Size]byte

// A problem is why a look did not take what is in the files: they could not be read, or their
// contents are not to be served.
type problem struct {
	unread   [2]bool
	contents contents
}

// LoadPair reads a certificate, with its issuers where the file holds them, and its private key in
// PEM or DER. It fails when they do not belong together.
func LoadPair(chainFile, keyFile string) (*tls.Certificate, error) {
	found, err := pairFiles{chainFile, keyFile}.read(true)
	if err != nil {
		return nil, err
	}
	return found.parse()
}

// pairFiles are a file with the certificate and its issuers, and one with its private key.
type pairFiles struct{ chainFile, keyFile string }

func (f pairFiles) chain() string { return f.chainFile }

// read reads both files at every look: they are small.
func (f pairFiles) read(bool) (reading, error) {
	var files [2][]byte
	var chainErr, keyErr error
	files[0], chainErr = inputfile.Read(f.chainFile, inputfile.Small)
	files[1], keyErr = inputfile.Read(f.keyFile, inputfile.Small)
	return reading{
		problem{unread: [2]bool{files[0] == nil, files[1] == nil}, contents: contentsOf(files)},
		func() (*tls.Certificate, error) { return parsePair(f.chainFile, f.keyFile, files) },
	}, errors.Join(chainErr, keyErr)
}

func contentsOf(files [2][]byte) (sums contents) {
	for i, data := range files {
		sums[i] = sha256.Sum256(data)
	}
	return sums
}

func parsePair(chainFile, keyFile string, files [2][]byte) (*tls.Certificate, error) {
	list, err := certs.ParseCertificates(files[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", chainFile, err)
	}
	key, err := delivery.ParsePrivateKey(files[1])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyFile, err)
	}
	leaf, err := delivery.NewCertificate(list[0].Raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", chainFile, err)
	}
	if !key.Fits(leaf) {
		return nil, fmt.Errorf("%s is not the private key of the first certificate in %s, \"%s\"", keyFile, chainFile, certname.Title(list[0]))
	}
	pair := &tls.Certificate{PrivateKey: key.Signer, Leaf: list[0]}
	for _, c := range inOrder(list) {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}

// inOrder returns what is to be sent: the leaf and its issuers, without a root.
func inOrder(list []*x509.Certificate) []*x509.Certificate {
	chain, _ := certs.BuildChain(list[0], list[1:])
	return append(list[:1:1], chain...)
}
