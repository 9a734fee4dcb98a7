package device

import (
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// A VerifyMode is a value of SSLContext.verify_mode.
type VerifyMode = mbedtls.VerifyMode

// The verify modes of MicroPython's ssl (CAMERA.md section 6).
const (
	CertNone     = mbedtls.VerifyNone     // no client certificate is asked for
	CertOptional = mbedtls.VerifyOptional // one is asked for; only a malformed one, or a false signature, is refused
	CertRequired = mbedtls.VerifyRequired // one that a loaded CA issued is required
)

// SetVerifyMode is setting verify_mode.
func (c *SSLContext) SetVerifyMode(mode VerifyMode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.verify = mode
}

// LoadVerifyLocations is load_verify_locations(cadata=…): it adds to the CAs that
// client certificates are verified with. Of several certificates in DER the first
// one counts. The error is *ValueError "invalid cert".
func (c *SSLContext) LoadVerifyLocations(cadata []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, err := c.parseCertificates(c.handedOver(cadata))
	c.cas = append(c.cas[:len(c.cas):len(c.cas)], list...)
	return micropython.Raised(err)
}

// LoadVerifyLocationsFile is load_verify_locations(cafile=…). A file that cannot be
// read is an *OSError.
func (c *SSLContext) LoadVerifyLocationsFile(cafile string) error {
	data, err := inputfile.Read(cafile, inputfile.Small)
	if err != nil {
		return micropython.RaisedByFile(err)
	}
	return c.LoadVerifyLocations(data)
}

// SetClock sets the camera's clock, which dates client certificates and begins the
// server random. A camera whose clock was never set lives at its firmware's epoch.
func (c *SSLContext) SetClock(now func() time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Now is what the camera's clock says.
func (c *SSLContext) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}
