package gateway

import (
	"net/http"
	"slices"
	"strings"
)

// A stream is shared as a shared cache shares an answer (RFC 9111 sections 2 to 4): among requests for
// the same, that carry the same credentials and whatever the camera's Vary names. What a cache has to
// keep to itself because it would be old (no-store, no-cache) is shared nevertheless: frames go to all
// viewers as they come, and are kept for none.

// sharedBy returns what a request has to have in common with another one to share its stream. ok is
// false for a request whose answer is its own: one with a body, for a part, or under a condition.
func sharedBy(r *http.Request) (key string, ok bool) {
	if r.Method != http.MethodGet || r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		return "", false
	}
	for _, name := range []string{
		"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Upgrade", "Expect",
	} {
		if _, ok := r.Header[name]; ok {
			return "", false
		}
	}
	parts := []string{r.URL.RequestURI()}
	for _, name := range []string{"Authorization", "Cookie"} {
		parts = append(parts, strings.Join(r.Header[name], "\x01"))
	}
	return strings.Join(parts, "\x00"), true
}

// varies returns the names of the request's headers that an answer depends on. ok is false for one
// that is meant for the request alone.
func varies(answer http.Header) (names []string, ok bool) {
	for _, directive := range list(answer, "Cache-Control") {
		if name, _, _ := strings.Cut(directive, "="); strings.EqualFold(name, "private") {
			return nil, false
		}
	}
	for _, name := range list(answer, "Vary") {
		if name == "*" {
			return nil, false
		}
		names = append(names, http.CanonicalHeaderKey(name))
	}
	return names, true
}

// list returns the elements of a header that is a list.
func list(h http.Header, name string) (elements []string) {
	for _, value := range h.Values(name) {
		for element := range strings.SplitSeq(value, ",") {
			if element = strings.TrimSpace(element); element != "" {
				elements = append(elements, element)
			}
		}
	}
	return elements
}

// alike reports whether two requests have the same values of the headers of these names.
func alike(a, b *http.Request, names []string) bool {
	for _, name := range names {
		if !slices.Equal(a.Header[name], b.Header[name]) {
			return false
		}
	}
	return true
}

// sharedHeader is what viewers who join a stream are told of its answer. The rest, such as cookies
// and what belongs to a login, is for whoever was answered.
func sharedHeader(answer http.Header) http.Header {
	shared := http.Header{}
	for _, name := range []string{
		"Content-Security-Policy", "Cross-Origin-Resource-Policy", "Expires", "Pragma", "Referrer-Policy", "Server", "Vary",
		"X-Content-Type-Options", "X-Frame-Options",
	} {
		if values := answer.Values(name); len(values) > 0 {
			shared[name] = slices.Clone(values)
		}
	}
	if answer.Get("Access-Control-Allow-Origin") == "*" {
		shared.Set("Access-Control-Allow-Origin", "*")
	}
	return shared
}
