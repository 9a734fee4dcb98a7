package measure

import (
	"context"
	"time"

	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/internal/generate"
)

// A Comparison is how the models did.
type Comparison struct {
	Cells   int // that were compared
	Agreed  int
	Depends int // the clients of the family that were measured differ
	Unknown int // the harness could not tell, or there is no model: they count neither way
	Clients int // that were compared

	Disagreements []Disagreement
}

// A Disagreement is a cell in which a client did something else than its model.
type Disagreement struct {
	Cell
	Forecast policy.Answer
}

// Share is how many of the compared cells agree, from 0 to 1.
func (c *Comparison) Share() float64 { return float64(c.Agreed) / float64(max(1, c.Cells)) }

// Compare holds cells against the models of their families.
func Compare(cells []Cell) *Comparison {
	c := &Comparison{}
	seen := map[string]bool{}
	for _, cell := range cells {
		answers := forecast(cell)
		if cell.Outcome == Unknown || len(answers) == 0 {
			c.Unknown++
			continue
		}
		seen[cell.Client] = true
		c.Cells++
		same, other := 0, policy.Answer{}
		for _, a := range answers {
			if a.Completes == (cell.Outcome == Completed) {
				same++
			} else {
				other = a
			}
		}
		switch same {
		case len(answers):
			c.Agreed++
		case 0:
			c.Disagreements = append(c.Disagreements, Disagreement{cell, other})
		default:
			c.Agreed++
			c.Depends++
		}
	}
	c.Clients = len(seen)
	return c
}

// forecast asks the model of the client, or those of its family.
func forecast(cell Cell) (answers []policy.Answer) {
	d := cell.made
	q := policy.Question{Sent: d.Sent, Roots: d.Roots, Store: d.Store, Host: d.Spec.Host, At: cell.at}
	for _, v := range (policy.Policy{Name: cell.Family}).Verifiers() {
		if v.Client == cell.Client {
			return []policy.Answer{v.Verify(q)}
		}
		answers = append(answers, v.Verify(q))
	}
	return answers
}

// Shrink looks for a smaller delivery in which the client and its model still disagree: it leaves out flaws
// and intermediates as long as that is so.
func Shrink(ctx context.Context, d Disagreement, o Options) (Disagreement, error) {
	for {
		smaller, err := smallest(ctx, d, o)
		if err != nil || smaller == nil {
			return d, err
		}
		d = *smaller
	}
}

// smallest returns a disagreement that has one thing less in it; nil when there is none.
func smallest(ctx context.Context, d Disagreement, o Options) (*Disagreement, error) {
	var candidates []generate.Spec
	for _, s := range d.Spec.Shrink() {
		if _, err := s.Build(time.Now()); err == nil {
			candidates = append(candidates, s)
		}
	}
	if len(candidates) == 0 {
		return nil, nil
	}
	for _, client := range o.Clients {
		if client.Name == d.Client {
			o.Clients = o.Clients[:0:0]
			o.Clients = append(o.Clients, client)
		}
	}
	cells, err := Run(ctx, candidates, o)
	if err != nil {
		return nil, err
	}
	if c := Compare(cells); len(c.Disagreements) > 0 {
		return &c.Disagreements[0], nil
	}
	return nil, nil
}
