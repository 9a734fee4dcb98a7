package gateway

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
)

// rewrite makes the camera's request of a viewer's: what tells of the way to the gateway is the
// gateway's to say.
func rewrite(r *httputil.ProxyRequest, camera string) {
	for name := range r.Out.Header {
		if forwarding(name) {
			r.Out.Header.Del(name)
		}
	}
	r.SetURL(&url.URL{Scheme: "https", Host: camera})
	r.SetXForwarded()
	if viewer, _, err := net.SplitHostPort(r.In.RemoteAddr); err == nil {
		r.Out.Header.Set("X-Real-Ip", viewer)
	}
}

// forwarding reports whether a header is one of those by which proxies say for whom they ask. Scripts may
// read names as those of variables, in which - and _ are the same (RFC 3875 section 4.1.18).
func forwarding(name string) bool {
	switch name = strings.ReplaceAll(strings.ToLower(name), "_", "-"); name {
	case "forwarded", "via", "x-real-ip", "x-client-ip", "client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip",
		"x-original-url", "x-rewrite-url", "x-original-host", "x-host", "proxy-authorization":
		return true
	}
	return strings.HasPrefix(name, "x-forwarded")
}

// outside rewrites what names the camera's own address in an answer to what viewers use.
func outside(answer *http.Response, camera string) {
	viewed := answer.Request.Header.Get("X-Forwarded-Host")
	if viewed == "" {
		return
	}
	host, port, err := net.SplitHostPort(camera)
	if err != nil {
		return
	}
	a := address{host, port, viewed}
	for _, name := range []string{"Location", "Content-Location"} {
		if value := answer.Header.Get(name); value != "" {
			answer.Header.Set(name, a.url(value))
		}
	}
	if value := answer.Header.Get("Refresh"); value != "" {
		answer.Header.Set("Refresh", a.refresh(value))
	}
	for i, cookie := range answer.Header["Set-Cookie"] {
		answer.Header["Set-Cookie"][i] = a.cookie(cookie)
	}
}

// address is the camera's, and what viewers know it by.
type address struct{ host, port, viewed string }

// url rewrites a URL with the camera's host, and its port or none.
func (a address) url(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" || !a.isHost(u.Hostname()) || u.Port() != "" && u.Port() != a.port {
		return raw
	}
	u.Host = a.viewed
	if u.Scheme != "" {
		u.Scheme = "https"
	}
	return u.String()
}

func (a address) isHost(host string) bool {
	own, other := net.ParseIP(a.host), net.ParseIP(host)
	if own != nil && other != nil {
		return own.Equal(other)
	}
	return strings.EqualFold(strings.TrimSuffix(host, "."), strings.TrimSuffix(a.host, "."))
}

// refreshURL is the URL of a Refresh header: after the seconds, with or without quotes.
var refreshURL = regexp.MustCompile(`(?i)^(\s*[0-9.]*\s*[;,]?\s*url\s*=\s*["']?)([^"']*)(.*)$`)

func (a address) refresh(value string) string {
	m := refreshURL.FindStringSubmatch(value)
	if m == nil {
		return value
	}
	return m[1] + a.url(m[2]) + m[3]
}

// cookie leaves the camera's host out as a cookie's domain: the cookie is then for whoever set it.
func (a address) cookie(value string) string {
	parts := strings.Split(value, ";")
	kept := parts[:1]
	for _, part := range parts[1:] {
		name, domain, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(name), "Domain") && a.isHost(strings.TrimPrefix(strings.TrimSpace(domain), ".")) {
			continue
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, ";")
}
