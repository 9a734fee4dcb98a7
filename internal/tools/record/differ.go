package main

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"os"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/record"
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
	ask, err := record.Generate(o.seed, o.count, split(o.kinds)...)
	if err != nil {
		return err
	}
	head, err := pairOf(o.key)
	if err != nil {
		return err
	}
	servers, err := dial(ctx, o)
	if err != nil {
		return err
	}
	defer servers.close()
	if head, err = record.Loadable(ctx, servers[0], head); err != nil {
		return err
	}
	found, err := share(servers, "compared", ask, func(r *record.Real, part []wire.Vector, p record.Progress) ([]record.Difference, error) {
		return record.Differ(ctx, r, &record.Emulated{Firmware: firmware}, head, part, p)
	})
	if err != nil {
		return err
	}
	lines := json.NewEncoder(os.Stdout)
	for _, d := range found {
		if err := lines.Encode(d); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "%d of %d exchanges are answered alike\n", o.count-len(found), o.count)
	if len(found) > 0 {
		return errDiffers
	}
	return nil
}
