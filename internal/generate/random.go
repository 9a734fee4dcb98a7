package generate

import (
	"math/rand/v2"
	"time"
)

// Random returns n deliveries of a seed, the same ones each time: every shape with none, one or two flaws.
func Random(seed uint64, n int) (list []Spec) {
	r := rand.New(rand.NewPCG(seed, 0))
	flaws := Flaws()
	for range n {
		s := Plain([]int{0, 1, 1, 1, 2, 2, 3}[r.IntN(7)])
		for range []int{0, 1, 1, 1, 2, 2, 2}[r.IntN(7)] {
			if f := flaws[r.IntN(len(flaws))]; f.Links <= s.Links() {
				s.apply(f)
			}
		}
		list = append(list, s)
	}
	return list
}

// Singles returns a delivery for each flaw, and one without, for each length of the chain that it can have.
func Singles() []Spec {
	list := []Spec{Plain(0), Plain(1), Plain(2), Plain(3), Plain(5), Plain(9)}
	for _, f := range Flaws() {
		s := Plain(max(1, f.Links))
		s.apply(f)
		list = append(list, s)
	}
	return list
}

// SinglesOf returns the deliveries of [Singles] that have one of these flaws.
func SinglesOf(flaws []string) (list []Spec, err error) {
	for _, name := range flaws {
		f, err := FlawNamed(name)
		if err != nil {
			return nil, err
		}
		s := Plain(max(1, f.Links))
		s.apply(f)
		list = append(list, s)
	}
	return list, nil
}

// apply applies a flaw. One that does not go together with what was applied before is left out.
func (s *Spec) apply(f Flaw) {
	changed := s.clone()
	f.Apply(&changed)
	if _, err := changed.Build(time.Now()); err != nil {
		return
	}
	changed.Flaws = append(changed.Flaws, f.Name)
	*s = changed
}

// Shrink returns deliveries that have less in them: a flaw or an intermediate fewer.
func (s Spec) Shrink() (list []Spec) {
	links := s.Links()
	for i := range s.Flaws {
		list = append(list, remake(links, without(s.Flaws, i)))
	}
	for n := range links {
		if smaller := remake(n, s.Flaws); len(smaller.Flaws) == len(s.Flaws) {
			list = append(list, smaller)
		}
	}
	return list
}

func without(names []string, i int) (rest []string) {
	for j, name := range names {
		if j != i {
			rest = append(rest, name)
		}
	}
	return rest
}

// Make returns a delivery with so many intermediates and these flaws, as far as they can be had together.
func Make(links int, flaws []string) (Spec, error) {
	for _, name := range flaws {
		if _, err := FlawNamed(name); err != nil {
			return Spec{}, err
		}
	}
	return remake(links, flaws), nil
}

// remake makes a delivery with these flaws, as far as its length allows.
func remake(links int, flaws []string) Spec {
	s := Plain(links)
	for _, name := range flaws {
		if f, err := FlawNamed(name); err == nil && f.Links <= links {
			s.apply(f)
		}
	}
	return s
}
