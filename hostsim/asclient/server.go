package asclient

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// secured are the ports of the schemes with TLS that people paste.
var secured = map[string]string{
	"https": "443", "wss": "443", "mqtts": "8883", "ssl": "8883", "tls": "443", "ftps": "990", "smtps": "465", "imaps": "993", "ldaps": "636",
	"amqps": "5671", "rediss": "6379",
}

// plain are the schemes without TLS that have one with it.
var plain = map[string]string{
	"http": "https", "ws": "wss", "mqtt": "mqtts", "ftp": "ftps", "smtp": "smtps", "imap": "imaps", "ldap": "ldaps", "amqp": "amqps",
	"redis": "rediss",
}

// WithoutUser takes user and password out of what names a server: neither is ever shown.
func WithoutUser(text string) string {
	scheme, rest, isURL := strings.Cut(text, "://")
	if !isURL {
		return text[strings.LastIndex(text, "@")+1:]
	}
	authority, after := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, after = rest[:i], rest[i:]
	}
	if _, port, err := net.SplitHostPort(authority); err == nil && !strings.Contains(authority, "@") {
		if _, err := strconv.Atoi(port); err != nil { // a password with one of these characters
			authority, after = rest, ""
		}
	}
	return scheme + "://" + authority[strings.LastIndex(authority, "@")+1:] + after
}

// ParseServer reads HOST:PORT, HOST for port 443, or a URL as people paste it: https://, mqtts:// and the like. The error is
// [preflight.ErrNotServer] for what may be the name of a file, and another one for what is a URL and cannot be asked.
func ParseServer(text string) (preflight.Server, error) {
	text = WithoutUser(text)
	scheme, rest, isURL := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	if !isURL {
		return parseHost(text)
	}
	u, err := url.Parse(text)
	if err != nil {
		return preflight.Server{}, err
	}
	port, known := secured[scheme]
	switch {
	case plain[scheme] != "":
		return preflight.Server{}, fmt.Errorf("%s:// is without TLS; did you mean %s://%s?", scheme, plain[scheme], rest)
	case !known:
		return preflight.Server{}, fmt.Errorf("%s://: no scheme with TLS that is known here; give HOST:PORT", scheme)
	case u.Hostname() == "":
		return preflight.Server{}, fmt.Errorf("%s: the host is missing", text)
	case u.Port() != "":
		port = u.Port()
	}
	return parseHost(net.JoinHostPort(u.Hostname(), port))
}

// parseHost reads a server without a scheme. A name alone is a server's unless it looks like a file's.
func parseHost(text string) (preflight.Server, error) {
	server, err := preflight.ParseServer(text)
	if host, port, split := net.SplitHostPort(text); err != nil && split == nil && meansPort(host, port) {
		return server, fmt.Errorf("%s: %q is no port: give a number from 1 to 65535", text, port)
	}
	if err == nil || !strings.Contains(text, ".") || slices.Contains(fileEndings, strings.ToLower(path.Ext(text))) {
		return server, err
	}
	if _, wrong := certs.ParseHostName(text); wrong != nil {
		return server, err
	}
	return preflight.ParseServer(net.JoinHostPort(text, "443"))
}

// meansPort reports whether what is behind a host's colon is a port that is wrong, and no part of a file's name.
func meansPort(host, port string) bool {
	other := func(r rune) bool { return r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z' }
	return len(host) > 1 && certs.CheckClientHost(host) == nil && !strings.ContainsFunc(port, other)
}

// fileEndings are those of files with certificates; no domain ends like that.
var fileEndings = []string{
	".pem", ".crt", ".cer", ".der", ".key", ".p7b", ".p7c", ".pfx", ".p12", ".jks", ".csr", ".txt", ".json", ".yaml", ".yml", ".gz", ".tar",
}
