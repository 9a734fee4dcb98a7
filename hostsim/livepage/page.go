package livepage

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/hostsim/stage"
	"github.com/leafcam/leafcam/internal/listening"
)

//go:embed page.css
var style []byte

//go:embed page.js
var script []byte

// Options say what a page tells of the camera besides what its stage knows.
type Options struct {
	Host     string // a name of the certificate; "" when it has none
	Firmware string // name of the profile
	Versions string // of MicroPython and Mbed TLS
	Board    string // "" for a camera without limits
	Script   string
	Key      string // kind of the private key, never the key
}

// A Page follows a stage. It is an [http.Handler] with everything that it needs embedded.
type Page struct {
	stage   *stage.Stage
	journal *Journal
	options Options
	urls    []Address
	guard   *guard
	handler http.Handler
	ending  chan struct{}
	// followers are the pages that hear of changes.
	followers atomic.Int64
}

// NewPage returns a page on a listener's address, whose visitors alone may switch the stage.
func NewPage(stage *stage.Stage, journal *Journal, l net.Addr, o Options) *Page {
	p := &Page{
		stage: stage, journal: journal, options: o, urls: addresses(stage.Addr(), o.Host),
		guard: newGuard(l), ending: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.show)
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("POST /mode", p.change)
	mux.HandleFunc("POST /forget", p.forget)
	mux.HandleFunc("GET /leafcam.json", p.export("application/json", report.JSON))
	mux.HandleFunc("GET /leafcam.html", p.export("text/html; charset=utf-8", report.HTML))
	mux.HandleFunc("GET /page.css", file("text/css; charset=utf-8", style))
	mux.HandleFunc("GET /page.js", file("text/javascript; charset=utf-8", script))
	p.handler = p.guard.wrap(mux)
	return p
}

// ServeHTTP answers the page's requests.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }

// Time limits of the page's server. Its event streams have none for writing.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	endTimeout    = time.Second
)

// Serve serves the page on a listener until the context ends.
func (p *Page) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{Handler: p, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 16 << 10}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-ctx.Done()
		close(p.ending)
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		if server.Shutdown(ending) != nil {
			_ = server.Close() // somebody holds on to a connection
		}
	}()
	err := server.Serve(listening.Keep(l, nil))
	if errors.Is(err, http.ErrServerClosed) {
		<-ended
		return nil
	}
	return err
}

func file(contentType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

// change switches the stage. A script gets no page for an answer, a form the page again.
func (p *Page) change(w http.ResponseWriter, r *http.Request) {
	mode, err := strconv.Atoi(r.PostForm.Get("mode"))
	if err == nil {
		err = p.stage.Switch(mode)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.done(w, r)
}

func (p *Page) forget(w http.ResponseWriter, r *http.Request) {
	p.journal.Forget()
	p.done(w, r)
}

func (p *Page) done(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Accept") == "text/event-stream" { // the script: it hears of the change
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// export answers with what was seen, as a file to be kept.
func (p *Page) export(contentType string, write func(io.Writer, *hostsim.Matrix) error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		var out bytes.Buffer
		if err := write(&out, p.Matrix()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Disposition", "attachment")
		_, _ = w.Write(out.Bytes()) // whoever asked is gone otherwise
	}
}
