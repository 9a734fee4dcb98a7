package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// honest is a request that ends its connection.
const honest = "GET /first HTTP/1.1\r\nHost: cam.example.com\r\nConnection: close\r\n\r\n"

// answered is an attack of the camera: this is its answer to an honest request.
func answered(name, answer string, unsafe func(*observation) string) attack {
	return attack{
		name: name, camera: says(answer), unsafe: unsafe, act: func(v *visitor) *heard { return v.say(honest).hear() },
	}
}

// oneAnswer: the viewer gets one answer that can be read in one way.
func oneAnswer(o *observation) string {
	head, _, _ := strings.Cut(strings.ToLower(o.raw), "\r\n\r\n")
	lengths := strings.Count(head, "\ncontent-length:")
	codings := strings.Count(head, "\ntransfer-encoding:")
	switch {
	case lengths+codings > 1:
		return "the viewer may read it in another way"
	case len(o.answers) != 1:
		return fmt.Sprintf("%d answers", len(o.answers))
	case strings.Contains(o.raw, "smuggled"):
		return "the viewer got what was behind the answer"
	case !o.ended:
		return "the connection goes on"
	}
	return ""
}

// answers are those of a camera that is broken, or hostile, or simply has another address than its viewers
// know.
func answers() []attack {
	const behind = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"
	return []attack{
		answered("an answer with CL and TE",
			"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", oneAnswer),
		answered("an answer with two CL", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", oneAnswer),
		answered("an answer behind the answer", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"+behind, oneAnswer),
		answered("an answer behind chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"+behind, oneAnswer),
		answered("an answer behind one without a body", "HTTP/1.1 204 No Content\r\n\r\n"+behind, oneAnswer),
		answered("an answer with an unknown TE", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", oneAnswer),
		answered("an answer that breaks off", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", func(o *observation) string {
			if len(o.answers) == 1 && o.answers[0].whole && o.answers[0].status == http.StatusOK {
				return "the viewer takes it for whole"
			}
			return oneAnswer(o)
		}),
		answered("an answer without a status", "HTTP/1.1 smuggled\r\n\r\n", oneAnswer),
		answered("no answer of HTTP", "SSH-2.0-smuggled\r\n\r\n", oneAnswer),
		answered("a header without end", "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 12<<20), oneAnswer),
		answered("a protocol that was not asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: smuggled\r\n\r\nx",
			func(o *observation) string {
				if slices.Contains(o.statuses(), http.StatusSwitchingProtocols) {
					return "the viewer is told to switch"
				}
				return oneAnswer(o)
			}),
		{
			name: "interim answers without end", act: func(v *visitor) *heard { return v.say(honest).hear() },
			camera: func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					w.WriteHeader(http.StatusEarlyHints)
					time.Sleep(5 * time.Millisecond)
				}
			},
			unsafe: func(o *observation) string {
				if !o.ended {
					return "it goes on"
				}
				return ""
			},
		},
		ownAddress("Location", func(address string) string { return "https://" + address + "/login" }),
		ownAddress("Content-Location", func(address string) string { return "https://" + address + "/login" }),
		ownAddress("Refresh", func(address string) string { return "5; url=https://" + address + "/login" }),
		ownAddress("Set-Cookie", func(address string) string {
			name, _, _ := strings.Cut(address, ":")
			return "a=b; Path=/; Domain=" + name
		}),
	}
}

// ownAddress is a header in which the camera names itself.
func ownAddress(name string, value func(address string) string) attack {
	a := attack{
		name: name + " with the camera's address",
		camera: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(name, value(r.Context().Value(http.LocalAddrContextKey).(fmt.Stringer).String()))
			w.WriteHeader(http.StatusFound)
			_, _ = io.WriteString(w, "elsewhere")
		},
		act: func(v *visitor) *heard {
			h := v.say(honest).hear()
			if len(h.answers) > 0 {
				for _, wrong := range []string{v.front.camera.address, "Domain=127.0.0.1"} {
					if strings.Contains(h.answers[0].header.Get(name), wrong) {
						h.note = wrong
					}
				}
			}
			return h
		},
	}
	a.unsafe = func(o *observation) string {
		if o.note != "" {
			return "the viewer is sent to an address of the inside"
		}
		return oneAnswer(o)
	}
	return a
}
