// Command gatewayload measures gateways on loopback: leafcam's own beside nginx and HAProxy with the
// configurations of examples/gateway (the default), or leafcam's own under ten minutes of load with
// everything that goes wrong in that time (-soak). Run it at the project's root.
//
// All gateways of a comparison have the same viewers, the same certificate, and the same camera, to which each page is
// a new connection. leafcam alone writes a log.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	soakTime := flag.Duration("soak", 0, "`TIME` of the load with restarts, rotations and pulled connections; 0 compares gateways")
	turns := flag.Int("rounds", 10, "`NUMBER` of rounds in which gateways are compared")
	each := flag.Duration("each", 2500*time.Millisecond, "`TIME` of one measurement of a stream")
	figures := flag.String("figures", "", "`FILE` for the figures of all rounds in the format of Go's benchmarks, which are printed otherwise")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case *soakTime > 0:
		err = soak(ctx, *soakTime)
	case *turns < 1:
		err = errors.New("-rounds is at least 1")
	default:
		err = compare(ctx, *turns, *each, *figures)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gatewayload: "+err.Error())
		os.Exit(1)
	}
}
