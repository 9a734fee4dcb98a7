package livepage

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"

	"github.com/leafcam/leafcam/internal/printable"
)

// policy lets the page load its own files, and nothing else anything.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// tokenField is the field of a form that proves that the page itself sent it.
const tokenField = "token"

// A guard lets requests through that come from a browser which was told to look at this very
// page: names that lead here by somebody else's DNS are turned away, and so is whatever another
// page makes a browser send.
type guard struct {
	port  string
	names []string // host names that are this machine's
	token string
}

func newGuard(l net.Addr) *guard {
	_, port, _ := net.SplitHostPort(l.String()) // of a listener there is always one
	names := []string{"localhost"}
	if name, err := os.Hostname(); err == nil {
		names = append(names, strings.ToLower(name), strings.ToLower(name)+".local")
	}
	return &guard{port: port, names: names, token: rand.Text()}
}

// ours reports whether a Host header names this server: by an address, which no foreign DNS can
// lead here, or by one of the machine's own names.
func (g *guard) ours(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "80"
	}
	if port != g.port {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	for _, own := range g.names {
		if strings.EqualFold(name, own) {
			return true
		}
	}
	return false
}

// wrap puts the guard around a handler.
func (g *guard) wrap(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !g.ours(r.Host) {
			http.Error(w, "this page is served by its address, localhost, or the machine's own name, and not as "+printable.Line(r.Host),
				http.StatusMisdirectedRequest)
			return
		}
		if r.Method == http.MethodPost {
			if err := crossOrigin.Check(r); err != nil || !g.sent(w, r) {
				http.Error(w, "only the page itself may ask for that; reload it and try again", http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// maxForm is the largest form that is read, octets.
const maxForm = 4 << 10

// sent reports whether a form carries the page's token.
func (g *guard) sent(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	return r.ParseForm() == nil && subtle.ConstantTimeCompare([]byte(r.PostForm.Get(tokenField)), []byte(g.token)) == 1
}
