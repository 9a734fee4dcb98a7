package preflight

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/leafcam/leafcam/certs/delivery"
)

// FleetOptions says how many devices are checked.
type FleetOptions struct {
	Check    Options
	Delivery delivery.Options
	Workers  int // as many as there are cores when 0
}

// FleetFormat is the version of the JSON form of a fleet's lines.
const FleetFormat = 1

// A FleetLine is the outcome of one device.
type FleetLine struct {
	Format   int            `json:"format"` // of this form: [FleetFormat]
	Line     int            `json:"line"`   // of the list
	Subject  string         `json:"subject"`
	OK       bool           `json:"ok"` // no finding of severity error, and readable
	Loads    bool           `json:"loads"`
	NotAfter string         `json:"not_after"` // RFC 3339; "" without a certificate
	Problem  string         `json:"problem"`   // why it could not be checked; "" otherwise
	Findings []FleetFinding `json:"findings"`

	key [sha256.Size]byte // hash of the public key
}

// A FleetFinding is a finding without its explanation.
type FleetFinding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`
}

// A FleetSummary counts what was found.
type FleetSummary struct {
	Devices  int          `json:"devices"`
	OK       int          `json:"ok"`
	Unread   int          `json:"unread"` // that could not be checked
	Findings map[Code]int `json:"findings"`
	// Ignored are the columns of the list's header that are passed over.
	Ignored []string `json:"ignored"`
	// SharedKeys is how many keys are in more than one device.
	SharedKeys int `json:"shared_keys"`
}

// Fleet checks the devices of a list while it reads it. A line is the path of a delivery, or
// certificate and key, and perhaps the host, separated by commas, semicolons or tabs; lines that are
// empty or begin with # are passed over. A first line that names the columns gives their order. What
// spreadsheets add is understood: a byte order mark, UTF-16, quotes, empty fields, "sep=;". emit is called for each device in the
// list's order, and its error ends the check.
//
// Nothing is kept of a device that has been emitted but a hash of its key, to find keys that are
// used twice.
func Fleet(ctx context.Context, list io.Reader, o FleetOptions, emit func(*FleetLine) error) (*FleetSummary, error) {
	workers := o.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Check.Fetch != nil {
		o.Check.Fetch = newFetcher(o.Check.Fetch).Fetch // with what all devices remember
	}
	// ordered holds what is under way, in the list's order.
	jobs, ordered := make(chan fleetJob), make(chan fleetJob, 4*workers)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case j, more := <-jobs:
					if !more {
						return
					}
					j.done <- checkLine(ctx, j.device, o)
				}
			}
		})
	}
	var readError error
	var ignored []string
	// Nobody waits for this one when the context ends: it may wait for a line that never comes.
	go func() {
		defer close(ordered)
		defer close(jobs)
		devices := newFleetList(list)
		defer func() { ignored = devices.ignored }()
		for {
			if err := devices.next(); err != nil {
				if !errors.Is(err, io.EOF) {
					readError = err
				}
				return
			}
			j := fleetJob{devices.entry(), make(chan *FleetLine, 1)}
			select {
			case ordered <- j:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
	}()
	s := &fleetSummary{FleetSummary: FleetSummary{Findings: map[Code]int{}}, first: map[[sha256.Size]byte]firstUse{}}
	err := s.collect(ctx, ordered, emit)
	if err == nil {
		err, s.Ignored = readError, ignored
	}
	cancel()
	running.Wait()
	return &s.FleetSummary, err
}

// A fleetJob is a device that is under way.
type fleetJob struct {
	device fleetEntry
	done   chan *FleetLine
}

// collect counts and emits what is done, in order, until there is no more.
func (s *fleetSummary) collect(ctx context.Context, ordered <-chan fleetJob, emit func(*FleetLine) error) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case j, more := <-ordered:
			if !more {
				return ctx.Err()
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case line := <-j.done:
				s.count(line)
				if err := emit(line); err != nil {
					return err
				}
			}
		}
	}
}

// fleetSummary counts, and remembers whose key was seen first.
type fleetSummary struct {
	FleetSummary
	first map[[sha256.Size]byte]firstUse
}

type firstUse struct {
	line   int32
	shared bool
}

func (s *fleetSummary) count(l *FleetLine) {
	s.Devices++
	if l.key != ([sha256.Size]byte{}) {
		first, seen := s.first[l.key]
		switch {
		case !seen:
			s.first[l.key] = firstUse{line: int32(l.Line)}
		default:
			if !first.shared {
				first.shared = true
				s.first[l.key] = first
				s.SharedKeys++
			}
			l.OK = false
			l.Findings = append(l.Findings,
				FleetFinding{CodeSharedKey, SeverityError, fmt.Sprintf("line %d has the same private key: give each camera its own", first.line)})
		}
	}
	if l.OK {
		s.OK++
	}
	if l.Problem != "" {
		s.Unread++
	}
	for _, f := range l.Findings {
		s.Findings[f.Code]++
	}
}

// checkLine checks one device.
func checkLine(ctx context.Context, e fleetEntry, o FleetOptions) *FleetLine {
	l := &FleetLine{Format: FleetFormat, Line: e.line, Subject: e.text, Findings: []FleetFinding{}, Problem: e.problem}
	if e.problem != "" {
		return l
	}
	check, files := o.Check, o.Delivery
	if e.host != "" {
		check.Host, files.Host = e.host, e.host
	}
	var s *Subject
	var err error
	if e.key == "" {
		s, err = readDelivery(ctx, e.cert, files)
	} else {
		s, err = FromFiles(ctx, e.cert, e.key, nil, files)
	}
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	r := Check(ctx, s, check)
	l.Loads, l.OK = r.Loads, r.Errors() == 0
	if c := r.Certificate; c != nil && !c.NotAfter.IsZero() {
		l.NotAfter = c.NotAfter.UTC().Format("2006-01-02T15:04:05Z07:00")
	}
	if d := s.Delivery; d != nil && d.Key != nil && d.Key.SPKI != nil {
		l.key = sha256.Sum256(d.Key.SPKI)
	}
	for _, f := range r.Findings {
		l.Findings = append(l.Findings, FleetFinding{f.Code, f.Severity, f.Title})
	}
	return l
}

func readDelivery(ctx context.Context, path string, o delivery.Options) (*Subject, error) {
	d, err := delivery.Read(ctx, []string{path}, o)
	if err != nil {
		return nil, err
	}
	return FromDelivery(d)
}
