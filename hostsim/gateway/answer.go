package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"html/template"
	"net"
	"net/http"
	"syscall"
	"time"
)

// errorPage is what viewers see when the camera does not answer.
var errorPage = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Status}} {{.Text}}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}</style></head>
<body><h1>{{.Status}} {{.Text}}</h1><p>{{.What}}</p><p>{{.Next}}</p></body></html>
`))

// A failure is why the camera did not answer, in words for viewers. What it is in detail is for
// the log.
type failure struct {
	Status int
	What   string
	Next   string
}

// Text is the name of the status.
func (f failure) Text() string { return http.StatusText(f.Status) }

// failureOf finds the words for an error.
func failureOf(err error) failure {
	var pin *PinError
	var handshake *handshakeError
	var network net.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return failure{http.StatusRequestEntityTooLarge, "The request is larger than this gateway lets through.", "Send less."}
	case errors.As(err, &pin):
		return failure{
			http.StatusBadGateway,
			"What answers at the camera's address is not the camera that this gateway was set up for: it presents another certificate.",
			"The fingerprint is in the gateway's log.",
		}
	case errors.Is(err, errSlowBody):
		return failure{http.StatusRequestTimeout, "The request came too slowly.", "Send it again, faster."}
	case errors.Is(err, errBadBody):
		return failure{http.StatusBadRequest, "The request cannot be read.", "Send it again."}
	case errors.Is(err, errUpgrade):
		return failure{http.StatusBadGateway, "The camera switched to a protocol that was not asked for.", "Try again in a while."}
	case errors.Is(err, errFull):
		return failure{http.StatusServiceUnavailable, "Too many requests wait for the camera.", "Try again in a while."}
	case errors.Is(err, errBusy):
		return failure{http.StatusGatewayTimeout, "All connections to the camera are taken.", "Try again in a while."}
	case errors.Is(err, errStopped):
		return failure{http.StatusBadGateway, "The gateway is being stopped.", "Try again in a while."}
	case errors.Is(err, syscall.ECONNREFUSED):
		return failure{http.StatusBadGateway, "The camera does not accept connections: it may be starting.", "Try again in a while."}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return failure{http.StatusGatewayTimeout, "The camera does not answer in time: it may be switched off, or busy.", "Try again in a while."}
	case errors.As(err, &handshake) && handshake.wanted:
		return failure{
			http.StatusBadGateway, "The camera asked for a client certificate, which this gateway does not have, and the TLS handshake failed.",
			"The gateway's administrator can give it one.",
		}
	case errors.As(err, &handshake):
		return failure{
			http.StatusBadGateway, "The TLS handshake with the camera failed.",
			"The reason is in the gateway's log.",
		}
	}
	return failure{http.StatusBadGateway, "The camera cannot be reached, or broke the connection off.", "Try again in a while."}
}

// failed answers in the camera's place.
func (g *Gateway) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && !errors.Is(err, errSlowBody) { // over HTTP/1 a passed deadline ends it, too
		panic(http.ErrAbortHandler) // the viewer is gone
	}
	f := failureOf(err)
	if f.Status < http.StatusInternalServerError {
		g.config.Log.Warn("the request is not passed on", "status", f.Status, "path", r.URL.Path, "error", err.Error())
	} else {
		g.config.Log.Error("the camera did not answer", "status", f.Status, "path", r.URL.Path, "error", err.Error())
		w.Header().Set("Retry-After", "5")
	}
	writeFailure(w, f)
}

func writeFailure(w http.ResponseWriter, f failure) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(f.Status)
	_ = errorPage.Execute(w, f)
}

// refused reports whether a request is none that a camera is asked: CONNECT is for tunnels, TRACE gives
// back what browsers keep from scripts, and PRI begins HTTP/2 (RFC 9113 section 3.4).
func refused(r *http.Request) bool {
	switch r.Method {
	case http.MethodConnect, http.MethodTrace, "PRI":
		return true
	}
	return false
}

// logged wraps the handler with the limits of a viewer, and logs what became of each request.
func (g *Gateway) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		out := &patient{
			ResponseWriter: w, control: http.NewResponseController(w), patience: g.config.SlowViewer,
			last: r.ProtoMajor == 1 && len(r.TransferEncoding) > 0,
		}
		defer func() {
			out.extend() // for what the server still has to send
			reason := recover()
			how := "complete"
			switch {
			case out.slow:
				how = "dropped: the viewer takes too slowly"
			case reason != nil && r.Context().Err() != nil:
				how = "the viewer left"
			case reason != nil:
				how = "broken off"
			}
			g.config.Log.Info("request", "remote", r.RemoteAddr, "method", r.Method,
				"path", r.URL.Path, "proto", r.Proto, "tls", tls.VersionName(r.TLS.Version),
				"status", out.status, "octets", out.octets, "ms", time.Since(started).Milliseconds(), "end", how)
			if reason != nil {
				panic(reason) // http.ErrAbortHandler, with which the server ends a broken answer
			}
		}()
		if refused(r) {
			leave(out.control)
			out.Header().Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
			writeFailure(out, failure{http.StatusMethodNotAllowed, "This gateway does not pass " + r.Method + " on.", "Ask with another method."})
			return
		}
		end, err := spool(out, r, g.config.MaxBody)
		defer end()
		if err != nil {
			g.failed(out, r, err)
			return
		}
		next.ServeHTTP(out, patientWith(r))
	})
}

// leftKey is where a request's context holds the one that ends when the viewer leaves.
type leftKey struct{}

// patientWith returns a request that goes on when an HTTP/1 viewer has nothing more to send: simple
// clients close their half of the connection behind the request, which the server takes for
// leaving. Whether somebody is there shows when the answer is written.
func patientWith(r *http.Request) *http.Request {
	if r.ProtoMajor > 1 {
		return r
	}
	return r.WithContext(context.WithValue(context.WithoutCancel(r.Context()), leftKey{}, r.Context()))
}

// left returns the context that ends when the viewer of a request leaves.
func left(r *http.Request) context.Context {
	if ctx, ok := r.Context().Value(leftKey{}).(context.Context); ok {
		return ctx
	}
	return r.Context()
}

// patient gives a viewer so much time for each piece of an answer, and counts.
type patient struct {
	http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	// last closes the connection behind the answer. A request in chunks may have told a length, too, by
	// which a proxy in front of this one may think that it ends elsewhere (RFC 9112 section 6.1); the
	// server does not say whether it did.
	last   bool
	status int
	octets int64
	slow   bool
}

// extend gives the viewer its time, to take what is written now. relax ends it: over HTTP/2 a deadline that
// passes resets the stream though nothing is being written.
func (p *patient) extend() { _ = p.control.SetWriteDeadline(time.Now().Add(p.patience)) }
func (p *patient) relax()  { _ = p.control.SetWriteDeadline(time.Time{}) }

// Unwrap lets a ResponseController reach what is inside.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// WriteHeader notes the status.
func (p *patient) WriteHeader(status int) {
	if p.status == 0 && status >= 200 {
		p.status = status
		if p.last {
			p.Header().Set("Connection", "close")
		}
	}
	p.extend()
	defer p.relax()
	p.ResponseWriter.WriteHeader(status)
}

// Write fails when the viewer takes no octet for too long.
func (p *patient) Write(b []byte) (int, error) {
	if p.status == 0 {
		p.status = http.StatusOK
	}
	p.extend()
	defer p.relax()
	n, err := p.ResponseWriter.Write(b)
	p.octets += int64(n)
	p.slow = p.slow || isTimeout(err)
	return n, err
}

// FlushError is what a ResponseController calls.
func (p *patient) FlushError() error {
	p.extend()
	defer p.relax()
	err := p.control.Flush()
	p.slow = p.slow || isTimeout(err)
	return err
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}
