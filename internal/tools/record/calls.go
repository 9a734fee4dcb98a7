package main

import (
	"cmp"
	"context"
	"path/filepath"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/calls"
	"github.com/leafcam/leafcam/device/wire/record"
)

// callsPath returns the file of a recording of calls.
func callsPath(profile string) string {
	return filepath.Join(recordings, "calls_"+profile+".jsonl.gz")
}

// freshCalls returns calls from the seed with certificates of their own.
func freshCalls(o options) (head calls.Head, ask []calls.Call, err error) {
	if ask, err = calls.Generate(o.seed, o.count, split(o.kinds)...); err != nil {
		return head, nil, err
	}
	head = calls.Head{Format: 1, Profile: o.profile, Seed: o.seed, Time: time.Now().UTC().Truncate(time.Second)}
	head.Pairs, err = calls.NewPairs(head.Time)
	return head, ask, err
}

// recordCalls records the servers' cameras as clients.
func recordCalls(ctx context.Context, o options) error {
	head, ask, err := freshCalls(o)
	if err != nil {
		return err
	}
	servers, err := dial(ctx, o)
	if err != nil {
		return err
	}
	defer servers.close()
	list, err := share(servers, "calls", ask, func(r *record.Real, part []calls.Call, p record.Progress) ([]calls.Call, error) {
		return record.Calls(ctx, r, head, part, cmp.Or(o.silence, wire.DefaultSilence), p)
	})
	if err != nil {
		return err
	}
	return write(callsPath(o.profile), head, list)
}

// differCalls compares the servers' cameras as clients with the emulation.
func differCalls(ctx context.Context, o options) error {
	firmware, err := device.FirmwareByName(o.differ)
	if err != nil {
		return err
	}
	head, ask, err := freshCalls(o)
	if err != nil {
		return err
	}
	servers, err := dial(ctx, o)
	if err != nil {
		return err
	}
	defer servers.close()
	found, err := share(servers, "compared", ask, func(r *record.Real, part []calls.Call, p record.Progress) ([][2]calls.Call, error) {
		return record.DifferCalls(ctx, r, &record.Emulated{Firmware: firmware}, head, part, cmp.Or(o.silence, wire.DefaultSilence), p)
	})
	if err != nil {
		return err
	}
	return tell(found, o.count)
}
