package device

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// A Firmware is what matters of one firmware to those who connect to it: data, of which anybody can
// write another. The names are those of the standards; a nil list stands for what OpenMV's
// firmware has, which is all that the emulation has, but for suites.
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
	// LaxRSAKeys says that octets behind an RSA key in PKCS#1 are passed over (CAMERA.md section 10).
	LaxRSAKeys bool
	// TerminatesFiles says that an octet 0 is handed to the parsers behind each file: PKCS#8 does not take it
	// (CAMERA.md section 10).
	TerminatesFiles bool
	// BareStreamErrors says that exceptions of reads and writes have a number alone, without its name
	// (CAMERA.md section 10).
	BareStreamErrors bool

	// UncheckedHelloLength says that the length in the header of the ClientHello is not looked at (CAMERA.md section 10.2).
	UncheckedHelloLength bool
	// MaxFragmentLength, EncryptThenMAC and ExtendedMasterSecret are extensions of the hello that the server grants
	// (CAMERA.md section 10.2).
	MaxFragmentLength, EncryptThenMAC, ExtendedMasterSecret bool
	// MACAlert says that a record whose MAC is wrong is answered by an alert (CAMERA.md section 10.2).
	MACAlert bool
	// KeepsPeer says that the certificate of a client of which all were passed over counts as one without a key
	// (CAMERA.md section 10.2).
	KeepsPeer bool
	// SpecifiedCurves says that curves of keys may be spelled out instead of named (CAMERA.md section 10.2).
	SpecifiedCurves bool
	// PSS says that certificates are read and verified that are signed with RSASSA-PSS (CAMERA.md section 10.2).
	PSS bool

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

	// PowerOn is where the clock begins when nobody sets it; the zero time stands for Epoch.
	PowerOn time.Time

	// Alike are other versions that behave the same in every recorded exchange (CAMERA.md section 10).
	Alike []Version
}

// A Version is a firmware that behaves as a profile does.
type Version struct {
	Name        string // as given to --firmware
	Description string
	MicroPython string // version
	MbedTLS     string // version
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
	Alike:         []Version{{"micropython-1.28", "MicroPython 1.28", "1.28.0", "3.6.2"}},
}

// MicroPython127 is MicroPython 1.25 to 1.27, whose exceptions of reads and writes have no names.
var MicroPython127 = &Firmware{
	Name:             "micropython-1.27",
	Description:      "MicroPython 1.27, DER only",
	MicroPython:      "1.27.0",
	MbedTLS:          "3.6.2",
	InContentLen:     OpenMV50.InContentLen,
	OutContentLen:    OpenMV50.OutContentLen,
	BareStreamErrors: true,
	ClientHashes:     OpenMV50.ClientHashes,
	Epoch:            OpenMV50.Epoch,
	Alike: []Version{
		{"openmv-4.8", "OpenMV firmware 4.8 (2025-12-05)", "1.26.0", "3.6.2"},
		{"openmv-4.7", "OpenMV firmware 4.7 (2025-06-01)", "1.25.0-preview", "3.6.2"},
		{"micropython-1.26", "MicroPython 1.26", "1.26.1", "3.6.2"},
		{"micropython-1.25", "MicroPython 1.25", "1.25.0", "3.6.2"},
	},
}

// MicroPython128PEM is MicroPython 1.28 in a build with PEM switched on, which some of OpenMV's users have.
var MicroPython128PEM = &Firmware{
	Name:          "micropython-1.28-pem",
	Description:   "MicroPython 1.28 built with PEM switched on",
	MicroPython:   "1.28.0",
	MbedTLS:       "3.6.2",
	InContentLen:  OpenMV50.InContentLen,
	OutContentLen: OpenMV50.OutContentLen,
	PEM:           true,
	ClientHashes:  OpenMV50.ClientHashes,
	Epoch:         OpenMV50.Epoch,
}

// MicroPython124 is MicroPython 1.24, the first with ECDHE for RSA certificates on every port.
var MicroPython124 = &Firmware{
	Name:          "micropython-1.24",
	Description:   "MicroPython 1.24, DER only",
	MicroPython:   "1.24.1",
	MbedTLS:       "3.5.1",
	InContentLen:  OpenMV50.InContentLen,
	OutContentLen: OpenMV50.OutContentLen,
	LaxRSAKeys:    true, BareStreamErrors: true,
	ClientHashes: OpenMV50.ClientHashes,
	Epoch:        OpenMV50.Epoch,
	Alike:        []Version{{"openmv-4.6", "OpenMV firmware 4.6 (2025-01-29)", "1.24.0", "3.5.1"}},
}

// OpenMV459 is OpenMV's firmware 4.5.9 over MicroPython 1.23: CBC alone, static RSA for RSA certificates, and no keys in
// PKCS#8.
var OpenMV459 = &Firmware{
	Name:          "openmv-4.5.9",
	Description:   "OpenMV firmware 4.5.9, DER only, no PKCS#8",
	MicroPython:   "1.23.0",
	MbedTLS:       "3.5.1",
	InContentLen:  OpenMV50.InContentLen,
	OutContentLen: OpenMV50.OutContentLen,
	LaxRSAKeys:    true, TerminatesFiles: true, BareStreamErrors: true,
	Suites: []string{
		"TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA384", "TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA",
		"TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256", "TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA",
		"TLS-RSA-WITH-AES-256-CBC-SHA256", "TLS-RSA-WITH-AES-256-CBC-SHA",
		"TLS-RSA-WITH-AES-128-CBC-SHA256", "TLS-RSA-WITH-AES-128-CBC-SHA",
	},
	ClientHashes: OpenMV50.ClientHashes,
	Epoch:        OpenMV50.Epoch,
	Alike:        []Version{{"micropython-1.23", "MicroPython 1.23", "1.23.0", "3.5.1"}},
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

var firmwares = []*Firmware{OpenMV50, MicroPython129, MicroPython128PEM, MicroPython127, MicroPython124, OpenMV459, ESP32}

// Firmwares returns all profiles; the first one is the default.
func Firmwares() []*Firmware { return slices.Clone(firmwares) }

// FirmwareByName returns the profile with that name. For a version that behaves as a profile it is a copy that has
// the version's name. Upper and lower case are the same. The error of a name that is not known lists the names.
func FirmwareByName(name string) (*Firmware, error) {
	var names []string
	for _, fw := range firmwares {
		if strings.EqualFold(fw.Name, name) {
			return fw, nil
		}
		names = append(names, fw.Name)
		for _, v := range fw.Alike {
			if strings.EqualFold(v.Name, name) {
				return fw.as(v), nil
			}
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return nil, fmt.Errorf("unknown firmware %q; known: %s", name, strings.Join(names, ", "))
}

// as returns the profile under a version's name.
func (fw *Firmware) as(v Version) *Firmware {
	copied := *fw
	copied.Name, copied.Description, copied.MicroPython, copied.MbedTLS = v.Name, v.Description, v.MicroPython, v.MbedTLS
	copied.Alike = []Version{{fw.Name, fw.Description, fw.MicroPython, fw.MbedTLS}}
	for _, other := range fw.Alike {
		if other != v {
			copied.Alike = append(copied.Alike, other)
		}
	}
	return &copied
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
		PEM: fw.PEM, HelloInRecordLayer: fw.HelloInRecordLayer, Reassembles: fw.Reassembles, LaxRSAKeys: fw.LaxRSAKeys,
		UncheckedHelloLength: fw.UncheckedHelloLength, MaxFragmentLength: fw.MaxFragmentLength,
		EncryptThenMAC: fw.EncryptThenMAC, ExtendedMasterSecret: fw.ExtendedMasterSecret, MACAlert: fw.MACAlert,
		KeepsPeer: fw.KeepsPeer, SpecifiedCurves: fw.SpecifiedCurves, PSS: fw.PSS,
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
