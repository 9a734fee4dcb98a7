package gateway

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOffer: a camera that chose TLS 1.2 is not asked for more for a while.
func TestOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffer(&tls.Config{MinVersion: tls.VersionTLS12})
		require.Same(t, o.whole, o.next(), "at first")
		o.learn(o.whole, tls.VersionTLS13, nil)
		require.Same(t, o.whole, o.next(), "the camera speaks TLS 1.3")
		o.learn(o.whole, tls.VersionTLS12, nil)
		require.Same(t, o.short, o.next(), "it speaks TLS 1.2")
		require.Equal(t, uint16(tls.VersionTLS12), o.next().MaxVersion)
		time.Sleep(offerAgain - time.Nanosecond)
		o.learn(o.short, tls.VersionTLS12, nil)
		require.Same(t, o.short, o.next())
		time.Sleep(time.Nanosecond)
		require.Same(t, o.whole, o.next(), "what it answered to a short offer says nothing of a whole one")
		o.learn(o.whole, tls.VersionTLS12, nil)
		o.learn(o.short, 0, errors.New("broken off"))
		require.Same(t, o.whole, o.next(), "it may have become another camera")
	})
}

// TestCameraWithOtherVersions: the camera is greeted with what it speaks, and after an update as well.
func TestCameraWithOtherVersions(t *testing.T) {
	var version atomic.Uint32 // that the camera speaks, and no other
	offered := make(chan bool, 1)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		offered <- slices.Contains(hello.SupportedVersions, tls.VersionTLS13)
		v := uint16(version.Load())
		return &tls.Config{Certificates: server.TLS.Certificates, MinVersion: v, MaxVersion: v}, nil
	}}
	server.StartTLS()
	defer server.Close()
	o := newOffer(NewPin(server.Certificate(), false).tlsConfig("camera.local", nil))
	for i, step := range []struct {
		speaks uint16
		whole  bool // offer
		works  bool
	}{
		{tls.VersionTLS13, true, true},
		{tls.VersionTLS13, true, true},
		{tls.VersionTLS12, true, true},
		{tls.VersionTLS12, false, true},
		{tls.VersionTLS12, false, true},
		{tls.VersionTLS13, false, false},
		{tls.VersionTLS13, true, true},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			version.Store(uint32(step.speaks))
			conn, err := secured(t.Context(), server.Listener.Addr().String(), o)
			require.Equal(t, step.whole, <-offered)
			if !step.works {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.NoError(t, conn.Close())
		})
	}
}
