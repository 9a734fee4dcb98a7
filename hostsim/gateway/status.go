package gateway

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// Figures are what a gateway counts, at one moment.
type Figures struct {
	Viewers     int // that share streams
	Connections int // to the camera, open or being opened
	Queued      int // requests that wait for one

	Requests map[StatusClass]int64 // answered, by the class of their status
	Octets   int64                 // of answers, sent to viewers
	Frames   int64                 // of streams, from the camera
	Restarts int64                 // of streams that broke off and went on

	CertificateFrom, CertificateUntil time.Time
	ReloadFailures                    int64 // looks at new files that could not be taken

	CameraAnswered time.Time // last; zero before the first time
	CameraFailed   time.Time // last; zero before the first time
	Looked         time.Time // at the certificate's files
	Stopping       bool
}

// A StatusClass is the first digit of an HTTP status with "xx" behind it.
type StatusClass string

// Classes of statuses.
const (
	Status2xx  StatusClass = "2xx"
	Status3xx  StatusClass = "3xx"
	Status4xx  StatusClass = "4xx"
	Status5xx  StatusClass = "5xx"
	StatusNone StatusClass = "none" // broken off before an answer began
)

// classCount is how many classes there are.
const classCount = 5

// classes are where counts keep each class.
var classes = [classCount]StatusClass{StatusNone, Status2xx, Status3xx, Status4xx, Status5xx}

// Figures returns what was counted until now.
func (g *Gateway) Figures() Figures {
	leaf := g.certificate.current.Load().Leaf
	f := Figures{
		Viewers: g.Viewers(), Connections: g.Connections(), Queued: int(g.counts.queued.Load()),
		Requests: map[StatusClass]int64{}, Octets: g.counts.octets.Load(), Frames: g.counts.frames.Load(), Restarts: g.counts.restarts.Load(),
		CertificateFrom: leaf.NotBefore, CertificateUntil: leaf.NotAfter, ReloadFailures: g.certificate.failures.Load(),
		CameraAnswered: moment(&g.counts.answered), CameraFailed: moment(&g.counts.failed),
		Looked: moment(&g.certificate.looked), Stopping: g.stopping.Load(),
	}
	for i, class := range classes {
		f.Requests[class] = g.counts.requests[i].Load()
	}
	return f
}

// Problems are the reasons why viewers are not served well at a moment; there are none when all is well.
func (f Figures) Problems(now time.Time) (list []Problem) {
	if f.Stopping {
		list = append(list, ProblemStopping)
	}
	if now.Before(f.CertificateFrom) || now.After(f.CertificateUntil) {
		list = append(list, ProblemCertificate)
	}
	if f.CameraFailed.After(f.CameraAnswered) {
		list = append(list, ProblemCamera)
	}
	return list
}

// A Problem is a reason why viewers are not served well.
type Problem string

// Problems of a gateway.
const (
	ProblemStopping    Problem = "stopping"
	ProblemCertificate Problem = "certificate-not-valid"
	ProblemCamera      Problem = "camera-does-not-answer"
)

// Sentence says the problem in words.
func (p Problem) Sentence() string {
	switch p {
	case ProblemStopping:
		return "the gateway is being stopped"
	case ProblemCertificate:
		return "the certificate that is served is not valid at this time"
	case ProblemCamera:
		return "the camera did not answer when it was asked last"
	}
	return string(p)
}

// counts are what happens in a gateway.
type counts struct {
	requests                         [classCount]atomic.Int64
	octets, frames, restarts, queued atomic.Int64
	answered, failed                 atomic.Int64 // Unix nanoseconds
}

// moment is a time that is kept in Unix nanoseconds.
func moment(at *atomic.Int64) time.Time {
	if ns := at.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// frame counts a frame, which shows that the camera is there, too.
func (c *counts) frame() {
	c.frames.Add(1)
	c.answered.Store(time.Now().UnixNano())
}

// asked notes how it went to ask the camera. A viewer that left, or whose request broke off, says nothing
// of it.
func (c *counts) asked(err error) {
	switch {
	case err == nil:
		c.answered.Store(time.Now().UnixNano())
	case !errors.Is(err, context.Canceled) && !bodyFailed(err):
		c.failed.Store(time.Now().UnixNano())
	}
}

// counted counts requests by their class, and the octets of their answers.
func (c *counts) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &countedWriter{ResponseWriter: w, counts: c}
		defer func() { c.requests[out.group()].Add(1) }()
		next.ServeHTTP(out, r)
	})
}

// countedWriter is where an answer goes through.
type countedWriter struct {
	http.ResponseWriter
	counts *counts
	status int
}

// group is where the status is counted in classes.
func (w *countedWriter) group() int {
	if first := w.status / 100; first >= 2 && first <= 5 {
		return first - 1
	}
	return 0
}

// Unwrap lets a ResponseController reach what is inside.
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the status.
func (w *countedWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (w *countedWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.counts.octets.Add(int64(n))
	return n, err
}
