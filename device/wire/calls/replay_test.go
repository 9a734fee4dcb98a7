package calls_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/calls"
	"github.com/leafcam/leafcam/device/wire/record"
	"github.com/leafcam/leafcam/internal/race"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recordedCalls is how many calls each recording has.
const recordedCalls = 800

// TestRecordedCalls lets the emulation call the servers that real cameras called, and compares what it sent, what it
// read and what it raised.
func TestRecordedCalls(t *testing.T) {
	for _, fw := range device.Firmwares() {
		if fw.NoClient {
			continue
		}
		path := filepath.Join("..", "testdata", "calls_"+fw.Name+".jsonl.gz")
		head, list, err := wire.ReadVectors[calls.Head, calls.Call](path)
		require.NoError(t, err)
		require.Equal(t, fw.Name, head.Profile)
		require.Len(t, list, recordedCalls)
		t.Run(fw.Name, func(t *testing.T) {
			t.Parallel()
			for _, recorded := range race.Part(list) {
				t.Run(recorded.Name, func(t *testing.T) { repeat(t, fw, head, recorded) })
			}
		})
	}
}

func repeat(t *testing.T, fw *device.Firmware, head calls.Head, recorded calls.Call) {
	synctest.Test(t, func(t *testing.T) {
		made, err := record.Called(t.Context(), &record.Emulated{Firmware: fw}, head, recorded, time.Second)
		require.NoError(t, err)
		require.Equal(t, recorded.Seen, made.Seen)
		require.Equal(t, recorded.Device, made.Device)
	})
}
