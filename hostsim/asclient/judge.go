package asclient

import (
	"bytes"
	"time"

	"github.com/leafcam/leafcam/device"
)

// A judge asks the camera what it makes of a server's certificates.
type judge struct {
	firmware *device.Firmware
	hostname string
	work     *int // that is left for [judge.spanFrom]
}

// maxWork bounds the work of a check. The camera compares each certificate with those behind it, up to eight times: one
// question about a chain of three is 24.
const maxWork = 60_000

// spent reports whether too much work was done.
func (j judge) spent() bool { return *j.work < 0 }

// ask returns the exception that the camera raises with these anchors at a time, nil when it accepts.
func (j judge) ask(at time.Time, chain [][]byte, anchors ...[]byte) error {
	context, err := j.context(at, chain, anchors)
	if err != nil {
		return err
	}
	return context.JudgeServer(chain, j.hostname)
}

// askRenewed is ask for a server that has renewed its own certificate by then. One that is its own anchor does not renew:
// the next one would be another anchor.
func (j judge) askRenewed(at time.Time, chain [][]byte, anchors ...[]byte) error {
	context, err := j.context(at, chain, anchors)
	switch {
	case err != nil:
		return err
	case own(chain, anchors):
		return context.JudgeServer(chain, j.hostname)
	}
	return context.JudgeRenewedServer(chain, j.hostname)
}

// context returns a client's context with the anchors. The error is what is raised before the chain is judged: by loading
// them, or because the chain is too long to be read.
func (j judge) context(at time.Time, chain, anchors [][]byte) (*device.SSLContext, error) {
	context := device.NewClientContext(j.firmware)
	context.SetVerifyMode(device.CertRequired)
	context.SetClock(func() time.Time { return at })
	for _, anchor := range anchors {
		if err := context.LoadVerifyLocations(anchor); err != nil {
			return nil, err
		}
	}
	return context, tooLong(context, chain, j.hostname)
}

// reads returns the exception that the camera raises on account of one certificate that does not parse.
func (j judge) reads(der []byte) error {
	context := device.NewClientContext(j.firmware)
	return context.JudgeServer([][]byte{der}, j.hostname)
}

// own reports whether the server's own certificate is the only anchor.
func own(chain, anchors [][]byte) bool {
	return len(chain) > 0 && len(anchors) == 1 && bytes.Equal(chain[0], anchors[0])
}

// loads returns the exception of load_verify_locations.
func (j judge) loads(anchor []byte) error {
	return device.NewClientContext(j.firmware).LoadVerifyLocations(anchor)
}
