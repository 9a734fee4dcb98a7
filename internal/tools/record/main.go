// Command record records servers that run MicroPython, and compares them with the emulation. Run it at the project's
// root. The server runs the script that -script prints; its head says how.
//
//	record -script > server.py; micropython server.py 8442
//	record -server 127.0.0.1:8442 -like openmv-5.0 -profile NAME    writes device/wire/testdata/NAME_*.jsonl.gz, and more
//	record -server 127.0.0.1:8442 -only clients -seed 1 -count 200 -profile NAME    client certificates that are made anew
//	record -server 127.0.0.1:8442 -differ openmv-5.0 -seed 1 -count 3000
//
//	record -server 127.0.0.1:8442 -calls -profile NAME -seed 1 -count 800    writes device/wire/testdata/calls_NAME.jsonl.gz
//	record -server 127.0.0.1:8442 -calls -differ openmv-5.0 -seed 2 -count 3000
//
// Several servers share the work: -server 127.0.0.1:8442,127.0.0.1:8452.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	servers string
	like    string
	profile string
	differ  string
	key     string
	only    string
	kinds   string
	seed    uint64
	count   int
	silence time.Duration
	calls   bool
}

// exitDiffers is the status when a comparison found a difference.
const exitDiffers = 3

var errDiffers = errors.New("they differ")

func main() {
	var o options
	script := flag.Bool("script", false, "print the server's script")
	flag.StringVar(&o.servers, "server", "", "`ADDRESSES` of the servers' control ports, with commas")
	flag.StringVar(&o.like, "like", "", "`PROFILE` whose recordings are made again, with these servers")
	flag.StringVar(&o.profile, "profile", "", "`NAME` of the new recordings")
	flag.StringVar(&o.only, "only", "", "make one `PART` of the recordings: exchanges, loader, scenarios or clients; or offers, by itself")
	flag.StringVar(&o.differ, "differ", "", "`FIRMWARE` of the emulation that the servers are compared with")
	flag.StringVar(&o.key, "key", "p256", "`KEY` of the server in a comparison: p256, p384 or rsa2048, or agreement, for static ECDH")
	flag.StringVar(&o.kinds, "kinds", "", "`KINDS` of exchanges that are compared, clients and loads among them, with commas; all otherwise")
	flag.Uint64Var(&o.seed, "seed", 1, "`NUMBER` that they are made from")
	flag.IntVar(&o.count, "count", 1000, "`NUMBER` of exchanges, visits and loads")
	flag.DurationVar(&o.silence, "silence", 0, "`TIME` after which a server counts as waiting; 300ms when it is zero")
	flag.BoolVar(&o.calls, "calls", false, "the camera is the client: record -count calls as -profile, or compare them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case *script:
		err = printScript()
	case o.servers == "":
		err = errors.New("-server names whom to record")
	case o.count < 1:
		err = errors.New("-count is at least 1")
	case o.calls && o.differ != "":
		err = differCalls(ctx, o)
	case o.calls && o.profile != "":
		err = recordCalls(ctx, o)
	case o.differ != "":
		err = differ(ctx, o)
	case o.profile == "" || o.like == "" && o.only != kindClients:
		err = errors.New("-like says what to record, and -profile what to call it")
	case o.like == "":
		err = madeClients(ctx, o)
	default:
		err = again(ctx, o)
	}
	switch {
	case errors.Is(err, errDiffers):
		os.Exit(exitDiffers)
	case err != nil:
		fmt.Fprintln(os.Stderr, "record: "+err.Error())
		os.Exit(1)
	}
}

// split returns the parts of a list with commas, none for "".
func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
