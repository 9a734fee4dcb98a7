package record_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/record"
)

// emulated returns the emulation of a firmware.
func emulated(fw *device.Firmware) record.Subject { return &record.Emulated{Firmware: fw} }

// TestVisitsFromASeed: a seed always makes the same visits, and they end in many ways.
func TestVisitsFromASeed(t *testing.T) {
	head, first, err := record.GenerateVisits(7, 60)
	require.NoError(t, err)
	sameHead, again, err := record.GenerateVisits(7, 70)
	require.NoError(t, err)
	require.Equal(t, head, sameHead)
	require.Equal(t, first, again[:60])
	pair, _ := recording[wire.Head, wire.Vector](t, "openmv-5.0_p256")
	done := 0
	answered, err := record.Visits(t.Context(), emulated(device.OpenMV50), pair, head, first, func(int, int) { done++ })
	require.NoError(t, err)
	require.Equal(t, len(first), done)
	ends := map[string]int{}
	for i, v := range answered {
		require.Equal(t, first[i].Chain, v.Chain)
		ends[v.Line]++
	}
	require.Greater(t, len(ends), 10, "%v", ends)
	require.Greater(t, ends[""], 10, "some are served: %v", ends)
}

// clockOf returns the clock of a recording.
func clockOf(t *testing.T, head wire.ClientHead) func() time.Time {
	now, err := time.Parse(time.RFC3339, head.Now)
	require.NoError(t, err)
	return func() time.Time { return now }
}

// TestVisitsRecordedAgain: what is recorded of the emulation is what was recorded of the real stack.
func TestVisitsRecordedAgain(t *testing.T) {
	for _, fw := range device.Firmwares() {
		pair, _ := recording[wire.Head, wire.Vector](t, fw.Name+"_p256")
		head, visits := recording[wire.ClientHead, wire.ClientVisit](t, "client-certificates_"+fw.Name)
		subject := &record.Emulated{Firmware: fw, Now: clockOf(t, head)}
		got, err := record.Visits(t.Context(), subject, pair, head, visits[:20], nil)
		require.NoError(t, err)
		require.Equal(t, visits[:20], got)
	}
}

// TestDifferVisitsFindsWhatDiffers: a clock that stands elsewhere makes other answers, in the smallest chain that shows it.
func TestDifferVisitsFindsWhatDiffers(t *testing.T) {
	pair, _ := recording[wire.Head, wire.Vector](t, "openmv-5.0_p256")
	head, ask, err := record.GenerateVisits(1, 25)
	require.NoError(t, err)
	_, other, err := record.GenerateVisits(2, 1)
	require.NoError(t, err)
	require.NotEqual(t, ask[0].Chain, other[0].Chain)
	none, err := record.DifferVisits(t.Context(), emulated(device.OpenMV50), emulated(device.OpenMV50), pair, head, ask, nil)
	require.NoError(t, err)
	require.Empty(t, none)
	early := &record.Emulated{Firmware: device.OpenMV50, Now: func() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }}
	found, err := record.DifferVisits(t.Context(), emulated(device.OpenMV50), early, pair, head, ask, nil)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, d := range found {
		require.NotEqual(t, d.First, d.Second)
		require.Len(t, d.Words, 1)
	}
}

// TestLoadsFromASeed: a seed always makes the same files, and what comes of them differs with the firmware.
func TestLoadsFromASeed(t *testing.T) {
	first, err := record.GenerateLoads(7, 150)
	require.NoError(t, err)
	again, err := record.GenerateLoads(7, 200)
	require.NoError(t, err)
	require.Equal(t, first, again[:150])
	none, err := record.DifferLoads(t.Context(), emulated(device.OpenMV50), emulated(device.OpenMV50), again, nil)
	require.NoError(t, err)
	require.Empty(t, none)
	found, err := record.DifferLoads(t.Context(), emulated(device.OpenMV50), emulated(device.MicroPython129), again[:40], nil)
	require.NoError(t, err)
	require.NotEmpty(t, found, "PEM")
	ends := map[string]int{}
	for _, c := range again {
		report, err := emulated(device.OpenMV50).Load(t.Context(), record.Setup{Cert: c.Cert, Key: c.Key})
		require.NoError(t, err)
		ends[report.Line]++
	}
	for _, line := range []string{"", "ValueError: invalid key", "ValueError: invalid cert", "OSError: [Errno 2] ENOENT"} {
		require.Positive(t, ends[line], "%s: %v", line, ends)
	}
}
