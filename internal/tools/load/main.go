// Command load runs thousands of emulated cameras in one process, each with its own
// certificate and port, while clients come and go. It prints what an idle camera and an
// open connection cost, and fails when memory does not stay flat.
//
//	go run ./internal/tools/load                     5,000 cameras, ten minutes
//	go run ./internal/tools/load -cameras 100 -duration 10s
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

func main() {
	cameras := flag.Int("cameras", 5000, "how many")
	duration := flag.Duration("duration", 10*time.Minute, "how long clients come and go")
	hold := flag.Int("hold", 2000, "connections that are open while their memory is measured, each at another camera")
	workers := flag.Int("clients", 64, "at a time")
	asClients := flag.Bool("as-clients", false, "be the clients; used by the command itself")
	flag.Parse()
	var err error
	if *asClients {
		err = runClients(os.Stdin, os.Stdout, min(*hold, *cameras), *workers)
	} else {
		err = runLoad(*cameras, min(*hold, *cameras), *workers, *duration)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func runLoad(count, hold, workers int, duration time.Duration) error {
	before := measure()
	fleet, err := startFleet(count)
	if err != nil {
		return err
	}
	idle := measure()
	fmt.Printf("%d cameras: %s a camera idle (heap and stacks), %s with the process as the system counts it\n",
		count, size((idle.live-before.live)/count), size((idle.resident-before.resident)/count))

	clients, err := startClients(fleet.addresses(), hold, workers)
	if err != nil {
		return err
	}
	defer func() { _ = clients.stop() }() // after an error, which is returned
	if err := clients.awaitHeld(); err != nil {
		return err
	}
	open := measure()
	fmt.Printf("%d open connections: %s each (heap and stacks)\n", hold, size((open.live-idle.live)/hold))
	if err := clients.release(); err != nil {
		return err
	}
	flat := watch(fleet, duration)
	if err := clients.stop(); err != nil {
		return err
	}
	fleet.close()
	const bystanders = 10 // the runtime's and this program's own
	if n := settledGoroutines(); n > bystanders {
		return fmt.Errorf("%d goroutines are left", n)
	}
	return flat
}

// watch prints what the cameras use from time to time. The error says that it grew.
func watch(fleet *fleet, duration time.Duration) error {
	const steps, tolerance = 20, 1.1
	var early, late int
	began := time.Now()
	for step := 1; step <= steps; step++ {
		time.Sleep(time.Until(began.Add(duration * time.Duration(step) / steps)))
		m := measure()
		fmt.Printf("%8s  %8d connections, %d of them ended by an exception; heap and stacks %s, resident %s, %d goroutines\n",
			time.Since(began).Round(time.Second), fleet.served.Load(), fleet.raised.Load(), size(m.live), size(m.resident), m.goroutines)
		if step <= steps/2 {
			early = max(early, m.live)
		} else {
			late = max(late, m.live)
		}
	}
	if fleet.served.Load() == 0 {
		return fmt.Errorf("no camera served a client")
	}
	if float64(late) > tolerance*float64(early) {
		return fmt.Errorf("memory grew: %s at most in the first half, %s in the second", size(early), size(late))
	}
	fmt.Printf("memory stayed flat: %s at most in the first half, %s in the second\n", size(early), size(late))
	return nil
}

// settledGoroutines waits for goroutines that are about to end.
func settledGoroutines() int {
	for range 50 {
		if runtime.NumGoroutine() <= 5 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return runtime.NumGoroutine()
}
