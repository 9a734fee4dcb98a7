package hostsim

import (
	"context"
	"errors"
	"time"

	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
)

// dial runs a client that is no program but a function of this process.
func dial(ctx context.Context, c *Client, v *Visit) (sandbox.Result, error) {
	started := time.Now()
	page, err := c.Dial(ctx, v)
	r := sandbox.Result{
		Stdout: page, Duration: time.Since(started),
		TimedOut: err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded),
	}
	if err != nil {
		r.ExitCode, r.Stderr = 1, []byte(err.Error()+"\n")
	}
	return r, nil
}
