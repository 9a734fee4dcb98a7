package gateway_test

import (
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/net/http2"
)

// uploads are requests with bodies that are slow, or large.
func uploads() []attack {
	large := func(size int, more string) string {
		return fmt.Sprintf("POST /first HTTP/1.1\r\nHost: cam.example.com\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n", size, more) +
			strings.Repeat("x", size)
	}
	chunks := strings.Repeat(fmt.Sprintf("8000\r\n%s\r\n", strings.Repeat("x", 0x8000)), 2*peerBody/0x8000)
	return []attack{
		{
			name: "three silent POSTs",
			act: func(v *visitor) *heard {
				for _, head := range []string{"Content-Length: 100", "Transfer-Encoding: chunked", "Content-Length: 100\r\nExpect: 100-continue"} {
					v.say("POST /silent HTTP/1.1\r\nHost: cam.example.com\r\n" + head + "\r\n\r\n")
				}
				h := v.say(honest).hear()
				if v.front.camera.asked("/silent") {
					h.note = "silent POSTs are at the camera"
				}
				return h
			},
			unsafe: func(o *observation) string {
				if len(o.answers) != 1 || o.answers[0].status != http.StatusOK {
					return "the honest viewer is not served"
				}
				return o.note
			},
		},
		raw("a large upload", large(peerBody, ""), func(o *observation) string {
			if len(o.answers) != 1 || o.answers[0].body != fmt.Sprintf("fine, %d octets\n", peerBody) {
				return "it does not arrive whole"
			}
			return unambiguous(o)
		}),
		raw("an upload that says that it is too large", large(2*peerBody, ""), rejected),
		raw("an upload that turns out to be too large",
			"POST /first HTTP/1.1\r\nHost: cam.example.com\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"+chunks+"0\r\n\r\n",
			func(o *observation) string {
				if len(o.answers) > 0 && o.answers[0].status < http.StatusBadRequest {
					return "it succeeded"
				}
				for _, raw := range o.received {
					if len(raw) > peerBody+peerBody/2 {
						return "the camera got too much"
					}
				}
				return unambiguous(o)
			}),
		raw("headers that are too large", "GET /first HTTP/1.1\r\nHost: cam.example.com\r\n"+
			strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", 100)+"Connection: close\r\n\r\n", rejected),
		raw("a target that is too large", "GET /"+strings.Repeat("x", 100_000)+
			" HTTP/1.1\r\nHost: cam.example.com\r\nConnection: close\r\n\r\n", rejected),
	}
}

// peerConnections is how many connections leafcam's gateway makes to a camera at a time.
const peerConnections = 3

// floods are viewers who leave what they asked for.
func floods() []attack {
	return []attack{
		{
			name: "a viewer who leaves the queue",
			camera: func(w http.ResponseWriter, r *http.Request) {
				stream(w, r, "frame")
			},
			act: func(v *visitor) *heard {
				h := &heard{ended: true}
				var held []*talk
				for i := range peerConnections {
					c := v.say(fmt.Sprintf("GET /stream/%d HTTP/1.1\r\nHost: cam.example.com\r\n\r\n", i))
					_, _ = c.parts(1)
					held = append(held, c)
				}
				c := v.say("GET /left HTTP/1.1\r\nHost: cam.example.com\r\n\r\n")
				_ = c.Close()
				if s := v.front.ours; s != nil {
					v.until(func() bool { return strings.Contains(s.log.String(), "path=/left") })
				}
				for _, c := range held {
					_ = c.Close()
				}
				v.until(func() bool { return v.front.camera.connected() == 0 })
				if v.front.camera.asked("/left") {
					h.note = "the camera is asked for who has left"
				}
				return h
			},
			unsafe: func(o *observation) string {
				if o.peak > peerConnections {
					return fmt.Sprintf("%d connections to the camera at a time", o.peak)
				}
				return o.note
			},
		},
		{
			name:   "rapid reset",
			camera: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			act: func(v *visitor) *heard {
				goOn := v.front.camera.hold() // as long as that, nobody is done with the camera
				c := v.dialHTTP2()
				for i := range 300 {
					c.request(uint32(2*i+1), true, map[string]string{":path": fmt.Sprintf("/reset/%d", i)})
					if err := c.framer.WriteRSTStream(uint32(2*i+1), http2.ErrCodeCancel); err != nil {
						break
					}
				}
				_ = c.framer.WritePing(false, [8]byte{})
				c.awaitPing()
				h, patient := &heard{}, v.say("GET /honest HTTP/1.1\r\nHost: cam.example.com\r\nConnection: close\r\n\r\n")
				v.until(func() bool { return v.front.camera.connected() > 0 })
				if n := v.front.camera.connected(); n > peerConnections {
					h.note = fmt.Sprintf("%d connections to a busy camera at a time", n)
				}
				goOn()
				if got := patient.hear(); len(got.answers) != 1 || got.answers[0].status != http.StatusOK {
					h.note = "the honest viewer is not served"
				}
				h.ended = true
				return h
			},
			unsafe: func(o *observation) string { return o.note },
		},
	}
}
