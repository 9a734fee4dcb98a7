package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/leafcam/leafcam/internal/rounds"
)

const (
	workers = 8           // viewers that ask for pages, and connections to the camera that gateways are told to use
	turn    = time.Second // of one gateway in a round
)

// Both ways to ask for pages.
var pageKinds = []struct {
	what, name string
	keepAlive  bool
}{
	{"small pages, keep-alive", "keep-alive", true},
	{"small pages, new connections", "new_connections", false},
}

// measured is what one program did, a figure a round.
type measured struct {
	program program
	running *running
	pages   [2][]float64 // a second, of each kind
	cost    [2][]float64 // milliseconds of CPU a page
	most    int64        // octets resident
}

// alike is how viewers connect for pages: by what every gateway can do, for a key exchange that only one of them has
// would be measured as that gateway's.
func (s *site) alike() *tls.Config {
	c := s.client()
	c.MinVersion, c.CurvePreferences = tls.VersionTLS13, []tls.CurveID{tls.X25519}
	return c
}

// comparePages lets viewers ask for small pages through all gateways by turns. All of them are there all the time, in
// front of the same camera: whatever else the machine does meets all alike.
func comparePages(ctx context.Context, s *site, leafcam string, turns int) ([]*measured, error) {
	var all []*measured
	for _, p := range programs {
		r, err := p.start(ctx, s, leafcam)
		if err != nil && len(all) == 0 { // there is nothing to compare the others with
			return nil, err
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", p.name, err)
			continue
		}
		defer r.stop()
		all = append(all, &measured{program: p, running: r})
	}
	order := slices.Clone(all)
	for n := range turns {
		for kind := range pageKinds {
			for _, m := range order {
				if err := m.take(ctx, s, kind); err != nil {
					return nil, err
				}
			}
		}
		order = append(order[1:], order[0]) // nobody is always first
		fmt.Fprintf(os.Stderr, "pages: round %d of %d\n", n+1, turns)
	}
	return all, nil
}

// take measures one turn.
func (m *measured) take(ctx context.Context, s *site, kind int) error {
	limited, cancel := context.WithTimeout(ctx, turn)
	defer cancel()
	began, before := time.Now(), m.running.cost()
	pages := float64(fetch(limited, workers, m.running.address, s.alike(), pageKinds[kind].keepAlive))
	after := m.running.cost()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if pages == 0 {
		return fmt.Errorf("%s: no page came within %s", m.program.name, turn)
	}
	m.pages[kind] = append(m.pages[kind], pages/time.Since(began).Seconds())
	m.cost[kind] = append(m.cost[kind], (after.cpu-before.cpu).Seconds()*1000/pages)
	m.most = max(m.most, after.resident)
	return nil
}

// reportPages prints what each did, and how the first one compares with the others.
func reportPages(all []*measured, turns int) {
	t := newTable("gateway", "what", "pages/s", "spread", "CPU a page", "resident")
	for _, m := range all {
		for kind, k := range pageKinds {
			t.AppendRow([]any{
				m.program.title(), k.what, fmt.Sprintf("%.0f", rounds.Median(m.pages[kind])), percent(rounds.Spread(m.pages[kind])),
				fmt.Sprintf("%.2f ms", rounds.Median(m.cost[kind])), mebibytes(m.most),
			})
		}
		t.AppendSeparator()
	}
	fmt.Printf("pages, medians of %d rounds in which each gateway had %s; camera, gateways and viewers share this machine\n%s\n",
		turns, turn, t.Render())
	for _, m := range all[1:] {
		for kind, k := range pageKinds {
			ratios := each(all[0].pages[kind], m.pages[kind])
			fmt.Printf("%s / %s, %s: %.2f, spread %s%s\n", all[0].program.name, m.program.title(), k.what,
				rounds.Median(ratios), percent(rounds.Spread(ratios)), busy(rounds.Spread(ratios)))
		}
	}
}

// each divides the figures of the same rounds.
func each(a, b []float64) (ratios []float64) {
	for i := range a {
		ratios = append(ratios, a[i]/b[i])
	}
	return ratios
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", math.Round(100*share)) }

// busy says that figures are not to be believed.
func busy(spread float64) string {
	if spread > rounds.TooBusy {
		return " (the machine was too busy to tell)"
	}
	return ""
}
