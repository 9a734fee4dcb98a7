package preflight

import (
	"context"
	"crypto/x509"
	"sync"

	"github.com/leafcam/leafcam/certs/delivery"
)

// An answer is what a URL led to.
type answer struct {
	list []*x509.Certificate
	form delivery.Form
	err  error
}

// maxAnswers bounds how many are remembered.
const maxAnswers = 1000

// answers are those of the URLs that a command asks, each once: the devices of a fleet share their
// CAs.
type answers struct {
	mu    sync.Mutex
	known map[string]*pending
}

// A pending answer is there once done is closed, unless who asked gave up.
type pending struct {
	done  chan struct{}
	given bool
	answer
}

// of returns the answer of a URL. Where nobody has asked it yet, ask does, and reports whether the
// answer is the URL's own, and not because time or requests were used up. The error is the context's.
func (a *answers) of(ctx context.Context, raw string, ask func() (answer, bool)) (answer, error) {
	for {
		p, mine := a.claim(raw)
		if mine {
			p.answer, p.given = ask()
			if !p.given {
				a.forget(raw)
			}
			close(p.done)
			return p.answer, ctx.Err()
		}
		select {
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-p.done:
		}
		if p.given {
			return p.answer, nil
		}
	}
}

// claim returns what is known of a URL, or leaves it to the caller to ask.
func (a *answers) claim(raw string) (p *pending, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, known := a.known[raw]; known {
		return p, false
	}
	p = &pending{done: make(chan struct{})}
	if a.known == nil {
		a.known = map[string]*pending{}
	}
	if len(a.known) < maxAnswers {
		a.known[raw] = p
	}
	return p, true
}

func (a *answers) forget(raw string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.known, raw)
}
