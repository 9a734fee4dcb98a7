package device_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const host = "cam.example.com"

// selfSigned returns a context with a self-signed pair, and a pool that trusts it.
func selfSigned(t testing.TB, key certs.KeyType) (*device.SSLContext, *x509.CertPool) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}, Key: key})
	require.NoError(t, err)
	c := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, c.LoadCertChain(id.DER(), id.KeyDER()))
	pool := x509.NewCertPool()
	pool.AddCert(id.Certificate)
	return c, pool
}

// httpClient returns a client that accepts the pool for the test host, whatever the address.
func httpClient(pool *x509.CertPool) *http.Client {
	return &http.Client{
		Timeout:   20 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: host}, DisableKeepAlives: true},
	}
}

// start runs a camera and returns it with a channel of its events.
func start(t testing.TB, config device.CameraConfig) (*device.Camera, chan trace.Event) {
	events := make(chan trace.Event, 100)
	config.OnEvent = func(e trace.Event) { events <- e }
	camera, err := device.Start(config)
	require.NoError(t, err)
	t.Cleanup(func() { camera.Close() })
	return camera, events
}

func dial(t testing.TB, camera *device.Camera) net.Conn {
	conn, err := net.Dial("tcp", camera.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}
