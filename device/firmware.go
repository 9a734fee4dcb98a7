package device

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// A Firmware is what matters of one firmware to those who connect to it: data, of which anybody can
// write another. The names are those of the standards; a nil list stands for everything that the
// emulation has, which is what OpenMV's firmware has.
type Firmware struct {
	Name        string // as given to --firmware
	Description string
	MicroPython string // version
	MbedTLS     string // version

	InContentLen  int // largest record content taken, octets
	OutContentLen int // largest record content sent, octets; also bounds the Certificate message

	// PEM says that certificates and keys are read in PEM as well as in DER; then a
	// file may hold a whole chain (CAMERA.md section 10).
	PEM bool
	// HelloInRecordLayer lets the ClientHello go through the normal record layer, so
	// that it may be split, and alerts may come before it (CAMERA.md section 10).
	HelloInRecordLayer bool
	// Reassembles says that handshake messages may be split over records
	// (CAMERA.md section 10).
	Reassembles bool

	Suites     []string // cipher suites in the order of preference, as get_ciphers() prints them
	Groups     []string // of ECDHE in the order of preference, such as secp256r1
	Curves     []string // of certificates and keys
	Extensions []string // of certificates that are read, such as keyUsage: critical other ones do not load
	Hashes     []string // of signatures, such as SHA-256
	// ClientHashes are those that clients may sign with, in the order of the CertificateRequest.
	ClientHashes []string

	// Epoch is the start of mbedtls_time, which fills the first four octets of the
	// server random (CAMERA.md section 2.2).
	Epoch time.Time
}

// OpenMV50 is the released firmware 5.0 of OpenMV on an stm32 board.
var OpenMV50 = &Firmware{
	Name:          "openmv-5.0",
	Description:   "OpenMV firmware 5.0 (2026-06-29), DER only",
	MicroPython:   "1.28.0",
	MbedTLS:       "3.6.2",
	InContentLen:  16384,
	OutContentLen: 4096,
	ClientHashes:  []string{"SHA-384", "SHA-256"},
	Epoch:         time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
}

// MicroPython129 is what an upgrade will bring: a preview of MicroPython 1.29, from
// August 2026, with OpenMV's configuration.
var MicroPython129 = &Firmware{
	Name:               "micropython-1.29",
	Description:        "MicroPython 1.29 preview (2026-08), PEM and DER",
	MicroPython:        "1.29.0-preview",
	MbedTLS:            "3.6.6",
	InContentLen:       16384,
	OutContentLen:      4096,
	PEM:                true,
	HelloInRecordLayer: true,
	Reassembles:        true,
	ClientHashes:       OpenMV50.ClientHashes,
	Epoch:              OpenMV50.Epoch,
}

var firmwares = []*Firmware{OpenMV50, MicroPython129}

// Firmwares returns all profiles; the first one is the default.
func Firmwares() []*Firmware { return slices.Clone(firmwares) }

// FirmwareByName returns the profile with that name, or an error that lists the names.
func FirmwareByName(name string) (*Firmware, error) {
	var names []string
	for _, fw := range firmwares {
		if fw.Name == name {
			return fw, nil
		}
		names = append(names, fw.Name)
	}
	return nil, fmt.Errorf("unknown firmware %q; known: %s", name, strings.Join(names, ", "))
}

// Validate tells which of a firmware's names the emulation does not have; nil when it has them all.
func (fw *Firmware) Validate() error {
	_, err := fw.profile()
	return err
}

// profile looks the names up.
func (fw *Firmware) profile() (*mbedtls.Profile, error) {
	build := mbedtls.Build{
		Suites: fw.Suites, Groups: fw.Groups, Curves: fw.Curves,
		Extensions: fw.Extensions, Hashes: fw.Hashes, Requested: fw.ClientHashes,
	}
	p, err := build.Profile(mbedtls.Quirks{
		InContentLen: fw.InContentLen, OutContentLen: fw.OutContentLen,
		PEM: fw.PEM, HelloInRecordLayer: fw.HelloInRecordLayer, Reassembles: fw.Reassembles,
	})
	if err != nil {
		return nil, fmt.Errorf("firmware %s: %w", fw.Name, err)
	}
	return p, nil
}

// CipherSuites returns the firmware's cipher suites in its order of preference, as
// get_ciphers() gives them. It panics as [NewSSLContext] does.
func (fw *Firmware) CipherSuites() []string {
	p, err := fw.profile()
	if err != nil {
		panic(err)
	}
	var names []string
	for _, s := range p.Suites() {
		names = append(names, s.Name)
	}
	return names
}

// MaxChain returns how many octets the DER of n certificates may have together so
// that the Certificate message can be sent (CAMERA.md section 1.5).
func (fw *Firmware) MaxChain(n int) int { return fw.OutContentLen - 7 - 3*n }
