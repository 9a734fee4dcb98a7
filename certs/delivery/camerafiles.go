package delivery

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// Names of the files that a camera gets, and those for what stands in front of it.
const (
	CameraCert = "server.der"
	CameraKey  = "server.key.der"
	ChainFile  = "chain.pem"
	FullChain  = "fullchain.pem"
	RootFile   = "root.pem"
)

// IntermediateFile is the name of the file with the nth intermediate, for the second load.
func IntermediateFile(n int) string { return fmt.Sprintf("intermediate-%d.der", n) }

// A File is a file to be written.
type File struct {
	Name string
	Data []byte
	Mode os.FileMode
}

// CameraFiles returns what a delivery becomes: server.der and server.key.der in forms that
// every firmware loads; chain.pem with the intermediates, fullchain.pem for a gateway, and
// intermediate-N.der for the second load, where the delivery has a chain; root.pem, where it came with a root
// that is no public one. The same delivery
// gives the same octets.
func (d *Delivery) CameraFiles() ([]File, error) {
	if d.Key == nil {
		if place := cmp.Or(d.misheldKey(), d.unreadKey()); place != "" {
			return nil, fmt.Errorf("the delivery has no private key: %s", place)
		}
		return nil, errors.New("the delivery has no private key: name its file as well")
	}
	key, err := d.Key.CameraDER()
	if err != nil {
		return nil, err
	}
	files := []File{{CameraCert, d.Leaf.Raw, atomicfile.Public}, {CameraKey, key, atomicfile.Private}}
	if d.Root != nil && certs.PublicRoot(d.Top()) == nil {
		files = append(files, File{RootFile, certs.EncodePEM(d.Root), atomicfile.Public}) // clients have to be given it
	}
	if len(d.Chain) == 0 {
		return files, nil
	}
	files = append(files,
		File{ChainFile, certs.EncodePEM(d.Chain...), atomicfile.Public},
		File{FullChain, certs.EncodePEM(append([]*x509.Certificate{d.Leaf.Parsed}, d.Chain...)...), atomicfile.Public})
	for i, c := range d.Chain {
		files = append(files, File{IntermediateFile(i + 1), c.Raw, atomicfile.Public})
	}
	return files, nil
}

// CameraDER returns the key as every camera loads it, see [certs.MarshalKey], or as it came where Go cannot write
// it anew.
func (k *PrivateKey) CameraDER() ([]byte, error) {
	if k.Signer == nil {
		return k.DER, nil
	}
	return certs.MarshalKey(k.Signer)
}

// LoadingLines returns the MicroPython that loads a camera's files, a line each; with
// intermediates, the second load follows (CAMERA.md section 1.4).
func LoadingLines(intermediates int) []string {
	lines := []string{
		"import ssl",
		"context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)",
		fmt.Sprintf("context.load_cert_chain(%q, %q)", CameraCert, CameraKey),
	}
	return append(lines, SecondLoadLines(intermediates)...)
}

// SecondLoadLines returns those of [LoadingLines] that load the intermediates.
func SecondLoadLines(intermediates int) (lines []string) {
	for i := range intermediates {
		lines = append(lines, fmt.Sprintf("context.load_cert_chain(%q, %q)", IntermediateFile(i+1), CameraKey))
	}
	return lines
}

// WriteFiles writes files into a folder, which is made when it does not exist, each at once or
// not at all. A file that is there with the same content stays; where one has another content
// nothing is written and the error is ErrExists, unless replace is set. It returns the names of
// the files that were written. All are on disk before the first one gets its name.
func WriteFiles(dir string, files []File, replace bool) (written []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var todo []atomicfile.File
	var names []string
	later := func(f File, replace bool) {
		todo = append(todo, atomicfile.File{Path: filepath.Join(dir, f.Name), Data: f.Data, Mode: f.Mode, Replace: replace})
		names = append(names, f.Name)
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		info, err := os.Lstat(path)
		if err != nil {
			later(f, false)
			continue
		}
		same := false
		if info.Mode().IsRegular() {
			there, err := inputfile.Read(path, int64(len(f.Data)))
			if err != nil && !errors.Is(err, inputfile.ErrTooLarge) {
				return nil, err
			}
			same = err == nil && bytes.Equal(there, f.Data)
		}
		switch {
		case same && info.Mode().Perm()&^f.Mode == 0:
		case same || replace:
			later(f, true)
		default:
			return nil, fmt.Errorf("%s: %w with another content", path, atomicfile.ErrExists)
		}
	}
	named, err := atomicfile.WriteAll(todo)
	return names[:named], err
}

// IdentityFiles returns name.cert.der, name.cert.pem, name.key.der and name.key.pem of a certificate
// with its key.
func IdentityFiles(id *certs.Identity, name string) []File {
	return []File{
		{name + ".cert.der", id.DER(), atomicfile.Public},
		{name + ".cert.pem", certs.EncodePEM(id.Certificate), atomicfile.Public},
		{name + ".key.der", id.KeyDER(), atomicfile.Private},
		{name + ".key.pem", id.EncodeKeyPEM(), atomicfile.Private},
	}
}

// WriteIdentity writes [IdentityFiles] into a folder, as [WriteFiles] does.
func WriteIdentity(id *certs.Identity, dir, name string, replace bool) error {
	_, err := WriteFiles(dir, IdentityFiles(id, name), replace)
	return err
}
