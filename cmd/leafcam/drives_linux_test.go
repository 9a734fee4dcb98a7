package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFATMounts(t *testing.T) {
	const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
98 22 8:17 / /media/me/OPEN\040MV rw,nosuid shared:2 - vfat /dev/sdb1 rw,uid=1000
99 22 8:33 / /boot/efi rw - vfat /dev/sda15 rw
cut
`
	require.Equal(t, []string{"/media/me/OPEN MV", "/boot/efi"}, fatMounts(mountinfo))
}

func TestIsCameraDrive(t *testing.T) {
	for _, name := range []string{".openmv_disk", "main.py", "boot.py"} {
		dir := t.TempDir()
		require.False(t, isCameraDrive(dir))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		require.True(t, isCameraDrive(dir), name)
	}
}
