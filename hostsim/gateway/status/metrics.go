package status

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leafcam/leafcam/hostsim/gateway"
)

// collector makes metrics of a gateway's figures when they are asked for.
type collector func() gateway.Figures

// describe names a metric of the gateway.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("leafcam", "gateway", name), help, labels, nil)
}

var (
	viewers = describe("viewers", "Viewers that share streams.")
	conns   = describe("camera_connections", "Connections to the camera that are open or being opened.")
	queue   = describe("camera_queue", "Requests that wait for a connection to the camera.")

	requests = describe("requests_total", "Requests of viewers, by the class of the answer's status.", "status")
	octets   = describe("sent_bytes_total", "Octets of answers that were sent to viewers.")
	frames   = describe("stream_frames_total", "Frames of streams that came from the camera.")
	restarts = describe("stream_restarts_total", "Streams that broke off and went on.")

	expiry   = describe("certificate_not_after_timestamp_seconds", "When the certificate ends that is served.")
	failures = describe("certificate_reload_failures_total", "Looks at new certificate files that could not be taken.")
	answered = describe("camera_last_success_timestamp_seconds", "When the camera answered last; there is none before the first time.")
)

// Describe names all metrics.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{viewers, conns, queue, requests, octets, frames, restarts, expiry, failures, answered} {
		out <- d
	}
}

// Collect reads the figures once.
func (c collector) Collect(out chan<- prometheus.Metric) {
	f := c()
	gauge := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	counter := func(d *prometheus.Desc, value int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
	}
	gauge(viewers, float64(f.Viewers))
	gauge(conns, float64(f.Connections))
	gauge(queue, float64(f.Queued))
	for class, n := range f.Requests {
		counter(requests, n, string(class))
	}
	counter(octets, f.Octets)
	counter(frames, f.Frames)
	counter(restarts, f.Restarts)
	gauge(expiry, seconds(f.CertificateUntil))
	counter(failures, f.ReloadFailures)
	if !f.CameraAnswered.IsZero() {
		gauge(answered, seconds(f.CameraAnswered))
	}
}

// seconds is a time as Prometheus has it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
