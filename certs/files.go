package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// EncodePEM returns the certificates in PEM, in the order given.
func EncodePEM(list ...*x509.Certificate) []byte {
	var out bytes.Buffer
	for _, c := range list {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a Buffer takes everything
	}
	return out.Bytes()
}

// EncodeKeyPEM returns the private key in PKCS#8 PEM.
func (i *Identity) EncodeKeyPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: i.KeyDER()})
}

// ReadCertificates reads a file with certificates in PEM, text around them allowed, or
// one or more in DER.
func ReadCertificates(path string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	list, err := ParseCertificates(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// ParseCertificates reads certificates in PEM, text around them allowed, or one or
// more in DER.
func ParseCertificates(data []byte) ([]*x509.Certificate, error) {
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		list, err := x509.ParseCertificates(data)
		if err != nil || len(list) == 0 {
			return nil, errors.New("no certificate in PEM or DER")
		}
		return list, nil
	}
	var list []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(list)+1, err)
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errors.New("PEM, but without a certificate")
	}
	return list, nil
}

// ErrExists is what a write returns that would replace a file.
var ErrExists = errors.New("the file exists already")

// Modes of the files that are written.
const (
	ModeKey  fs.FileMode = 0o600
	ModeCert fs.FileMode = 0o644
)

// WriteNew writes a file atomically and never over an existing one: then the error
// is ErrExists with the path.
func WriteNew(path string, data []byte, mode fs.FileMode) error {
	tmp, err := writeTemporary(path, data, mode)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	// A hard link is made only where nothing is.
	if err := os.Link(tmp, path); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", path, ErrExists)
	} else if err == nil {
		return nil
	}
	// The file system has no hard links.
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	return os.Rename(tmp, path)
}

// Replace writes a file atomically, in the place of an existing one.
func Replace(path string, data []byte, mode fs.FileMode) error {
	tmp, err := writeTemporary(path, data, mode)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return err
	}
	return nil
}

// writeTemporary writes the content to a new file beside path, on disk.
func writeTemporary(path string, data []byte, mode fs.FileMode) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".leafcam-*")
	if err != nil {
		return "", err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := f.Chmod(mode); err != nil {
		return "", err
	}
	if _, err := f.Write(data); err != nil {
		return "", err
	}
	return f.Name(), f.Sync()
}

// Files returns name.cert.der, name.cert.pem, name.key.der and name.key.pem.
func (i *Identity) Files(name string) []File {
	return []File{
		{name + ".cert.der", i.DER(), ModeCert},
		{name + ".cert.pem", EncodePEM(i.Certificate), ModeCert},
		{name + ".key.der", i.KeyDER(), ModeKey},
		{name + ".key.pem", i.EncodeKeyPEM(), ModeKey},
	}
}

// WriteIdentity writes the identity's Files into dir, as [WriteFiles] does.
func (i *Identity) WriteIdentity(dir, name string, replace bool) error {
	_, err := WriteFiles(dir, i.Files(name), replace)
	return err
}

// ParseKeyPEM returns the DER of the first private key in PEM. Encrypted keys are
// refused.
func ParseKeyPEM(data []byte) ([]byte, error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		var err error
		switch block.Type {
		case "PRIVATE KEY":
			_, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			_, err = x509.ParseECPrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			_, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "ENCRYPTED PRIVATE KEY":
			return nil, errors.New("the private key is encrypted; decrypt it first: openssl pkey -in FILE -out FILE")
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("private key: %w", err)
		}
		return block.Bytes, nil
	}
	return nil, errors.New("no private key in PEM")
}

// ReadPrivateKey reads a private key that can sign, unencrypted, in PEM or DER.
func ReadPrivateKey(path string) (*PrivateKey, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if der, err := ParseKeyPEM(data); err == nil {
		data = der
	}
	key, err := NewPrivateKey(data)
	if err != nil || key.Signer == nil {
		return nil, fmt.Errorf("%s: no private key that can sign, unencrypted, in PEM or DER", path)
	}
	return key, nil
}
