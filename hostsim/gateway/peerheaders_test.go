package gateway_test

import (
	"fmt"
	"strings"
)

// forged is an address that no viewer of these tests has.
const forged = "203.0.113.9"

// believed: the camera is told nothing that a viewer made up about the way.
func believed(o *observation) string {
	for _, raw := range o.received {
		if strings.Contains(raw, forged) {
			m, err := strict(raw)
			if err != nil {
				return "the camera got what was forged"
			}
			for name, values := range m.header {
				if strings.Contains(strings.Join(values, ","), forged) {
					return "the camera got the forged " + name
				}
			}
			return "the camera got what was forged"
		}
	}
	return unambiguous(o)
}

// headers are those by which a viewer speaks in a proxy's name, or lets a proxy take its own ones out.
func headers() (list []attack) {
	for _, name := range []string{
		"X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
		"X-Forwarded-User", "X-Forwarded-Prefix", "Forwarded", "Via", "X-Client-IP", "True-Client-IP", "X-Original-URL", "X-Rewrite-URL",
		"X_Real_IP", "X_Forwarded_For", "x-forwarded_for",
	} {
		value := forged
		if name == "Forwarded" {
			value = "for=" + forged
		}
		list = append(list, get("forged "+name, name+": "+value+"\r\n", believed))
	}
	return append(list,
		get("Connection names the proxy's own headers",
			"Connection: X-Real-IP, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host\r\n", func(o *observation) string {
				for _, raw := range o.received {
					m, err := strict(raw)
					if err == nil && o.front == "leafcam" && (m.header.Get("X-Real-IP") != "127.0.0.1" || m.header.Get("X-Forwarded-For") != "127.0.0.1") {
						return "the camera is not told who asks"
					}
				}
				return unambiguous(o)
			}),
		get("Connection names another header", "Connection: X-Hop\r\nX-Hop: "+forged+"\r\n", believed),
		get("headers of one hop",
			fmt.Sprintf("Keep-Alive: %[1]s\r\nProxy-Connection: %[1]s\r\nTE: %[1]s\r\nProxy-Authorization: %[1]s\r\n", forged), believed),
		get("Connection names Host", "Connection: Host\r\n", unambiguous),
		get("Connection names Content-Length", "Connection: Content-Length\r\nContent-Length: 0\r\n", unambiguous),
		inHTTP2("HTTP/2 with forged X-Forwarded-For", believed, "x-forwarded-for", forged),
		inHTTP2("HTTP/2 with forged Forwarded", believed, "forwarded", "for="+forged),
	)
}

// get is an attack of one GET with these headers.
func get(name, header string, unsafe func(*observation) string) attack {
	return raw(name, "GET /first HTTP/1.1\r\nHost: cam.example.com\r\n"+header+"Connection: close\r\n\r\n", unsafe)
}

// targets are methods and request targets that a gateway in front of one camera has no use for.
func targets() (list []attack) {
	for _, line := range []string{
		"CONNECT other.example:443", "CONNECT 127.0.0.1:22", "CONNECT /first", "TRACE /first", "PRI *", "PRI /first",
	} {
		list = append(list, raw(line, line+" HTTP/1.1\r\nHost: cam.example.com\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n", rejected))
	}
	here := func(o *observation) string {
		for _, raw := range o.received {
			if target := targetOf(raw); !strings.HasPrefix(target, "/") {
				return "the camera got the target " + target
			}
		}
		return unambiguous(o)
	}
	for name, target := range map[string]string{
		"another host in the target":   "http://other.example/first",
		"a user in the target":         "https://user:password@cam.example.com/first",
		"another scheme in the target": "ftp://other.example/first",
		"a target without a path":      "http://other.example",
		"two slashes":                  "//other.example/first",
		"dots in the path":             "/a/../../first",
		"dots in octets":               "/a/%2e%2e/%2e%2e/first",
		"a NUL in the path":            "/first%00",
		"a line in the path":           "/first%0d%0aX:%20y",
		"a backslash":                  `/\other.example/first`,
		"a fragment":                   "/first#fragment",
	} {
		list = append(list, raw(name, "GET "+target+" HTTP/1.1\r\nHost: cam.example.com\r\nConnection: close\r\n\r\n", here))
	}
	return append(list, inHTTP2("CONNECT of HTTP/2", rejected, ":method", "CONNECT"), inHTTP2("TRACE of HTTP/2", rejected, ":method", "TRACE"))
}
