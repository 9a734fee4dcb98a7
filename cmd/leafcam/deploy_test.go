package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/delivery"
)

// TestDeploySays what became of the drive, with the status for it.
func TestDeploySays(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	files := []delivery.File{{Name: delivery.CameraCert, Data: []byte("new")}, {Name: delivery.CameraKey, Data: []byte("new")}}
	for _, tc := range []struct {
		name    string
		ctx     context.Context
		prepare func(drive string) error
		status  int
		says    string
	}{
		{"a drive that is not mounted", t.Context(), os.Remove, exitUsage, "mount the camera's drive first"},
		{
			"a folder in the way", t.Context(), func(drive string) error { return os.Mkdir(filepath.Join(drive, delivery.CameraKey), 0o700) },
			exitEnvironment, "what was on the drive is there still",
		},
		{
			"what cannot be put back, and an interruption", interrupted, func(drive string) error {
				journal := "leafcam copies the camera's files\nreplace server.der 00\nend\n"
				if err := os.WriteFile(filepath.Join(drive, ".leafcam-journal"), []byte(journal), 0o600); err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(drive, ".leafcam-old-server.der"), []byte("old"), 0o600); err != nil {
					return err
				}
				return os.Mkdir(filepath.Join(drive, "server.der"), 0o700)
			},
			exitEnvironment, "could not be put back: ",
		},
		{"an interruption", interrupted, func(string) error { return nil }, exitFine, "context canceled"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			drive := filepath.Join(t.TempDir(), "drive")
			require.NoError(t, os.Mkdir(drive, 0o700))
			require.NoError(t, tc.prepare(drive))
			err := deploy(tc.ctx, drive, files)
			require.ErrorContains(t, err, tc.says)
			require.Equal(t, tc.status, statusOf(err))
			require.Equal(t, tc.status == exitFine, errors.Is(err, context.Canceled), "only it is no more than an interruption")
		})
	}
}
