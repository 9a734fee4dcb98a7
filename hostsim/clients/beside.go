package clients

import (
	"context"
	"os/exec"
	"strconv"

	"github.com/leafcam/leafcam/hostsim"
)

// address is the camera's, as host:port.
func address(v *hostsim.Visit) string { return "127.0.0.1:" + strconv.Itoa(v.Port) }

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
