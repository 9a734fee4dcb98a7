package record

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/device/wire"
)

// An Emulated subject is the emulation of a firmware.
type Emulated struct {
	Firmware *device.Firmware
	Now      func() time.Time // the camera's clock; the machine's when nil

	context *device.SSLContext
	lazy    bool
}

// Patience implements [Subject]. A replay over a pipe sees that the server waits, and needs no time for it.
func (e *Emulated) Patience() time.Duration { return time.Millisecond }

// Load implements [Subject].
func (e *Emulated) Load(_ context.Context, s Setup) (wire.Device, error) {
	c := device.NewSSLContext(e.Firmware)
	e.context, e.lazy = nil, s.Lazy
	if s.Cert == nil || s.Key == nil {
		return raised("load", &micropython.OSError{Errno: micropython.ENOENT}), nil
	}
	if err := c.LoadCertChain(s.Cert, s.Key); err != nil {
		return raised("load", err), nil
	}
	for _, ca := range s.CAs {
		if err := c.LoadVerifyLocations(ca); err != nil {
			return raised("load", err), nil
		}
	}
	c.SetVerifyMode(device.VerifyMode(s.Verify))
	if e.Now != nil {
		c.SetClock(e.Now)
	}
	e.context = c
	return wire.Device{Result: "OK"}, nil
}

// Connect implements [Subject].
func (e *Emulated) Connect(ctx context.Context, body int, talk func(wire.Conn)) (wire.Device, error) {
	if e.context == nil {
		return wire.Device{}, errors.New("nothing is loaded")
	}
	page := device.DefaultBody
	if body > 0 {
		page = strings.Repeat("x", body)
	}
	script := device.Hello(page)
	if e.lazy {
		script = device.Asyncio(page)
	}
	client, server := wire.Pipe()
	events := make(chan trace.Event, 1)
	camera := device.NewCamera(device.CameraConfig{Context: e.context, Script: script})
	go func() { events <- camera.ServeConn(server) }()
	talk(client)
	client.Close()
	select {
	case event := <-events:
		return Report(e.Firmware, event), nil
	case <-ctx.Done():
		return wire.Device{}, ctx.Err()
	}
}

// Report returns an event of a firmware in the form in which a recorded server tells it.
func Report(fw *device.Firmware, event trace.Event) wire.Device {
	if event.Exception != nil {
		return raised(event.Phase, event.Exception)
	}
	report := wire.Device{Result: "OK", Request: "b''"}
	if event.Chosen != nil && !fw.NoCipher {
		report.Cipher = fmt.Sprintf("('%s', '%s')", event.Chosen.SuiteName, event.Chosen.VersionName())
	}
	if len(event.Requests) > 0 {
		line := event.Requests[0].Line + "\r\n"
		report.Request = bytesLiteral([]byte(line[:min(len(line), keptOctets)]))
	}
	return report
}

// raised returns an exception in that form.
func raised(phase string, err error) wire.Device {
	line := err.Error()
	class, args, _ := strings.Cut(line, ": ")
	switch {
	case class == "TypeError":
		args = `("` + args + `",)`
	case class == "ValueError":
		args = "('" + strings.ReplaceAll(args, "\n", `\n`) + "',)"
	case strings.HasPrefix(args, "[Errno "):
		number, _, _ := strings.Cut(strings.TrimPrefix(args, "[Errno "), "]")
		args = "(" + number + ",)"
	case !strings.HasPrefix(args, "("):
		args = "(" + args + ",)"
	}
	return wire.Device{Result: "EXC", Phase: phase, Type: class, Args: args, Line: line}
}
