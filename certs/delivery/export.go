package delivery

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/internal/atomicfile"
)

// An Export is a form that a camera's files are wanted in, too: by firmware in C, by scripts, by what stands beside
// the camera.
type Export string

// The forms of exports.
const (
	ExportC           Export = "c"           // a header with arrays
	ExportMicroPython Export = "micropython" // a module with bytes
	ExportPKCS12      Export = "pkcs12"      // key, certificate and chain, encrypted
)

// Exports returns all forms.
func Exports() []Export { return []Export{ExportC, ExportMicroPython, ExportPKCS12} }

// Names of exported files.
const (
	HeaderFile = "server.h"
	ModuleFile = "server_certs.py"
	PKCS12File = "server.p12"
)

// Export returns a file with what a camera's files hold, which are those of [Delivery.CameraFiles] or some of them.
// The password is that of PKCS#12. The same files give the same octets: what has to be random in PKCS#12 is
// derived from the key, and is different for each password and certificate.
func (d *Delivery) Export(form Export, files []File, password string) (File, error) {
	switch form {
	case ExportC:
		return File{HeaderFile, header(files), atomicfile.Private}, nil
	case ExportMicroPython:
		return File{ModuleFile, module(files), atomicfile.Private}, nil
	case ExportPKCS12:
		data, err := d.pkcs12(password)
		return File{PKCS12File, data, atomicfile.Private}, err
	}
	return File{}, fmt.Errorf("%q is no form of an export", form)
}

// inDERFiles returns the camera's files in DER: certificate and key, then the intermediates.
func inDERFiles(files []File) (list []File) {
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".der") {
			list = append(list, f)
		}
	}
	return list
}

// header writes a header for C, with the names that xxd -i would give.
func header(files []File) []byte {
	var b bytes.Buffer
	b.WriteString("/* Made by leafcam convert. The key in it is private. */\n#ifndef SERVER_CERTS_H\n#define SERVER_CERTS_H\n")
	for _, f := range inDERFiles(files) {
		name := strings.NewReplacer(".", "_", "-", "_").Replace(f.Name)
		fmt.Fprintf(&b, "\nstatic const unsigned char %s[%d] = {\n", name, len(f.Data))
		const perLine = 12
		for line := range slices.Chunk(f.Data, perLine) {
			b.WriteString(" ")
			for _, octet := range line {
				fmt.Fprintf(&b, " 0x%02x,", octet)
			}
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "};\nstatic const unsigned int %s_len = %d;\n", name, len(f.Data))
	}
	b.WriteString("\n#endif\n")
	return b.Bytes()
}

// module writes a module for MicroPython, whose load_cert_chain takes bytes in the place of files (CAMERA.md section
// 1.1).
func module(files []File) []byte {
	var b bytes.Buffer
	b.WriteString("# Made by leafcam convert. The key in it is private.\n")
	var intermediates []File
	for _, f := range inDERFiles(files) {
		switch f.Name {
		case CameraCert:
			b.WriteString("CERT = (\n" + bytesLiteral(f.Data) + ")\n")
		case CameraKey:
			b.WriteString("KEY = (\n" + bytesLiteral(f.Data) + ")\n")
		default:
			intermediates = append(intermediates, f)
		}
	}
	b.WriteString("INTERMEDIATES = (\n")
	for _, f := range intermediates {
		b.WriteString("    (\n" + bytesLiteral(f.Data) + "    ),\n")
	}
	b.WriteString(")\n")
	return b.Bytes()
}

// bytesLiteral writes bytes of Python, a literal a line.
func bytesLiteral(data []byte) string {
	var b strings.Builder
	const perLine = 16
	for line := range slices.Chunk(data, perLine) {
		b.WriteString(`    b"`)
		for _, octet := range line {
			fmt.Fprintf(&b, `\x%02x`, octet)
		}
		b.WriteString("\"\n")
	}
	return b.String()
}

// ModuleLines returns the MicroPython that loads what the module of an export holds, as [LoadingLines] does for files.
func ModuleLines(intermediates int) []string {
	name := strings.TrimSuffix(ModuleFile, ".py")
	lines := []string{
		"import ssl, " + name,
		"context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)",
		fmt.Sprintf("context.load_cert_chain(%s.CERT, %s.KEY)", name, name),
	}
	if intermediates > 0 {
		lines = append(lines,
			fmt.Sprintf("for certificate in %s.INTERMEDIATES:", name),
			fmt.Sprintf("    context.load_cert_chain(certificate, %s.KEY)", name))
	}
	return lines
}

// pkcs12 encrypts key, certificate and chain with AES-256 and PBKDF2, as OpenSSL 3, Java 8 and Windows 10 read it.
func (d *Delivery) pkcs12(password string) ([]byte, error) {
	if d.Key == nil || d.Key.Signer == nil || d.Leaf.Parsed == nil {
		return nil, errors.New("PKCS#12 is not written of a key or a certificate that Go cannot parse")
	}
	key, err := d.Key.CameraDER()
	if err != nil {
		return nil, err
	}
	random, err := derivedRandom(key, d.Leaf.Raw, []byte(password))
	if err != nil {
		return nil, err
	}
	return pkcs12.Modern2023.WithRand(random).Encode(d.Key.Signer, d.Leaf.Parsed, d.Chain, password)
}

// derivedRandom returns octets that nobody without the key can tell from random ones, and that are the same each time:
// HKDF (RFC 5869) of the key.
func derivedRandom(key []byte, bound ...[]byte) (io.Reader, error) {
	h := sha256.New()
	for _, b := range bound {
		sum := sha256.Sum256(b)
		h.Write(sum[:])
	}
	const enough = 1024 // octets, for salts and initialisation vectors
	octets, err := hkdf.Key(sha256.New, key, h.Sum(nil), "leafcam PKCS#12", enough)
	return bytes.NewReader(octets), err
}
