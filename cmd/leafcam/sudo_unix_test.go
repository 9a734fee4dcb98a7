//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/delivery"
)

// caller is who called sudo in tests: a number that needs 32 bits.
const caller = 3_000_000_000

// sudo makes the test one that was called with sudo.
func sudo(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away: run it as root")
	}
	t.Setenv("SUDO_UID", strconv.Itoa(caller))
	t.Setenv("SUDO_GID", "4712")
}

func owner(t *testing.T, path string) int {
	info, err := os.Stat(path)
	require.NoError(t, err)
	return int(info.Sys().(*syscall.Stat_t).Uid)
}

// TestFilesAreTheCallers: what sudo leafcam convert writes into a user's folder is the user's who called sudo, folders
// included; what was there already stays whose it is, and what is written into the folders of others is root's.
func TestFilesAreTheCallers(t *testing.T) {
	sudo(t)
	for _, tc := range []struct {
		name    string
		there   int // whose folder is there
		dir     string
		becomes int
	}{
		{"into the caller's folder", caller, "", caller},
		{"into new folders in the caller's", caller, "new/camera", caller},
		{"into a folder of root's", 0, "", 0},
		{"into new folders in root's", 0, "new/camera", 0},
		{"into the folder of a third user", 4713, "new", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			there := t.TempDir()
			if err := os.Chown(there, tc.there, 0); err != nil {
				t.Skipf("this machine has no user %d, run it where root has them all: %v", tc.there, err)
			}
			dir := filepath.Join(there, tc.dir)
			err := writeFiles(dir, []delivery.File{{Name: "server.der", Data: []byte("x"), Mode: 0o600}}, false, false, instructions{}, io.Discard)
			require.NoError(t, err)
			require.Equal(t, tc.there, owner(t, there))
			for path := filepath.Join(dir, "server.der"); path != there; path = filepath.Dir(path) {
				require.Equal(t, tc.becomes, owner(t, path), path)
			}
		})
	}
}

// TestFilesThatCannotBeGivenAway are written all the same.
func TestFilesThatCannotBeGivenAway(t *testing.T) {
	sudo(t)
	there := t.TempDir()
	if err := os.Chown(there, caller, 0); err != nil {
		t.Skipf("this machine has no user %d, run it where root has them all: %v", caller, err)
	}
	require.Empty(t, giveToCaller(there, []string{there}))
	require.Contains(t, giveToCaller(there, []string{filepath.Join(there, "gone")}), "what was written stays root's: ")
}

func TestUserNumber(t *testing.T) {
	for text, wanted := range map[string]int{"0": 0, "1000": 1000, "4294967294": 4294967294} {
		n, ok := userNumber(text)
		require.True(t, ok, text)
		require.Equal(t, wanted, n)
	}
	for _, text := range []string{"", "-1", "4294967295", "4294967296", "4294968296", "0x10", "1 "} {
		_, ok := userNumber(text)
		require.False(t, ok, text)
	}
}
