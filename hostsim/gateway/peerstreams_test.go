package gateway_test

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// parts reads the answer to a request as a stream, until it has seen so many parts or the stream ends.
func (c *talk) parts(limit int) (response *http.Response, parts []string) {
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, nil
	}
	_, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || parameters["boundary"] == "" {
		return response, nil
	}
	in := multipart.NewReader(response.Body, parameters["boundary"])
	for len(parts) < limit {
		part, err := in.NextRawPart()
		if err != nil {
			break
		}
		content, err := io.ReadAll(part)
		if err != nil {
			content = append(content, " broken off"...)
		}
		parts = append(parts, string(content))
	}
	return response, parts
}

const streamed = "GET /stream HTTP/1.1\r\nHost: cam.example.com\r\n"

// streams are what goes wrong with a stream, and who may see it.
func streams() []attack {
	var asked atomic.Int64
	return []attack{
		{
			name: "a stream with broken parts",
			camera: func(w http.ResponseWriter, _ *http.Request) {
				const part = "--b\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nwhole\r\n"
				const broken = "--b\r\nContent-Type: text/plain\r\nContent-Length: 50\r\n\r\ntorn\r\n"
				w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=b")
				_, _ = io.WriteString(w, part+part+broken+part)
			},
			act: func(v *visitor) *heard {
				response, parts := v.say(streamed + "\r\n").parts(3)
				h := &heard{ended: true, note: fmt.Sprintf("parts %q", parts)}
				if response != nil {
					h.answers = []heardAnswer{{status: response.StatusCode, whole: true}}
				}
				return h
			},
			unsafe: func(o *observation) string {
				if strings.Contains(o.note, "torn") {
					return "the viewer got a torn frame"
				}
				return ""
			},
		},
		{
			name: "a stream behind a login",
			camera: func(w http.ResponseWriter, r *http.Request) {
				user, _, known := r.BasicAuth()
				if !known {
					w.Header().Set("WWW-Authenticate", "Basic")
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				w.Header().Set("Set-Cookie", "session="+user)
				stream(w, r, "frame of "+user)
			},
			act: func(v *visitor) *heard {
				const alice = "Authorization: Basic YWxpY2U6YQ==\r\n"
				first, parts := v.say(streamed + alice + "\r\n").parts(1)
				h := &heard{ended: true}
				if first == nil || first.Header.Get("Set-Cookie") != "session=alice" || len(parts) == 0 || parts[0] != "frame of alice" {
					h.note = "she does not get her own stream"
					return h
				}
				for _, as := range []string{"", "Authorization: Basic eA==\r\n", "Cookie: session=alice\r\n", "Range: bytes=0-\r\n"} {
					response, parts := v.say(streamed + as + "\r\n").parts(1)
					if response == nil {
						continue
					}
					h.answers = append(h.answers, heardAnswer{status: response.StatusCode, whole: true})
					if response.Header.Get("Set-Cookie") != "" || len(parts) > 0 {
						h.note = "who has no login gets alice's"
					}
				}
				// Her second page gets the frames.
				if second, parts := v.say(streamed + alice + "\r\n").parts(1); second == nil || len(parts) == 0 {
					h.note = "she does not get her stream twice"
				}
				return h
			},
			unsafe: func(o *observation) string { return o.note },
		},
		{
			name: "a WebSocket",
			camera: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Upgrade") != "websocket" {
					w.WriteHeader(http.StatusUpgradeRequired)
					return
				}
				switching("websocket").ServeHTTP(w, r)
			},
			act: func(v *visitor) *heard {
				c := v.say(upgrade)
				response, err := http.ReadResponse(c.in, nil)
				if err != nil {
					return &heard{ended: true}
				}
				h := &heard{ended: true, answers: []heardAnswer{{status: response.StatusCode, whole: true}}}
				if response.StatusCode == http.StatusSwitchingProtocols {
					_, _ = io.WriteString(c, "echo")
					echo := make([]byte, len("echo"))
					_, _ = io.ReadFull(c.in, echo)
					h.note = string(echo)
				}
				return h
			},
			unsafe: func(o *observation) string {
				if slices.Contains(o.statuses(), http.StatusSwitchingProtocols) && o.note == "echo" {
					return ""
				}
				return "it does not pass"
			},
		},
		tunnel("a WebSocket that is refused", says("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n"), upgrade),
		tunnel("another protocol than the one asked for", switching("h2c").ServeHTTP, upgrade),
		tunnel("a switch without a protocol", says("HTTP/1.1 101 Switching Protocols\r\n\r\n"), upgrade),
		tunnel("a WebSocket by POST", says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
			strings.Replace(upgrade, "GET", "POST", 1)),
		tunnel("an upgrade to HTTP/2", says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), strings.Replace(upgrade, "websocket", "h2c", 1)),
		{
			name: "a stream that ends at once, again and again",
			camera: func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=b")
			},
			act: func(v *visitor) *heard {
				asked.Store(0)
				h := v.say(streamed + "Connection: close\r\n\r\n").hear()
				h.note = fmt.Sprintf("asked %d times", asked.Load())
				return h
			},
			unsafe: func(o *observation) string {
				if !o.ended {
					return "it goes on"
				}
				if asked.Load() > 100 {
					return "the camera is asked all the time"
				}
				return ""
			},
		},
	}
}

// tunnel is an upgrade that does not come about; the request that the viewer sends behind it is no part
// of a tunnel to the camera.
func tunnel(name string, camera http.HandlerFunc, request string) attack {
	return attack{name: name, camera: camera, unsafe: func(o *observation) string {
		for _, raw := range o.received {
			if strings.Contains(raw, "/smuggled") && targetOf(raw) != "/smuggled" {
				return "the camera got the hidden request"
			}
		}
		if slices.Contains(o.statuses(), http.StatusSwitchingProtocols) {
			return "the viewer is told to switch"
		}
		return ""
	}, act: func(v *visitor) *heard { return v.say(request + smuggled).hear() }}
}
