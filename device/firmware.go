package device

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// A Firmware is what matters of one firmware to those who connect to it.
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

// CipherSuites returns the firmware's cipher suites in its order of preference, as
// get_ciphers() gives them.
func (fw *Firmware) CipherSuites() []string {
	var names []string
	for _, s := range mbedtls.Suites() {
		names = append(names, s.Name)
	}
	return names
}

// MaxChain returns how many octets the DER of n certificates may have together so
// that the Certificate message can be sent (CAMERA.md section 1.5).
func (fw *Firmware) MaxChain(n int) int { return fw.OutContentLen - 7 - 3*n }
