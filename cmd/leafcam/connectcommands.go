package main

import (
	"fmt"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// notLoaded says why the camera does not load an anchor, and what to do, a line each.
func (o connectOptions) notLoaded(server preflight.Server, firmware *device.Firmware, file string, data []byte) []string {
	why, fix := asclient.NotLoaded(firmware, asclient.File{Name: file, Data: data})
	hints := []string{fmt.Sprintf("%s: %s", file, why), "-> " + fix}
	if len(readAsRoots([]string{file})) > 0 {
		hints = append(hints, "which anchor is best for this server: "+o.checkCommand(server, []string{file}))
	}
	return hints
}

// checkCommand is the command that says which anchor to flash, ready to be pasted.
func (o connectOptions) checkCommand(server preflight.Server, roots []string) string {
	line := "leafcam check --as-client " + preflight.Quote(server.Address()) + o.commonFlags()
	if o.clock != "" && o.clock != neverSet {
		line += " --at " + preflight.Quote(o.clock)
	}
	for _, root := range readAsRoots(roots) {
		line += " --root " + preflight.Quote(root)
	}
	return line
}

// command is the call itself, without what it sends and the camera's own certificate, ready to be pasted.
func (o connectOptions) command(server preflight.Server) string {
	line := "leafcam connect " + preflight.Quote(server.Address()) + o.commonFlags()
	for _, file := range o.cas {
		line += " --ca " + preflight.Quote(file)
	}
	for _, flag := range []struct{ name, value string }{{"verify", o.verify}, {"clock", o.clock}} {
		if flag.value != "" {
			line += fmt.Sprintf(" --%s %s", flag.name, preflight.Quote(flag.value))
		}
	}
	return line
}

// commonFlags are those that check has as well.
func (o connectOptions) commonFlags() (flags string) {
	if o.hostname != "" {
		flags += " --hostname " + preflight.Quote(o.hostname)
	}
	if o.firmware != device.Firmwares()[0].Name {
		flags += " --firmware " + preflight.Quote(o.firmware)
	}
	return flags
}
