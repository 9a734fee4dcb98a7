package status

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/hostsim/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Now()

// wellFigures are those of a gateway that is well.
func wellFigures() gateway.Figures {
	return gateway.Figures{
		Viewers: 7, Connections: 2, Queued: 1, Octets: 1234, Frames: 99, Restarts: 3, ReloadFailures: 4,
		Requests:        map[gateway.StatusClass]int64{gateway.Status2xx: 20, gateway.Status5xx: 5},
		CertificateFrom: now.Add(-time.Hour), CertificateUntil: now.Add(time.Hour), CameraAnswered: now,
	}
}

func ask(t *testing.T, f gateway.Figures, method, path string) (*http.Response, string) {
	w := httptest.NewRecorder()
	Handler(func() gateway.Figures { return f }).ServeHTTP(w, httptest.NewRequest(method, path, nil))
	body, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w.Result(), string(body)
}

func TestHealth(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(*gateway.Figures)
		problems []gateway.Problem
	}{
		{"well", func(*gateway.Figures) {}, nil},
		{"the camera was not asked yet", func(f *gateway.Figures) { f.CameraAnswered = time.Time{} }, nil},
		{"the camera failed and answered again", func(f *gateway.Figures) { f.CameraFailed = now.Add(-time.Minute) }, nil},
		{"the camera fails", func(f *gateway.Figures) { f.CameraFailed = now.Add(time.Second) },
			[]gateway.Problem{gateway.ProblemCamera}},
		{"the certificate has expired", func(f *gateway.Figures) { f.CertificateUntil = now.Add(-time.Second) },
			[]gateway.Problem{gateway.ProblemCertificate}},
		{"the certificate is not valid yet", func(f *gateway.Figures) { f.CertificateFrom = now.Add(time.Hour) },
			[]gateway.Problem{gateway.ProblemCertificate}},
		{"stopping, with a camera that fails", func(f *gateway.Figures) { f.Stopping, f.CameraFailed = true, now.Add(time.Second) },
			[]gateway.Problem{gateway.ProblemStopping, gateway.ProblemCamera}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := wellFigures()
			c.change(&f)
			response, body := ask(t, f, http.MethodGet, "/healthz")
			var h Health
			require.NoError(t, json.Unmarshal([]byte(body), &h))
			require.Equal(t, Format, h.Format)
			require.Equal(t, len(c.problems) == 0, h.OK)
			wanted := http.StatusOK
			if !h.OK {
				wanted = http.StatusServiceUnavailable
			}
			require.Equal(t, wanted, response.StatusCode)
			require.Len(t, h.Problems, len(c.problems))
			for i, p := range h.Problems {
				require.Equal(t, c.problems[i], p.Code)
				require.NotEqual(t, string(p.Code), p.Sentence)
			}
		})
	}
}

func TestMetrics(t *testing.T) {
	f := wellFigures()
	response, body := ask(t, f, http.MethodGet, "/metrics")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, response.Header.Get("Content-Type"), "text/plain")
	for _, line := range []string{
		"leafcam_gateway_viewers 7", "leafcam_gateway_camera_connections 2", "leafcam_gateway_camera_queue 1",
		`leafcam_gateway_requests_total{status="2xx"} 20`, `leafcam_gateway_requests_total{status="5xx"} 5`,
		"leafcam_gateway_sent_bytes_total 1234", "leafcam_gateway_stream_frames_total 99", "leafcam_gateway_stream_restarts_total 3",
		"leafcam_gateway_certificate_reload_failures_total 4", "leafcam_gateway_certificate_not_after_timestamp_seconds ",
		"leafcam_gateway_camera_last_success_timestamp_seconds ", "go_goroutines ",
	} {
		require.Contains(t, body, "\n"+line)
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)

	f.CameraAnswered = time.Time{}
	_, body = ask(t, f, http.MethodGet, "/metrics")
	require.NotContains(t, body, "last_success_timestamp_seconds 0")
}

func TestNothingElseIsServed(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/", http.StatusNotFound}, {http.MethodGet, "/debug/pprof/", http.StatusNotFound},
		{http.MethodPost, "/healthz", http.StatusMethodNotAllowed}, {http.MethodHead, "/healthz", http.StatusOK},
	} {
		response, _ := ask(t, wellFigures(), c.method, c.path)
		require.Equal(t, c.status, response.StatusCode, "%s %s", c.method, c.path)
	}
}

// TestServeEnds with its context, whoever is connected.
func TestServeEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, Handler(wellFigures)) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	response, err := http.Get("http://" + l.Addr().String() + "/healthz")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	cancel()
	require.NoError(t, <-ended)
	http.DefaultClient.CloseIdleConnections()
}
