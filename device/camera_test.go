package device_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"image/jpeg"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/device/wire"
)

func TestHelloServesAPage(t *testing.T) {
	for _, key := range certs.KeyTypes() {
		t.Run(string(key), func(t *testing.T) {
			context, pool := selfSigned(t, key)
			camera, events := start(t, device.CameraConfig{Context: context, Script: device.Hello("look here\n")})
			response, err := httpClient(pool).Get(urlOf(t, camera) + "page?x=1")
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.Equal(t, "look here\n", string(body))
			require.Len(t, response.TLS.PeerCertificates, 1)
			require.EqualValues(t, tls.VersionTLS12, response.TLS.Version)

			e := <-events
			require.NoError(t, e.Exception)
			require.Equal(t, 1, e.ID)
			require.True(t, e.Complete)
			require.Equal(t, []trace.Request{{Line: "GET /page?x=1 HTTP/1.1", UserAgent: "Go-http-client/1.1"}}, e.Requests)
			require.Equal(t, host, e.ClientHello.ServerName)
			require.EqualValues(t, 0x0303, e.ClientHello.Version)
			require.Contains(t, e.ClientHello.SupportedVersions, trace.Codepoint(0x0304))
			require.Contains(t, e.ClientHello.Groups, trace.Codepoint(23))
			require.Contains(t, e.ClientHello.GroupNames(), "secp256r1")
			require.NotEmpty(t, e.ClientHello.SignatureAlgorithms)
			require.NotEmpty(t, e.ClientHello.CipherSuites)
			require.Equal(t, "secp256r1", e.Chosen.GroupName)
			require.Positive(t, e.BytesIn)
			require.Positive(t, e.BytesOut)
			require.Positive(t, e.Handshake)
			require.GreaterOrEqual(t, e.Duration, e.Handshake)
		})
	}
}

func TestEventOfARefusal(t *testing.T) {
	context, _ := selfSigned(t, "")
	camera, events := start(t, device.CameraConfig{Context: context})
	// This client reads the whole flight before it leaves; others may be gone sooner.
	client, err := wire.NewClient(dial(t, camera).(*net.TCPConn), 0xc02b)
	require.NoError(t, err)
	require.NoError(t, client.Start())
	client.Send(wire.Plain(wire.Alert, []byte{2, 42}))
	e := <-events
	require.EqualError(t, e.Exception, "OSError: (-30592, 'MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE')")
	require.Equal(t, "wrap", e.Phase)
	require.Equal(t, "fatal bad_certificate (42)", e.AlertReceived().String())
	require.Nil(t, e.AlertSent())

	var osErr *micropython.OSError
	require.ErrorAs(t, e.Exception, &osErr)
	var tlsErr *micropython.MbedTLSError
	require.ErrorAs(t, e.Exception, &tlsErr)
	require.Equal(t, -30592, tlsErr.Code)
	require.Equal(t, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE", tlsErr.Name)

	encoded, err := json.Marshal(e)
	require.NoError(t, err)
	var decoded map[string]any
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	require.Equal(t, "connection", decoded["event"])
	require.Equal(t, e.Exception.Error(), decoded["exception"])
	require.Equal(t, "0303", decoded["client_hello"].(map[string]any)["version"])
}

func TestEventOfAnOldClient(t *testing.T) {
	context, pool := selfSigned(t, "")
	camera, events := start(t, device.CameraConfig{Context: context})
	client := httpClient(pool)
	client.Transport.(*http.Transport).TLSClientConfig.MinVersion = tls.VersionTLS10
	client.Transport.(*http.Transport).TLSClientConfig.MaxVersion = tls.VersionTLS11
	_, err := client.Get(urlOf(t, camera))
	require.ErrorContains(t, err, "protocol version not supported")
	e := <-events
	require.EqualError(t, e.Exception, "OSError: (-28288, 'MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION')")
	require.Equal(t, "fatal protocol_version (70)", e.AlertSent().String())
	require.EqualValues(t, 0x0302, e.ClientHello.Version)
	require.Nil(t, e.Chosen)
}

// TestDocumentedLoopHangs shows what the camera's documented server does without a
// timeout: a silent client holds it until it leaves, one more client waits meanwhile,
// and any further one is reset.
func TestDocumentedLoopHangs(t *testing.T) {
	context, pool := selfSigned(t, "")
	resets := make(chan net.Addr, 1)
	camera, events := start(t, device.CameraConfig{Context: context, OnReset: func(a net.Addr) { resets <- a }})
	silent := dial(t, camera)
	waiting := dial(t, camera)
	third, err := net.Dial("tcp", camera.Addr().String())
	if err == nil { // the reset may come even before the connection is up
		defer third.Close()
		_, err = third.Read(make([]byte, 1))
	}
	require.Error(t, err)
	require.NotErrorIs(t, err, io.EOF, "the third client must be reset, not closed in order")
	<-resets

	client := tls.Client(waiting, &tls.Config{RootCAs: pool, ServerName: host})
	served := make(chan error, 1)
	go func() { served <- client.Handshake() }()
	select {
	case err := <-served:
		t.Fatalf("the second client was served although the first one holds the loop: %v", err)
	case e := <-events:
		t.Fatalf("a connection ended: %v", e.Exception)
	case <-time.After(300 * time.Millisecond):
	}
	silent.Close()
	require.EqualError(t, (<-events).Exception, "OSError: (-29312, 'MBEDTLS_ERR_SSL_CONN_EOF')")
	require.NoError(t, <-served, "the waiting client must be served once the loop is free")
}

func TestTimeoutFreesTheLoop(t *testing.T) {
	context, pool := selfSigned(t, "")
	camera, events := start(t, device.CameraConfig{Context: context, Timeout: 100 * time.Millisecond})
	dial(t, camera)
	e := <-events
	require.EqualError(t, e.Exception, "OSError: [Errno 110] ETIMEDOUT")
	require.Equal(t, "wrap", e.Phase)
	response, err := httpClient(pool).Get(urlOf(t, camera))
	require.NoError(t, err)
	response.Body.Close()
	require.NoError(t, (<-events).Exception)

	// The timeout holds for each operation after the handshake, too.
	conn, err := tls.Dial("tcp", camera.Addr().String(), &tls.Config{RootCAs: pool, ServerName: host})
	require.NoError(t, err)
	defer conn.Close()
	e = <-events
	require.EqualError(t, e.Exception, "OSError: [Errno 110] ETIMEDOUT")
	require.Equal(t, "read", e.Phase)
}

func TestSnapshotScript(t *testing.T) {
	context, pool := selfSigned(t, "")
	camera, _ := start(t, device.CameraConfig{Context: context, Script: device.Snapshot()})
	client := httpClient(pool)
	get := func(path string) *http.Response {
		response, err := client.Get(strings.TrimSuffix(urlOf(t, camera), "/") + path)
		require.NoError(t, err)
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	page, err := io.ReadAll(get("/").Body)
	require.NoError(t, err)
	require.Contains(t, string(page), "/stream.jpg")
	require.Equal(t, http.StatusNotFound, get("/nothing").StatusCode)

	picture, err := jpeg.Decode(get("/snapshot.jpg?fresh").Body)
	require.NoError(t, err)
	require.Equal(t, 320, picture.Bounds().Dx())

	stream := get("/stream.jpg")
	kind, params, err := mime.ParseMediaType(stream.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/x-mixed-replace", kind)
	parts := multipart.NewReader(stream.Body, params["boundary"])
	var frames [][]byte
	for range 3 {
		part, err := parts.NextPart()
		require.NoError(t, err)
		require.Equal(t, "image/jpeg", part.Header.Get("Content-Type"))
		frame, err := io.ReadAll(part)
		require.NoError(t, err)
		_, err = jpeg.Decode(bytes.NewReader(frame))
		require.NoError(t, err)
		frames = append(frames, frame)
	}
	require.NotEqual(t, frames[0], frames[1], "the picture must move")
	require.NotEqual(t, frames[1], frames[2], "the picture must move")
}

func TestSecondLoadPresentsTheChain(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{Intermediates: 2})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(leaf.DER(), leaf.KeyDER()))
	for _, c := range pki.Chain() {
		require.NoError(t, context.LoadCertChain(c.Raw, leaf.KeyDER()))
	}
	require.Len(t, context.Chain(), 3)
	camera, _ := start(t, device.CameraConfig{Context: context})
	conn, err := tls.Dial("tcp", camera.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, err)
	defer conn.Close()
	var presented [][]byte
	for _, c := range conn.ConnectionState().PeerCertificates {
		presented = append(presented, c.Raw)
	}
	require.Equal(t, context.Chain(), presented)
}

func TestCertificateMessageLimit(t *testing.T) {
	require.Equal(t, 4086, device.OpenMV50.MaxChain(1))
	require.Equal(t, 1305, device.OpenMV50.MaxChain(3)-1247-1528, "what the Generation Y RSA chain leaves for the leaf")
}

func TestUnknownNames(t *testing.T) {
	_, err := device.FirmwareByName("openmv-9")
	require.ErrorContains(t, err, `unknown firmware "openmv-9"; known: micropython-1.20, micropython-1.22, `)
	fw, err := device.FirmwareByName("OpenMV-4.7")
	require.NoError(t, err)
	require.Equal(t, "openmv-4.7", fw.Name)
	require.Equal(t, "1.25.0-preview", fw.MicroPython)
	require.Contains(t, fw.Alike, device.Version{
		Name: device.MicroPython127.Name, Description: device.MicroPython127.Description,
		MicroPython: device.MicroPython127.MicroPython, MbedTLS: device.MicroPython127.MbedTLS,
	})
	_, err = device.ScriptByName("dance", "")
	require.EqualError(t, err, `unknown script "dance"; known: hello, asyncio, microdot, snapshot`)
	require.Len(t, device.OpenMV50.CipherSuites(), 18)
}

// TestUnboundedInput: what a client sends without end does not pile up.
func TestUnboundedInput(t *testing.T) {
	context, pool := selfSigned(t, "")
	camera, events := start(t, device.CameraConfig{Context: context})
	conn, err := tls.Dial("tcp", camera.Addr().String(), &tls.Config{RootCAs: pool, ServerName: host})
	require.NoError(t, err)
	defer conn.Close()
	line := bytes.Repeat([]byte("x"), 16<<10)
	for err == nil {
		_, err = conn.Write(line)
	}
	e := <-events
	require.EqualError(t, e.Exception, "MemoryError: memory allocation failed, allocating 262144 bytes")
	require.Equal(t, "read", e.Phase)

	raw := dial(t, camera)
	_, err = raw.Write(recordedHello(t))
	require.NoError(t, err)
	for range 300 {
		_, err = raw.Write([]byte{21, 3, 3, 0, 2, 1, 90})
		require.NoError(t, err)
	}
	raw.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, raw)
	e = <-events
	require.EqualError(t, e.Exception, "OSError: (-29312, 'MBEDTLS_ERR_SSL_CONN_EOF')")
	require.Len(t, e.Alerts, 100)
}

// urlOf is the URL of a camera that serves.
func urlOf(t *testing.T, c *device.Camera) string {
	t.Helper()
	url, err := c.URL()
	require.NoError(t, err)
	return url
}

func TestNoURLBeforeItServes(t *testing.T) {
	_, err := device.NewCamera(device.CameraConfig{Context: device.NewSSLContext(device.OpenMV50), Script: device.Hello("")}).URL()
	require.ErrorIs(t, err, device.ErrNotServing)
}
