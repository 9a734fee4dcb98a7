package clients

import (
	"context"
	"os/exec"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
)

// address is the camera's, as host:port.
func address(v *hostsim.Visit) string { return "127.0.0.1:" + strconv.Itoa(v.Port) }

// authority is the host as it stands in URLs and in Host: an IPv6 address has brackets there.
func authority(v *hostsim.Visit) string {
	if strings.Contains(v.Host, ":") {
		return "[" + v.Host + "]"
	}
	return v.Host
}

// forHost returns the options that a client has for hosts of a kind: a name is sent to the server, and an
// address never is (RFC 6066 section 3); what a certificate is to be for has an option for each.
func forHost(v *hostsim.Visit, name, address []string) []string {
	if v.IsAddress() {
		return address
	}
	return name
}

// startBeside starts a program beside the client, in the user's own environment, and returns how
// to end it.
func startBeside(ctx context.Context, args ...string) (stop func(), err error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	}, nil
}
