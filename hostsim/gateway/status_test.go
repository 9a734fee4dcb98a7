package gateway_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/gateway"
)

// figuresLimit is how long a busy machine may take.
const figuresLimit = 30 * time.Second

// requireFigures waits until the figures are as they should be.
func (s *site) requireFigures(done func(gateway.Figures) bool) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return done(s.gateway.Figures()) }, figuresLimit, 10*time.Millisecond, "%+v", s.gateway.Figures())
}

func TestFiguresOfPages(t *testing.T) {
	s := newSite(t, device.Snapshot(), nil)
	require.True(t, s.gateway.Figures().CameraAnswered.IsZero())
	_, page := s.get(s.client(nil), "/")
	_, none := s.get(s.client(nil), "/none")
	s.requireFigures(func(f gateway.Figures) bool {
		return f.Requests[gateway.Status2xx] == 1 && f.Requests[gateway.Status4xx] == 1 && f.Octets == int64(len(page)+len(none))
	})
	f := s.gateway.Figures()
	require.False(t, f.CameraAnswered.IsZero())
	require.Empty(t, f.Problems(time.Now()))
	require.WithinDuration(t, time.Now(), f.Looked, figuresLimit)

	require.NoError(t, s.camera.Close())
	response, _ := s.get(s.client(nil), "/")
	require.Equal(t, http.StatusBadGateway, response.StatusCode)
	s.requireFigures(func(f gateway.Figures) bool { return f.Requests[gateway.Status5xx] == 1 })
	require.Equal(t, []gateway.Problem{gateway.ProblemCamera}, s.gateway.Figures().Problems(time.Now()))
	s.startCamera()
	s.get(s.client(nil), "/")
	require.Empty(t, s.gateway.Figures().Problems(time.Now()))

	require.NoError(t, s.stop())
	require.Equal(t, []gateway.Problem{gateway.ProblemStopping}, s.gateway.Figures().Problems(time.Now()))
}

func TestFiguresOfAStream(t *testing.T) {
	s := newSite(t, device.Snapshot(), nil)
	v := s.view(s.client(nil))
	v.frame(t, figuresLimit)
	v.frame(t, figuresLimit)
	s.requireFigures(func(f gateway.Figures) bool { return f.Frames >= 2 && f.Octets > 0 })
	f := s.gateway.Figures()
	require.Equal(t, 1, f.Viewers)
	require.Equal(t, 1, f.Connections)
	require.Zero(t, f.Restarts)
	require.NoError(t, s.camera.Close())
	s.startCamera()
	s.requireFigures(func(f gateway.Figures) bool { return f.Restarts == 1 && len(f.Problems(time.Now())) == 0 })
}

// TestFiguresOfTheQueue: who waits for a connection to the camera is counted.
func TestFiguresOfTheQueue(t *testing.T) {
	s := newSite(t, device.Snapshot(), func(_ *site, c *gateway.Config) { c.Connections = 1 })
	v := s.view(s.client(nil))
	v.frame(t, figuresLimit)
	waits := make(chan struct{})
	go func() {
		defer close(waits)
		s.get(s.client(nil), "/")
	}()
	s.requireFigures(func(f gateway.Figures) bool { return f.Queued == 1 })
	v.cancel()
	<-waits
	s.requireFigures(func(f gateway.Figures) bool { return f.Queued == 0 })
}

// TestReloadAtOnce takes new files at once, and says why it does not.
func TestReloadAtOnce(t *testing.T) {
	s := newSite(t, device.Snapshot(), func(_ *site, c *gateway.Config) { c.Reload = time.Hour })
	before := s.gateway.Figures().CertificateUntil
	require.NoError(t, os.Remove(filepath.Join(s.dir, "privkey.pem")))
	require.ErrorIs(t, s.gateway.Reload(), os.ErrNotExist)
	require.EqualValues(t, 1, s.gateway.Figures().ReloadFailures)
	response, _ := s.get(s.client(nil), "/")
	first := response.TLS.PeerCertificates[0]
	require.Equal(t, before, s.gateway.Figures().CertificateUntil)

	s.certify()
	require.NoError(t, s.gateway.Reload())
	response, _ = s.get(s.client(nil), "/")
	require.False(t, response.TLS.PeerCertificates[0].Equal(first))
}
