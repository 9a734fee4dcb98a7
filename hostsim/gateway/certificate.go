package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/certname"
)

// sayAgain is how often a problem with the files is logged that stays.
const sayAgain = time.Hour

// certificate is what viewers are served with; it follows its source.
type certificate struct {
	source   source
	log      *slog.Logger
	current  atomic.Pointer[tls.Certificate]
	failures atomic.Int64 // looks that found something to take and could not take it
	looked   atomic.Int64 // when the last look ended, Unix nanoseconds

	mu      sync.Mutex            // held during a look
	seen    contents              // of what is served
	parsed  parsedPair            // of what is not served, so that it is parsed once
	problem problem               // of the last look; zero when there was none
	said    map[problem]time.Time // when what was logged last
}

// parsedPair is what contents were understood as.
type parsedPair struct {
	of   contents
	pair *tls.Certificate
	err  error
}

func loadCertificate(from source, log *slog.Logger) (*certificate, error) {
	c := &certificate{source: from, log: log}
	found, err := from.read(true)
	if err != nil {
		return nil, err
	}
	loaded, err := found.parse()
	if err != nil {
		return nil, err
	}
	c.seen = found.contents
	c.take(loaded)
	c.looked.Store(time.Now().UnixNano())
	return c, nil
}

func (c *certificate) take(loaded *tls.Certificate) {
	before := c.current.Swap(loaded)
	until := loaded.Leaf.NotAfter.UTC().Format(time.RFC3339)
	c.log.Info("certificate", "for", certname.Title(loaded.Leaf), "until", until, "certificates", len(loaded.Certificate))
	if alone(loaded) {
		c.log.Warn("the leaf is served alone: clients will refuse it as they refuse the camera", "file", c.source.chain())
	}
	if !inDate(loaded) {
		c.log.Warn("the certificate is not valid at this time: clients will refuse it",
			"from", loaded.Leaf.NotBefore.UTC().Format(time.RFC3339), "until", until)
	}
	if before != nil && loaded.Leaf.NotAfter.Before(before.Leaf.NotAfter) {
		c.log.Warn("the certificate ends earlier than the one before it", "until", until,
			"before", before.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
}

// alone reports whether issuers are missing that clients ask for.
func alone(c *tls.Certificate) bool { return len(c.Certificate) == 1 && !certs.SelfSigned(c.Leaf) }

// inDate reports whether clients whose clock is right take the leaf's dates.
func inDate(c *tls.Certificate) bool {
	now := time.Now()
	return !now.Before(c.Leaf.NotBefore) && !now.After(c.Leaf.NotAfter)
}

// watch looks at the files until the context ends.
func (c *certificate) watch(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = c.look(false) // it was logged
		}
	}
}

// look takes what is in the files, if that is new and can be served; otherwise what is served stays,
// and the next look tries again. A problem is logged once, then at intervals; at once when somebody
// asked for the look.
func (c *certificate) look(asked bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.looked.Store(time.Now().UnixNano()) }()
	read, err := c.source.read(asked)
	found := read.problem
	if err == nil && found.contents == c.seen {
		if c.problem != (problem{}) {
			c.log.Info("the files hold what is served")
		}
		c.problem = problem{}
		return nil
	}
	var pair *tls.Certificate
	if err == nil {
		pair, err = c.understand(read)
	}
	if err != nil {
		c.failures.Add(1)
		c.say(found, err, asked)
		c.problem = found
		return err
	}
	c.seen, c.problem, c.said, c.parsed = found.contents, problem{}, nil, parsedPair{}
	c.take(pair)
	return nil
}

// What keeps a whole pair from being served.
var (
	errOutOfDate = errors.New("it is not valid at this time, and the one that is served is")
	errMaybeHalf = errors.New("it has no issuers, and the one that is served has: the file may not be whole yet")
)

// understand parses what was read, and decides whether it can be served in the place of what
// is. Dates are asked again at every look.
func (c *certificate) understand(read reading) (*tls.Certificate, error) {
	if c.parsed.of != read.contents {
		pair, err := read.parse()
		c.parsed = parsedPair{read.contents, pair, err}
	}
	pair, err := c.parsed.pair, c.parsed.err
	if err != nil {
		return nil, err
	}
	served := c.current.Load()
	switch {
	case !inDate(pair) && inDate(served):
		return nil, fmt.Errorf("%w (%s until %s)", errOutOfDate,
			pair.Leaf.NotBefore.UTC().Format(time.RFC3339), pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	case alone(pair) && !alone(served) && c.problem != read.problem:
		return nil, errMaybeHalf // for one look
	}
	return pair, nil
}

// maxSaid is how many problems are known to have been logged.
const maxSaid = 100

// say logs a problem, unless it was a moment ago.
func (c *certificate) say(found problem, err error, asked bool) {
	if at, known := c.said[found]; !asked && known && time.Since(at) < sayAgain {
		return
	}
	if c.said == nil || len(c.said) >= maxSaid {
		c.said = map[problem]time.Time{}
	}
	c.said[found] = time.Now()
	c.log.Warn("the new certificate is not taken, the old one is served", "error", err.Error())
}
