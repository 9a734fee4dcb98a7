package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Bounds of a delivery as a whole, which is some files of some kilobytes. Each counts what is read,
// unpacked and decrypted, whatever it lies in.
const (
	MaxFile    = 1 << 20  // octets of a file
	MaxFiles   = 1000     // files and folders, those in archives included
	MaxFolders = 5        // folders in each other
	MaxArchive = 8 << 20  // octets of an archive or a compressed file, unpacked
	MaxOctets  = 32 << 20 // octets of all files, unpacked and decrypted
	MaxItems   = 4000     // things in it
	// MaxWrappings is how often a text is wrapped: base64 of PEM in JSON of base64.
	MaxWrappings = 4
	MaxNested    = 3   // archives in each other
	MaxParts     = 100 // parts of a mail
	MaxMailDepth = 5   // parts of a mail in each other
	// MaxRounds bounds one key derivation: rounds times blocks of PBKDF2 and of PKCS#12's own, and
	// 2*N*r*p of scrypt. MaxAllRounds bounds all of them together, those for wrong passwords included.
	MaxRounds    = 5_000_000
	MaxAllRounds = 20_000_000
	MaxMemory    = 128 << 20 // octets of one key derivation (scrypt: 128*N*r)
	// MaxTime bounds all reading, without the time in which somebody is asked for a password.
	MaxTime = time.Minute
)

// A budget is what may still be done for a delivery.
type budget struct {
	octets int
	items  int
	rounds int64
	until  time.Time
}

func newBudget(o Options) budget {
	return budget{MaxOctets, MaxItems, cmp.Or(o.rounds, MaxAllRounds), time.Now().Add(MaxTime)}
}

// check returns why nothing more is done: the context has ended, or the time is up.
func (r *deliveryReader) check() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if time.Now().After(r.budget.until) {
		return fmt.Errorf("%w: reading it takes more than %s", ErrTooMuch, MaxTime)
	}
	return nil
}

// take counts octets that were read, unpacked or decrypted.
func (r *deliveryReader) take(file string, octets int) error {
	if r.budget.octets -= octets; r.budget.octets < 0 {
		return fmt.Errorf("%s: %w: more than %d octets in all; name the files with the certificate", file, ErrTooMuch, MaxOctets)
	}
	return r.check()
}

// errRounds is ErrTooMuch of one key derivation: its container is not opened, the rest is read.
var errRounds = fmt.Errorf("%w", ErrTooMuch)

// derive counts a key derivation before it is done, and does it. It returns as soon as the context
// ends; the derivation itself, which cannot be interrupted, ends a second or two later.
func (r *deliveryReader) derive(w work, f func() ([]byte, error)) ([]byte, error) {
	if err := w.bounded(); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	const leastRounds = 1000 // what is around a derivation takes time, too
	if r.budget.rounds -= max(w.rounds, leastRounds); r.budget.rounds < 0 {
		return nil, fmt.Errorf("%w: all key derivations together take more than %d rounds", errRounds, MaxAllRounds)
	}
	return beside(r.ctx, r.budget.until, f)
}

// beside does what cannot be interrupted, and returns as soon as the context ends or the time is up,
// whatever becomes of it.
func beside(ctx context.Context, until time.Time, f func() ([]byte, error)) ([]byte, error) {
	type result struct {
		octets []byte
		err    error
	}
	done := make(chan result, 1)
	go func() {
		octets, err := f()
		done <- result{octets, err}
	}()
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, fmt.Errorf("%w: reading it takes more than %s", ErrTooMuch, MaxTime)
	case r := <-done:
		return r.octets, r.err
	}
}

// work is what a key derivation takes.
type work struct {
	rounds int64 // times blocks
	memory int64 // octets
}

// bounded returns why a derivation is not done.
func (w work) bounded() error {
	switch {
	case w.rounds > MaxRounds:
		return fmt.Errorf("%w: its key derivation takes %s rounds, and %d are done", errRounds, w.count(), MaxRounds)
	case w.memory > MaxMemory:
		return fmt.Errorf("%w: its key derivation takes %d octets of memory, and %d are given", errRounds, w.memory, MaxMemory)
	}
	return nil
}

// unbounded is more work than is counted.
const unbounded = 1 << 50

func (w work) count() string {
	if w.rounds >= unbounded {
		return "a vast number of"
	}
	return fmt.Sprint(w.rounds)
}

// product multiplies numbers of a derivation without overflow.
func product(numbers ...int64) int64 {
	result := int64(1)
	for _, n := range numbers {
		if n > 0 && result > unbounded/n {
			return unbounded
		}
		result *= n
	}
	return result
}

// ended tells an error that ends the reading of all from one of a single item.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, ErrTooMuch) && !errors.Is(err, errRounds)
}
