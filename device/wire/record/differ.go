package record

import (
	"context"
	"slices"

	"github.com/leafcam/leafcam/device/wire"
)

// A Difference is an exchange, a visit or a load that two subjects answer differently.
type Difference struct {
	Name   string        `json:"name"`   // of what showed it
	Sent   []wire.Octets `json:"sent"`   // the smallest one found that still does: what a client writes, its chain, or two files
	Plain  bool          `json:"plain"`  // its writes come apart by a pause alone
	First  Answer        `json:"first"`  // of the first subject
	Second Answer        `json:"second"` // of the second
	Words  []string      `json:"words"`  // what differs, with both values
}

// An Answer is a subject's.
type Answer struct {
	Does   string `json:"does"` // in words, see [wire.Exchange.Describe]
	Phase  string `json:"phase"`
	Raises string `json:"raises"` // the last line of the traceback, "" for none
}

// Differ puts exchanges to two subjects that have loaded the same certificate and key, and returns those that they
// answer differently, shrunk. One that is answered alike at the second time is none: a busy machine may delay an
// answer.
func Differ(ctx context.Context, first, second Subject, head wire.Head, ask []wire.Vector, progress Progress) ([]Difference, error) {
	d := &differ{first: first, second: second}
	var err error
	if d.key, err = loadHead(ctx, first, head); err != nil {
		return nil, err
	}
	if _, err = loadHead(ctx, second, head); err != nil {
		return nil, err
	}
	return differing(ctx, ask, d.compare, simplerVectors, progress)
}

// twice returns what compare finds, if it finds something at the second time, too: a busy machine may delay an answer.
func twice[T, D any](ctx context.Context, v T, compare func(context.Context, T) (*D, error)) (*D, error) {
	found, err := compare(ctx, v)
	if err != nil || found == nil {
		return nil, err
	}
	return compare(ctx, v)
}

// differing returns the differences that compare finds, each in the smallest form that is found by taking steps of simpler.
func differing[T any](
	ctx context.Context, ask []T, compare func(context.Context, T) (*Difference, error), simpler func(T) []T, progress Progress,
) ([]Difference, error) {
	list := []Difference{}
	for i, v := range ask {
		found, err := twice(ctx, v, compare)
		if err == nil && found != nil {
			found, err = shrink(ctx, v, found, compare, simpler)
		}
		if err != nil {
			return list, err
		}
		if found != nil {
			list = append(list, *found)
		}
		progress.tell(i+1, len(ask))
	}
	return list, nil
}

// maxShrinks bounds how many smaller ones are tried, each of which a server may answer with silence.
const maxShrinks = 120

// shrink looks for a smaller one with the same two answers.
func shrink[T any](
	ctx context.Context, v T, found *Difference, compare func(context.Context, T) (*Difference, error), simpler func(T) []T,
) (*Difference, error) {
	for tries := 0; ; {
		smaller := false
		for _, candidate := range simpler(v) {
			if tries++; tries > maxShrinks {
				return found, nil
			}
			still, err := compare(ctx, candidate)
			if err != nil {
				return nil, err
			}
			if still != nil && still.First == found.First && still.Second == found.Second {
				v, found, smaller = candidate, still, true
				break
			}
		}
		if !smaller {
			return found, nil
		}
	}
}

type differ struct {
	first, second Subject
	key           wire.LoadedKey
}

// compare returns nil for an exchange that both answer alike.
func (d *differ) compare(ctx context.Context, v wire.Vector) (*Difference, error) {
	one, err := exchanged(ctx, d.first, d.key, v)
	if err != nil {
		return nil, err
	}
	other, err := exchanged(ctx, d.second, d.key, v)
	if err != nil {
		return nil, err
	}
	words := wire.Diff(one.Exchange, other.Exchange)
	if err := d.key.Verify(one.Received, one.Sent); err != nil {
		words = append(words, "first: "+err.Error())
	}
	if err := d.key.Verify(other.Received, other.Sent); err != nil {
		words = append(words, "second: "+err.Error())
	}
	if one.Device.Phase != other.Device.Phase || one.Device.Line != other.Device.Line {
		words = append(words, "reported:\n  expected "+Line(one.Device)+"\n  got      "+Line(other.Device))
	}
	if len(words) == 0 {
		return nil, nil
	}
	return &Difference{
		Name: v.Name, Sent: v.Sent, Plain: v.GapMS != nil, Words: words,
		First:  Answer{one.Describe(), one.Device.Phase, one.Device.Line},
		Second: Answer{other.Describe(), other.Device.Phase, other.Device.Line},
	}, nil
}

// simplerVectors returns exchanges that are a step simpler than one.
func simplerVectors(v wire.Vector) (list []wire.Vector) {
	for _, sent := range simpler(v.Sent) {
		candidate := v
		candidate.Sent = sent
		list = append(list, candidate)
	}
	return list
}

// simpler returns what is sent in them, the boldest step first.
func simpler(sent []wire.Octets) (list [][]wire.Octets) {
	for i := range sent {
		if len(sent) > 1 {
			list = append(list, slices.Delete(slices.Clone(sent), i, i+1))
		}
	}
	for i, segment := range sent {
		with := func(data []byte) {
			changed := slices.Clone(sent)
			changed[i] = data
			list = append(list, changed)
		}
		if h, ok := parseHello(segment); ok {
			for _, simple := range h.simpler() {
				with(recordOf(segment[0], uint16(segment[1])<<8|uint16(segment[2]), simple.message()))
			}
			continue
		}
		for n := len(segment) / 2; n > 0; n /= 2 {
			with(segment[:len(segment)-n])
		}
	}
	return list
}

// simpler returns hellos with one thing less.
func (h clientHello) simpler() (list []clientHello) {
	for i := range h.extensions {
		less := h
		less.extensions = slices.Delete(slices.Clone(h.extensions), i, i+1)
		list = append(list, less)
	}
	if n := len(h.suites); n > 1 {
		first, second := h, h
		first.suites, second.suites = h.suites[:n/2], h.suites[n/2:]
		list = append(list, first, second)
	}
	if len(h.sessionID) > 0 {
		less := h
		less.sessionID = nil
		list = append(list, less)
	}
	for i, e := range h.extensions {
		if len(e.body) > 64 {
			less := h
			less.extensions = slices.Clone(h.extensions)
			less.extensions[i].body = e.body[:len(e.body)/2]
			list = append(list, less)
		}
	}
	return list
}
