package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/leafcam/leafcam/internal/workdir"
)

// endsWithin is how long a command may take to end when it was told to. One that waits for something
// else, such as a reader of its output, is ended then.
const endsWithin = 800 * time.Millisecond

// criticalWithin is how long a critical section may take from then on. Its drive does not answer after that.
const criticalWithin = time.Minute

// signals are what the system tells the command.
type signals struct {
	received chan os.Signal
	hangups  chan struct{} // for a command that reloads by them
	taken    atomic.Bool   // hangups are that command's
	critical sync.RWMutex  // held for reading in critical sections
	within   time.Duration // that they may take when the command was told to end
}

// signalsKey is where a command's context holds its signals.
type signalsKey struct{}

// withSignals returns a context that ends with the first signal to end. A second one does what it does
// to any process: it kills it at once.
func withSignals(ctx context.Context) context.Context {
	s := &signals{received: make(chan os.Signal, 8), hangups: make(chan struct{}, 1), within: criticalWithin}
	ctx, cancel := context.WithCancel(context.WithValue(ctx, signalsKey{}, s))
	signal.Notify(s.received, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup(1) does
		signal.Notify(s.received, syscall.SIGHUP)
	}
	go func() {
		for sig := range s.received {
			if sig != syscall.SIGHUP || !s.taken.Load() {
				signal.Stop(s.received)
				cancel()
				return
			}
			select {
			case s.hangups <- struct{}{}:
			default: // one is waiting
			}
		}
	}()
	return ctx
}

// takeHangups returns SIGHUPs, which do not end the command from then on.
func takeHangups(ctx context.Context) <-chan struct{} {
	s, ok := ctx.Value(signalsKey{}).(*signals)
	if !ok {
		return nil
	}
	s.taken.Store(true)
	signal.Notify(s.received, syscall.SIGHUP)
	return s.hangups
}

// critical begins a section that leaves things half done when it is ended in the middle: a command that was told to end
// goes on until it is over. Call over then.
func critical(ctx context.Context) (over func()) {
	s, ok := ctx.Value(signalsKey{}).(*signals)
	if !ok {
		return func() {}
	}
	s.critical.RLock() // it waits for ever when the command is being ended
	return s.critical.RUnlock
}

// forcedEnd returns what tells that a command has to be ended now.
func (s *signals) forcedEnd() <-chan struct{} {
	now := make(chan struct{})
	go func() {
		defer close(now)
		time.Sleep(endsWithin)
		if s.critical.TryLock() {
			return
		}
		over := make(chan struct{})
		go func() {
			s.critical.Lock()
			close(over)
		}()
		select {
		case <-over:
			time.Sleep(endsWithin) // for what there is to say
		case <-time.After(s.within):
		}
	}()
	return now
}

// runUntilSignal runs the command line, and returns the exit status when it has ended, or shortly after
// it was told to.
func runUntilSignal(args []string, stdout, stderr io.Writer) int {
	survivePipes()
	ctx := withSignals(context.Background())
	return untilSignal(ctx, stderr, func() int { return run(ctx, args, stdout, stderr) })
}

// untilSignal runs a command, and returns its exit status.
func untilSignal(ctx context.Context, messages io.Writer, command func() int) int {
	ended := make(chan int, 1)
	go func() { ended <- command() }()
	select {
	case status := <-ended:
		return status
	case <-ctx.Done():
	}
	select {
	case status := <-ended:
		return status
	case <-ctx.Value(signalsKey{}).(*signals).forcedEnd():
		workdir.RemoveAll()
		fmt.Fprintln(messages, interrupted)
		return exitInterrupted
	}
}

// interruptible reads until the context ends.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, r)
		_ = in.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { _ = out.CloseWithError(ctx.Err()) })
	return out
}
