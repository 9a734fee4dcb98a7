package device_test

import (
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
)

// TestSegmentSize: a client learns the board's TCP_MSS and sends no larger segments.
func TestSegmentSize(t *testing.T) {
	for name, largest := range map[string]int{"OPENMV_RT1060": 800, "OPENMV_N6": 1460} {
		camera, _ := start(t, device.CameraConfig{Context: onBoard(t, name)})
		raw, err := dial(t, camera).(*net.TCPConn).SyscallConn()
		require.NoError(t, err)
		var size int
		require.NoError(t, raw.Control(func(fd uintptr) {
			size, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG)
		}))
		require.NoError(t, err)
		require.LessOrEqual(t, size, largest, name)
		require.Greater(t, size, largest-20, "%s: less than TCP's options explain", name)
	}
}
