package main

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/record"
)

// Kinds besides those of exchanges.
const (
	kindClients = "clients"
	kindLoads   = "loads"
)

// agreement names a certificate for key agreement, which static ECDH asks for, and the recorded ones are not.
const agreement = "agreement"

// pairOf returns a certificate and its key.
func pairOf(key string) (wire.Head, error) {
	if key == agreement {
		return record.Agreement(elliptic.P256())
	}
	head, _, err := wire.ReadVectors[wire.Head, wire.Vector](path(device.OpenMV50.Name, key))
	return head, err
}

// differ compares the servers with the emulation, and prints each difference as a line of JSON.
func differ(ctx context.Context, o options) error {
	firmware, err := device.FirmwareByName(o.differ)
	if err != nil {
		return err
	}
	pair, err := pairOf(o.key)
	if err != nil {
		return err
	}
	servers, err := dial(ctx, o)
	if err != nil {
		return err
	}
	defer servers.close()
	if pair, err = record.Loadable(ctx, servers[0], pair); err != nil {
		return err
	}
	c := &comparison{options: o, servers: servers, pair: pair, emulated: func() record.Subject { return &record.Emulated{Firmware: firmware} }}
	kinds := split(o.kinds)
	if kinds == nil {
		kinds = slices.Concat(record.Kinds(), []string{kindClients, kindLoads})
	}
	found, err := c.all(ctx, kinds)
	if err != nil {
		return err
	}
	return tell(found, o.count)
}

// tell prints what differs, a line of JSON each, and how much does not.
func tell[D any](found []D, count int) error {
	lines := json.NewEncoder(os.Stdout)
	for _, d := range found {
		if err := lines.Encode(d); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "%d of %d go alike\n", count-len(found), count)
	if len(found) > 0 {
		return errDiffers
	}
	return nil
}

// A comparison is one of servers with the emulation.
type comparison struct {
	options
	servers  pool
	pair     wire.Head
	emulated func() record.Subject // one for each server
}

// all compares so many in all, as many of each kind.
func (c *comparison) all(ctx context.Context, kinds []string) (found []record.Difference, err error) {
	each := c.count / len(kinds)
	parts := []part{}
	special := func(kind string) bool { return kind == kindClients || kind == kindLoads }
	if exchanges := slices.DeleteFunc(slices.Clone(kinds), special); len(exchanges) > 0 {
		parts = append(parts, part{each * len(exchanges), func(ctx context.Context, count int) ([]record.Difference, error) {
			return c.exchanges(ctx, count, exchanges)
		}})
	}
	if slices.Contains(kinds, kindClients) {
		parts = append(parts, part{each, c.visits})
	}
	if slices.Contains(kinds, kindLoads) {
		parts = append(parts, part{each, c.loads})
	}
	parts[0].count += c.count - each*len(kinds)
	for _, p := range parts {
		differences, err := p.compare(ctx, p.count)
		if err != nil {
			return nil, err
		}
		found = append(found, differences...)
	}
	return found, nil
}

// A part of a comparison has so many of its kinds.
type part struct {
	count   int
	compare func(context.Context, int) ([]record.Difference, error)
}

func (c *comparison) exchanges(ctx context.Context, count int, kinds []string) ([]record.Difference, error) {
	ask, err := record.Generate(c.seed, count, kinds...)
	if err != nil {
		return nil, err
	}
	return share(c.servers, "compared", ask, func(r *record.Real, part []wire.Vector, p record.Progress) ([]record.Difference, error) {
		return record.Differ(ctx, r, c.emulated(), c.pair, part, p)
	})
}

func (c *comparison) visits(ctx context.Context, count int) ([]record.Difference, error) {
	head, ask, err := record.GenerateVisits(c.seed, count)
	if err != nil {
		return nil, err
	}
	return share(c.servers, kindClients, ask, func(r *record.Real, part []wire.ClientVisit, p record.Progress) ([]record.Difference, error) {
		return record.DifferVisits(ctx, r, c.emulated(), c.pair, head, part, p)
	})
}

func (c *comparison) loads(ctx context.Context, count int) ([]record.Difference, error) {
	ask, err := record.GenerateLoads(c.seed, count)
	if err != nil {
		return nil, err
	}
	return share(c.servers, kindLoads, ask, func(r *record.Real, part []wire.LoaderCase, p record.Progress) ([]record.Difference, error) {
		return record.DifferLoads(ctx, r, c.emulated(), part, p)
	})
}
