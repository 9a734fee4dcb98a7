package device

import (
	"fmt"
	"slices"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/internal/nearest"
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
	// LaxRSAKeys says that octets behind an RSA key in PKCS#1 are passed over, and that RSA keys of 2041 bits count for
	// 2048 when a chain is verified (CAMERA.md section 10).
	LaxRSAKeys bool
	// OldPublicKeys says that two kinds of public keys of clients are refused with other codes (CAMERA.md section 10.1).
	OldPublicKeys bool
	// TerminatesFiles says that an octet 0 is handed to the parsers behind each file: PKCS#8 does not take it
	// (CAMERA.md section 10).
	TerminatesFiles bool
	// BareStreamErrors says that exceptions of reads and writes have a number alone, without its name
	// (CAMERA.md section 10).
	BareStreamErrors bool
	// DropsTCP tells of which exceptions of reads and writes the TLS socket lets go of TCP; at the first time they have their
	// names (CAMERA.md section 10.2).
	DropsTCP Drops
	// NumbersVerify says that a client's certificate that does not verify raises an OSError without the reasons
	// (CAMERA.md section 10.2).
	NumbersVerify bool
	// NoCipher says that TLS sockets have no cipher() (CAMERA.md section 10.2).
	NoCipher bool

	// Generation is the one of Mbed TLS whose codes and ways the firmware has: "2.16", "2.28", or "" for Mbed TLS 3
	// (CAMERA.md section 10.2).
	Generation string
	// OldVersions says that TLS 1.0 and 1.1 are spoken, too (CAMERA.md section 10.2).
	OldVersions bool

	// NoClient says that the client's side was not recorded, so that there is none: [NewClientContext] panics.
	NoClient bool
	// StrictSignatures says that a client refuses a server's signature by an algorithm that it did not offer: without it,
	// MD5 and SHA-1 will do (CAMERA.md section 11.5).
	StrictSignatures bool
	// PSK says that suites of TLS-PSK are built in. Without a key for them nobody offers or chooses them, but a client
	// knows them (CAMERA.md section 11.5).
	PSK bool

	// UncheckedHelloLength says that the length in the header of the ClientHello is not looked at (CAMERA.md section 10.3).
	UncheckedHelloLength bool
	// MaxFragmentLength, EncryptThenMAC and ExtendedMasterSecret are extensions of the hello that the server grants
	// (CAMERA.md section 10.3).
	MaxFragmentLength, EncryptThenMAC, ExtendedMasterSecret bool
	// MACAlert says that a record whose MAC is wrong is answered by an alert (CAMERA.md section 10.3).
	MACAlert bool
	// KeepsPeer says that the certificate of a client of which all were passed over counts as one without a key
	// (CAMERA.md section 10.3).
	KeepsPeer bool
	// SpecifiedCurves says that curves of keys may be spelled out instead of named (CAMERA.md section 10.3).
	SpecifiedCurves bool
	// PSS says that certificates are read and verified that are signed with RSASSA-PSS (CAMERA.md section 10.3).
	PSS bool

	Suites     []string // cipher suites in the order of preference, as get_ciphers() prints them
	Groups     []string // of ECDHE in the order of preference, such as secp256r1; nil stands for that, secp384r1 and secp521r1
	Curves     []string // of certificates and keys
	Extensions []string // of certificates that are read, such as keyUsage: critical other ones do not load
	Hashes     []string // of signatures, such as SHA-256
	// ServerHashes are those that clients may ask the server to sign with; nil stands for SHA-512, SHA-384 and SHA-256.
	ServerHashes []string
	// ClientHashes are those that clients may sign with, in the order of the CertificateRequest.
	ClientHashes []string

	// Epoch is the start of mbedtls_time, which fills the first four octets of the
	// server random (CAMERA.md section 2.2).
	Epoch time.Time

	// Unset is what the clock says at its start when nobody sets it; the zero time stands for Epoch.
	Unset time.Time

	// Alike are other versions that behave the same in every recorded exchange (CAMERA.md section 10).
	Alike []Version
}

// Drops tells of which exceptions of reads and writes a TLS socket lets go of its TCP socket.
type Drops int

// Those of MicroPython from 1.23 on, of 1.21 and 1.22, and of 1.20.
const (
	DropsFailedHandshake Drops = iota // those of a handshake inside the read or write
	DropsAlways                       // all but the end of the stream
	DropsNever                        // none
)

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
	LaxRSAKeys:    true, OldPublicKeys: true, BareStreamErrors: true,
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
	LaxRSAKeys:    true, OldPublicKeys: true, TerminatesFiles: true, BareStreamErrors: true,
	Suites:       oldSuites,
	ClientHashes: OpenMV50.ClientHashes,
	Epoch:        OpenMV50.Epoch,
	Alike: []Version{
		{"micropython-1.23", "MicroPython 1.23", "1.23.0", "3.5.1"},
		{"openmv-4.5.8", "OpenMV firmware 4.5.8 (2024-07-31)", "1.23.0", "3.5.1"},
		{"openmv-4.5.7", "OpenMV firmware 4.5.7 (2024-07-31)", "1.23.0", "3.5.1"},
		{"openmv-4.5.6", "OpenMV firmware 4.5.6 (2024-07-20)", "1.23.0", "3.5.1"},
	},
}

// oldSuites are those of MicroPython before 1.24.
var oldSuites = []string{
	"TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA384", "TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA",
	"TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256", "TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA",
	"TLS-RSA-WITH-AES-256-CBC-SHA256", "TLS-RSA-WITH-AES-256-CBC-SHA",
	"TLS-RSA-WITH-AES-128-CBC-SHA256", "TLS-RSA-WITH-AES-128-CBC-SHA",
}

// MicroPython122 is MicroPython 1.22, the last one over Mbed TLS 2: it speaks TLS 1.0 and 1.1, too, prefers the strongest curve,
// and signs with SHA-1 for those who ask.
var MicroPython122 = &Firmware{
	Name:          "micropython-1.22",
	Description:   "MicroPython 1.22, DER only, TLS 1.0 to 1.2",
	MicroPython:   "1.22.2",
	MbedTLS:       "2.28.3",
	InContentLen:  OpenMV50.InContentLen,
	OutContentLen: OpenMV50.OutContentLen,
	LaxRSAKeys:    true, TerminatesFiles: true, BareStreamErrors: true, DropsTCP: DropsAlways,
	Generation: "2.28", NoClient: true,
	OldVersions: true,
	Suites:      oldSuites,
	Groups: []string{
		"secp521r1", "secp384r1", "secp256r1", "secp256k1", "secp224r1", "secp224k1", "secp192r1", "secp192k1",
	},
	Extensions: []string{
		"basicConstraints", "keyUsage", "extKeyUsage", "subjectAltName", "netscapeCertType", "certificatePolicies",
	},
	ServerHashes: []string{"SHA-512", "SHA-384", "SHA-256", "SHA-224", "SHA-1"},
	ClientHashes: []string{"SHA-384", "SHA-256", "SHA-1"},
	Epoch:        OpenMV50.Epoch,
	Alike: []Version{
		{"openmv-4.5.5", "OpenMV firmware 4.5.5 (2024-05-25)", "1.22.0", "2.28.3"},
		{"openmv-4.5.4", "OpenMV firmware 4.5.4 (2024-04-19)", "1.22.0", "2.28.3"},
		{"openmv-4.5.3", "OpenMV firmware 4.5.3 (2024-03-04)", "1.22.0", "2.28.3"},
	},
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
	StrictSignatures:   true,
	PSK:                true,
	ClientHashes:       OpenMV50.ClientHashes,
	Epoch:              OpenMV50.Epoch,
}

// MicroPython120 is MicroPython 1.20, whose module has functions instead of contexts.
var MicroPython120 = &Firmware{
	Name:          "micropython-1.20",
	Description:   "MicroPython 1.20, DER only, TLS 1.0 to 1.2",
	MicroPython:   "1.20.0",
	MbedTLS:       "2.16.10",
	InContentLen:  OpenMV50.InContentLen,
	OutContentLen: OpenMV50.OutContentLen,
	LaxRSAKeys:    true, TerminatesFiles: true, BareStreamErrors: true, DropsTCP: DropsNever, NumbersVerify: true, NoCipher: true,
	Generation: "2.16", NoClient: true,
	OldVersions:  true,
	Suites:       oldSuites,
	Groups:       MicroPython122.Groups,
	Extensions:   []string{"basicConstraints", "keyUsage", "extKeyUsage", "subjectAltName", "netscapeCertType"},
	ServerHashes: MicroPython122.ServerHashes,
	ClientHashes: MicroPython122.ClientHashes,
	Epoch:        OpenMV50.Epoch,
	Alike: []Version{
		{"openmv-4.5.2", "OpenMV firmware 4.5.2 (2023-12-24)", "1.20.0", "2.16.10"},
		{"openmv-4.5.1", "OpenMV firmware 4.5.1 (2023-11-29)", "1.20.0", "2.16.10"},
		{"openmv-4.5.0", "OpenMV firmware 4.5.0 (2023-10-10)", "1.20.0", "2.16.10"},
	},
}

var firmwares = []*Firmware{
	OpenMV50, MicroPython129, MicroPython128PEM, MicroPython127, MicroPython124, OpenMV459, MicroPython122, MicroPython120,
	ESP32,
}

// Firmwares returns all profiles; the first one is the default.
func Firmwares() []*Firmware { return slices.Clone(firmwares) }

// FirmwareByName returns the profile with that name. For a version that behaves as a profile it is a copy that has
// the version's name. Upper and lower case, blanks, hyphens and underscores make no difference. The error of a name that is
// not known has those that are nearest, or lists the names.
func FirmwareByName(name string) (*Firmware, error) {
	var names []string
	plain := nearest.Plain(name)
	for _, fw := range firmwares {
		if nearest.Plain(fw.Name) == plain {
			return fw, nil
		}
		names = append(names, fw.Name)
		for _, v := range fw.Alike {
			if nearest.Plain(v.Name) == plain {
				return fw.as(v), nil
			}
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return nil, unknown("firmware", name, names, names)
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
		Generation: fw.Generation, Signing: fw.ServerHashes,
	}
	p, err := build.Profile(mbedtls.Quirks{
		InContentLen: fw.InContentLen, OutContentLen: fw.OutContentLen,
		PEM: fw.PEM, HelloInRecordLayer: fw.HelloInRecordLayer, Reassembles: fw.Reassembles, LaxRSAKeys: fw.LaxRSAKeys,
		StrictSignatures: fw.StrictSignatures, PSK: fw.PSK,
		OldPublicKeys:        fw.OldPublicKeys,
		OldVersions:          fw.OldVersions,
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
