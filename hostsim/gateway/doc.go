// Package gateway is a reverse proxy in front of a camera: outside it serves the full chain of a
// public certificate, over TLS 1.2 and 1.3, HTTP/1.1 and 2; inside it reaches the camera over TLS with
// the camera's own, self-signed certificate, which is pinned. Many viewers of a stream share one
// connection to the camera. Start with [New].
package gateway
