package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	installed "github.com/leafcam/leafcam/internal/program"
)

// TestRealProgramsServePages: every gateway of the comparison starts and passes pages on.
func TestRealProgramsServePages(t *testing.T) {
	t.Chdir("../../..")
	dir, err := os.MkdirTemp("", "leafcam-load-")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	require.NoError(t, os.Chmod(dir, 0o755))
	leafcam := filepath.Join(dir, "leafcam")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", leafcam, "./cmd/leafcam").CombinedOutput()
	require.NoError(t, err, string(out))
	s, err := newSite(dir, pictures(4))
	require.NoError(t, err)
	defer s.camera.Close()
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			if p.config != "" {
				installed.Need(t, p.command[0], p.command[0])
				require.Regexp(t, `^`+p.name+` \d+\.\d+`, p.title())
			}
			r, err := p.start(t.Context(), s, leafcam)
			require.NoError(t, err)
			defer r.stop()
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: s.alike(), DisableKeepAlives: true}, Timeout: time.Minute}
			response, err := client.Get("https://" + r.address + "/")
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.Contains(t, string(body), "OpenMV camera")
		})
	}
}
