package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leafcam/leafcam/hostsim"
)

// load makes connections of all kinds, from many addresses of loopback.
type load struct {
	server *served
	every  time.Duration
	roots  *x509.CertPool
	done   atomic.Int64
	going  sync.WaitGroup
}

// Addresses are 127.0.0.2 and so on: more devices than a page keeps.
const addresses = 200

// visitTimeout ends a client that gets no answer.
const visitTimeout = 10 * time.Second

func newLoad(s *served, rate int) *load {
	pool := x509.NewCertPool()
	if root, err := os.ReadFile(s.root); err == nil {
		pool.AppendCertsFromPEM(root)
	}
	return &load{server: s, every: time.Minute / time.Duration(rate), roots: pool}
}

func (l *load) run(ctx context.Context) {
	l.going.Add(1)
	defer l.going.Done()
	ticker := time.NewTicker(l.every)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.going.Go(func() { l.visit(n) })
		}
	}
}

func (l *load) wait() { l.going.Wait() }

// visit is one client, whose address, library and intention go by its number.
func (l *load) visit(n int) {
	defer l.done.Add(1)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+n%addresses))}, Timeout: visitTimeout}
	conn, err := dialer.Dial("tcp", l.server.address)
	if err != nil {
		return // the camera's queue is full: it says so itself
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(visitTimeout))
	config := &tls.Config{RootCAs: l.roots, ServerName: hostsim.DefaultHost, MaxVersion: tls.VersionTLS12}
	switch n % 5 {
	case 0: // speaks plain HTTP
		_, _ = fmt.Fprint(conn, "GET / HTTP/1.0\r\n\r\n")
		_, _ = conn.Read(make([]byte, 1))
		return
	case 1: // says nothing
		return
	case 2: // refuses for another name, whatever the mode
		config.ServerName = fmt.Sprintf("other-%d.example", n%3)
	case 3: // offers something else
		config.CurvePreferences = []tls.CurveID{tls.CurveP256}
	}
	secure := tls.Client(conn, config)
	if secure.Handshake() != nil {
		return
	}
	_, _ = fmt.Fprintf(secure, "GET /page-%d HTTP/1.0\r\nUser-Agent: load-%d\r\n\r\n", n%7, n%11)
	_, _ = bufio.NewReader(secure).ReadString('\n')
}
