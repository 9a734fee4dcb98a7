package main

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/record"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// recordings is the folder of the recordings.
const recordings = "device/wire/testdata"

// recordedKeys are the keys of the recorded servers.
var recordedKeys = []string{"p256", "p384", "rsa2048"}

func printScript() error {
	_, err := os.Stdout.WriteString(record.Script)
	return err
}

// path returns the file of a recording.
func path(profile, key string) string { return filepath.Join(recordings, profile+"_"+key+".jsonl.gz") }

// again makes all recordings of a profile with the servers.
func again(ctx context.Context, o options) error {
	servers, err := dial(ctx, o)
	if err != nil {
		return err
	}
	defer servers.close()
	if o.only == "offers" {
		return offers(ctx, servers, o)
	}
	pairs := map[string]wire.Head{}
	for _, key := range recordedKeys {
		if pairs[key], err = exchanges(ctx, servers, o, key); err != nil {
			return err
		}
	}
	if o.wants("loader") {
		for _, kind := range []string{"loader", "loader-corners"} {
			if err := loads(ctx, servers, o, kind); err != nil {
				return err
			}
		}
	}
	if o.wants("scenarios") {
		if err := scenarios(ctx, servers, o, pairs); err != nil {
			return err
		}
	}
	if o.wants("clients") {
		return clients(ctx, servers, o, pairs["p256"])
	}
	return nil
}

// wants reports whether a part is to be made.
func (o options) wants(part string) bool { return o.only == "" || o.only == part }

// exchanges makes the recording of one key, and returns the key in a form that the servers load.
func exchanges(ctx context.Context, servers pool, o options, key string) (wire.Head, error) {
	head, vectors, err := wire.ReadVectors[wire.Head, wire.Vector](path(o.like, key))
	if err != nil {
		return head, err
	}
	if head, err = record.Loadable(ctx, servers[0], head); err != nil || !o.wants("exchanges") {
		return head, err
	}
	vectors, err = share(servers, key, vectors, func(r *record.Real, part []wire.Vector, p record.Progress) ([]wire.Vector, error) {
		return record.Vectors(ctx, r, head, part, p)
	})
	if err != nil {
		return head, err
	}
	head.Profile = o.profile
	return head, write(path(o.profile, key), head, vectors)
}

func loads(ctx context.Context, servers pool, o options, kind string) error {
	head, cases, err := wire.ReadVectors[wire.LoaderHead, wire.LoaderCase](path(kind, o.like))
	if err != nil {
		return err
	}
	cases, err = share(servers, kind, cases, func(r *record.Real, part []wire.LoaderCase, p record.Progress) ([]wire.LoaderCase, error) {
		return record.Loads(ctx, r, head, part, p)
	})
	if err != nil {
		return err
	}
	head.Profile = o.profile
	return write(path(kind, o.profile), head, cases)
}

func scenarios(ctx context.Context, servers pool, o options, pairs map[string]wire.Head) error {
	type scenarioHead struct {
		Profile string `json:"profile"`
	}
	_, list, err := wire.ReadVectors[scenarioHead, wire.Recorded](path("scenarios", o.like))
	if err != nil {
		return err
	}
	bySuite := map[string]wire.Head{"c02b": pairs["p256"], "c013": pairs["rsa2048"]}
	list, err = share(servers, "scenarios", list, func(r *record.Real, part []wire.Recorded, p record.Progress) ([]wire.Recorded, error) {
		return record.Scenarios(ctx, r, bySuite, part, p)
	})
	if err != nil {
		return err
	}
	return write(path("scenarios", o.profile), scenarioHead{o.profile}, list)
}

// offers records what a profile grants of what clients may offer. There is no recording of others to go by.
func offers(ctx context.Context, servers pool, o options) error {
	pairs := map[string]wire.Head{}
	for _, key := range recordedKeys {
		head, _, err := wire.ReadVectors[wire.Head, wire.Vector](path(o.like, key))
		if err != nil {
			return err
		}
		pairs[key] = head
	}
	for name, curve := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()} {
		pair, err := record.Agreement(curve)
		if err != nil {
			return err
		}
		pairs["agreement-"+name] = pair
	}
	list, err := share(servers, "offers", record.Offers(),
		func(r *record.Real, part []wire.Recorded, p record.Progress) ([]wire.Recorded, error) {
			return record.Offered(ctx, r, pairs, part, p)
		})
	if err != nil {
		return err
	}
	return write(path("offers", o.profile), record.OffersHead{Profile: o.profile, Pairs: pairs}, list)
}

// clients makes the recording of client certificates.
func clients(ctx context.Context, servers pool, o options, pair wire.Head) error {
	head, ask, err := wire.ReadVectors[wire.ClientHead, wire.ClientVisit](path("client-certificates", o.like))
	if err != nil {
		return err
	}
	return visits(ctx, servers, o, "client-certificates", pair, head, ask)
}

// madeClients makes a recording of client certificates that are made from the seed.
func madeClients(ctx context.Context, o options) error {
	servers, err := dial(ctx, o)
	if err != nil {
		return err
	}
	defer servers.close()
	pair, _, err := wire.ReadVectors[wire.Head, wire.Vector](path(device.OpenMV50.Name, "p256"))
	if err != nil {
		return err
	}
	if pair, err = record.Loadable(ctx, servers[0], pair); err != nil {
		return err
	}
	head, ask, err := record.GenerateVisits(o.seed, o.count)
	if err != nil {
		return err
	}
	return visits(ctx, servers, o, "client-visits", pair, head, ask)
}

func visits(ctx context.Context, servers pool, o options, kind string, pair wire.Head, head wire.ClientHead, ask []wire.ClientVisit) error {
	head.Profile, head.Now = o.profile, time.Now().UTC().Format(time.RFC3339)
	list, err := share(servers, kind, ask, func(r *record.Real, part []wire.ClientVisit, p record.Progress) ([]wire.ClientVisit, error) {
		return record.Visits(ctx, r, pair, head, part, p)
	})
	if err != nil {
		return err
	}
	return write(path(kind, o.profile), head, list)
}

// write writes a recording.
func write[H, E any](path string, head H, entries []E) error {
	var file bytes.Buffer
	if err := wire.WriteVectors(&file, head, entries); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: %d entries\n", path, len(entries))
	return atomicfile.Replace(path, file.Bytes(), 0o644)
}
