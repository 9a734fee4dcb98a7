package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// endurance is how long an attacker holds on to what he has.
const endurance = 15 * time.Second

// An attack is one way to hurt a gateway. So many attackers repeat it, each at an address of his own.
type attack struct {
	name      string
	attackers int
	pause     time.Duration // between two of one attacker
	once      func(context.Context, *attacker)
	done      atomic.Int64
}

// mix is everything at the same time.
func mix() []*attack {
	return []*attack{
		{name: "connections without a word", attackers: 10, pause: 100 * time.Millisecond, once: wordless},
		{name: "handshakes without a request", attackers: 10, pause: 100 * time.Millisecond, once: sends("", nothing)},
		{name: "requests that do not end", attackers: 5, pause: time.Second, once: sends("GET / HTTP/1.1\r\n", "X: y\r\n")},
		{name: "silent uploads", attackers: 10, pause: 100 * time.Millisecond, once: sends(upload, nothing)},
		{name: "uploads that trickle", attackers: 5, pause: 100 * time.Millisecond, once: sends(upload, "x")},
		{name: "viewers who do not read", attackers: 10, pause: time.Second, once: sends(get("/stream.jpg", ""), nothing)},
		{name: "streams pulled in the middle", attackers: 2, pause: 100 * time.Millisecond, once: pulled("/stream.jpg", 4096)},
		{name: "departed from the queue", attackers: 5, pause: 50 * time.Millisecond, once: pulled("/hang", 0)},
		{name: "paths that hang", attackers: 3, pause: time.Second, once: asks("/hang", "")},
		{name: "separate streams", attackers: 3, pause: time.Second, once: asks("/stream.jpg", "Cookie: a=%d\r\n")},
		{name: "streams with broken parts", attackers: 1, pause: time.Second, once: asks("/parts", "")},
		{name: "answers that do not begin", attackers: 1, pause: time.Second, once: asks("/hints", "")},
		{name: "WebSockets that say nothing", attackers: 2, pause: time.Second, once: asks("/socket", upgrade)},
		{name: "upgrades that fail", attackers: 2, pause: 200 * time.Millisecond, once: asks("/", upgrade)},
		{name: "pages", attackers: 2, pause: 20 * time.Millisecond, once: asks("/", "Connection: close\r\n")},
		{name: "broken requests", attackers: 2, pause: 50 * time.Millisecond, once: broken},
		{name: "floods of headers", attackers: 2, pause: 200 * time.Millisecond, once: asks("/", manyHeaders)},
		{name: "HTTP/2 rapid reset", attackers: 2, pause: 200 * time.Millisecond, once: rapidReset},
		{name: "HTTP/2 streams without a window", attackers: 2, pause: time.Second, once: withoutWindow},
	}
}

const (
	nothing = ""
	upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	upload  = "POST /upload HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 10000000\r\n\r\n"
)

var manyHeaders = strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 64)

// get is a request for a path, with headers.
func get(path, headers string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n"
}

// attacker is who attacks.
type attacker struct {
	source  net.IP // 127.0.0.2 and on: the honest come from 127.0.0.1
	target  string
	config  *tls.Config
	attempt int
}

// begin lets all attackers work until the context ends.
func begin(ctx context.Context, attacks []*attack, target string, config *tls.Config) *sync.WaitGroup {
	var all sync.WaitGroup
	number := byte(1)
	for _, a := range attacks {
		for range a.attackers {
			number++
			who := &attacker{source: net.IPv4(127, 0, 0, number), target: target, config: config}
			all.Go(func() {
				for ctx.Err() == nil {
					a.once(ctx, who)
					a.done.Add(1)
					who.attempt++
					select {
					case <-ctx.Done():
					case <-time.After(a.pause):
					}
				}
			})
		}
	}
	return &all
}

// dial connects without a handshake. The connection ends with the context, or with the attacker's endurance.
func (a *attacker) dial(ctx context.Context) (*net.TCPConn, func(), error) {
	ctx, cancel := context.WithTimeout(ctx, endurance)
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: a.source}}).DialContext(ctx, "tcp", a.target)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return conn.(*net.TCPConn), func() { stop(); cancel(); _ = conn.Close() }, nil
}

// connect does the handshake, too.
func (a *attacker) connect(ctx context.Context, protocols ...string) (*tls.Conn, func(), error) {
	raw, end, err := a.dial(ctx)
	if err != nil {
		return nil, nil, err
	}
	config := a.config.Clone()
	config.NextProtos = protocols
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		end()
		return nil, nil, err
	}
	return conn, end, nil
}

// wordless holds a connection until the gateway has enough of it.
func wordless(ctx context.Context, a *attacker) {
	conn, end, err := a.dial(ctx)
	if err != nil {
		return
	}
	defer end()
	_, _ = conn.Read(make([]byte, 1))
}

// sends sends a text and then a little again and again, and takes nothing.
func sends(text, again string) func(context.Context, *attacker) {
	return func(ctx context.Context, a *attacker) {
		conn, end, err := a.connect(ctx)
		if err != nil {
			return
		}
		defer end()
		next := text
		for over := time.After(endurance); ; next = again {
			if _, err := io.WriteString(conn, next); err != nil {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-over:
				return
			case <-time.After(500 * time.Millisecond):
			}
		}
	}
}

// asks sends a request and takes the answer. A %d in the headers is another number each time.
func asks(path, headers string) func(context.Context, *attacker) {
	return func(ctx context.Context, a *attacker) {
		conn, end, err := a.connect(ctx)
		if err != nil {
			return
		}
		defer end()
		own := headers
		if strings.Contains(own, "%d") {
			own = fmt.Sprintf(own, a.attempt)
		}
		if _, err := io.WriteString(conn, get(path, own)); err == nil {
			_, _ = io.Copy(io.Discard, conn)
		}
	}
}

// pulled asks, takes so many octets, and is gone without a word.
func pulled(path string, octets int64) func(context.Context, *attacker) {
	return func(ctx context.Context, a *attacker) {
		conn, end, err := a.connect(ctx)
		if err != nil {
			return
		}
		defer end()
		if _, err := io.WriteString(conn, get(path, "")); err != nil {
			return
		}
		_, _ = io.CopyN(io.Discard, conn, octets)
		_ = conn.NetConn().(*net.TCPConn).SetLinger(0) // a reset
	}
}

// broken sends what is no request, or two in one.
func broken(ctx context.Context, a *attacker) {
	hostLine := "Host: " + host + "\r\n"
	requests := []string{
		"\x00\x01\x02\x03\r\n\r\n",
		"GET /\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + hostLine + "\r\n",
		"POST / HTTP/1.1\r\n" + hostLine + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"0\r\n\r\nGET /hang HTTP/1.1\r\n" + hostLine + "\r\n",
		"POST / HTTP/1.1\r\n" + hostLine + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
		"POST / HTTP/1.1\r\n" + hostLine + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
		"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET http://127.0.0.1:22/ HTTP/1.1\r\n" + hostLine + "\r\n",
		"GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\n" + hostLine + "\r\n",
	}
	conn, end, err := a.connect(ctx)
	if err != nil {
		return
	}
	defer end()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(conn, requests[a.attempt%len(requests)]); err == nil {
		_, _ = io.Copy(io.Discard, conn)
	}
}
