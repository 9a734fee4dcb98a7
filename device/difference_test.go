package device_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
)

func TestDifferences(t *testing.T) {
	require.Empty(t, device.Differences(device.OpenMV50, device.OpenMV50))
	there := device.Differences(device.OpenMV50, device.MicroPython129)
	back := device.Differences(device.MicroPython129, device.OpenMV50)
	require.Len(t, there, 8)
	for i, d := range there {
		require.NotEmpty(t, d.Meaning)
		require.Equal(t, d.First, back[i].Second)
		require.Equal(t, d.Second, back[i].First)
	}
}
