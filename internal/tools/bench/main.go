// Command bench compares the camera's engine with crypto/tls as a server: the same
// certificate, suite and group, TLS 1.2 without tickets, the same Go client. It prints
// time and server-side allocations of a full handshake and the throughput of 10 MiB,
// in memory and over TCP; each figure is the median of ten interleaved runs.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

const (
	rounds          = 10
	handshakes      = 200 // in each round
	countHandshakes = 50  // for allocations
	payload         = 10 << 20
)

// setup is one key type with its suite, as both servers and the client take it.
type setup struct {
	name   string
	suite  uint16
	engine *device.SSLContext
	std    *tls.Config
	client *tls.Config
}

func newSetup(name string, key certs.KeyType, suite uint16) (*setup, error) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}, Key: key})
	if err != nil {
		return nil, err
	}
	engine := device.NewSSLContext(device.OpenMV50)
	if err := engine.LoadCertChain(id.DER(), id.KeyDER()); err != nil {
		return nil, err
	}
	std := &tls.Config{
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite},
		CurvePreferences: []tls.CurveID{tls.CurveP256, tls.CurveP384}, SessionTicketsDisabled: true,
	}
	client := &tls.Config{
		// what the client does besides is not measured
		InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return nil },
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite},
		CurvePreferences: []tls.CurveID{tls.CurveP256, tls.CurveP384},
	}
	s := &setup{name: name, suite: suite, engine: engine, std: std, client: client}
	s.std.Certificates = []tls.Certificate{{Certificate: [][]byte{id.DER()}, PrivateKey: id.Key, Leaf: id.Certificate}}
	return s, nil
}

// A server shakes hands on a connection and returns the stream.
type server func(s *setup, conn net.Conn) (io.ReadWriter, error)

func serveEngine(s *setup, conn net.Conn) (io.ReadWriter, error) {
	return s.engine.WrapSocket(conn)
}

func serveStd(s *setup, conn net.Conn) (io.ReadWriter, error) {
	c := tls.Server(conn, s.std)
	return c, c.Handshake()
}

// A transport returns the two ends of a new connection.
type transport func() (client, server net.Conn, err error)

func inMemory() (client, server net.Conn, err error) {
	c, s := wire.Pipe()
	return c, s, nil
}

// overTCP returns a transport on loopback.
func overTCP() (transport, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	return func() (net.Conn, net.Conn, error) {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return nil, nil, err
		}
		server, err := l.Accept()
		return client, server, err
	}, func() { l.Close() }, nil
}

// connect shakes hands and returns both streams and what closes them.
func connect(s *setup, serve server, dial transport) (client *tls.Conn, stream io.ReadWriter, stop func(), err error) {
	c, srv, err := dial()
	if err != nil {
		return nil, nil, nil, err
	}
	client = tls.Client(c, s.client)
	done := make(chan error, 1)
	go func() { done <- client.Handshake() }()
	stream, err = serve(s, srv)
	if clientErr := <-done; err == nil {
		err = clientErr
	}
	return client, stream, func() { c.Close(); srv.Close() }, err
}

func handshakeTime(s *setup, serve server, dial transport) (time.Duration, error) {
	start := time.Now()
	for range handshakes {
		_, _, stop, err := connect(s, serve, dial)
		if err != nil {
			return 0, err
		}
		stop()
	}
	return time.Since(start) / handshakes, nil
}

// throughput returns how long the server takes to send the payload.
func throughput(s *setup, serve server, dial transport) (time.Duration, error) {
	client, stream, stop, err := connect(s, serve, dial)
	if err != nil {
		return 0, err
	}
	defer stop()
	done := make(chan error, 1)
	go func() {
		_, err := io.CopyN(io.Discard, client, payload)
		done <- err
	}()
	start := time.Now()
	if _, err := stream.Write(make([]byte, payload)); err != nil {
		return 0, err
	}
	if err := <-done; err != nil {
		return 0, err
	}
	return time.Since(start), nil
}

// measure is one way to time a server.
type measure func(*setup, server, transport) (time.Duration, error)

// compare returns the medians of both servers over interleaved rounds.
func compare(m measure, s *setup, dial transport) (engine, std time.Duration, err error) {
	var times [2][]time.Duration
	for range rounds {
		for i, serve := range []server{serveEngine, serveStd} {
			d, err := m(s, serve, dial)
			if err != nil {
				return 0, 0, err
			}
			times[i] = append(times[i], d)
		}
	}
	return median(times[0]), median(times[1]), nil
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

// allocations counts what one handshake allocates below a server function, the
// connection's own buffers left out: every allocation is sampled with its stack.
func allocations(s *setup, serve server, root string) (float64, error) {
	before := countBelow(root)
	for range countHandshakes {
		_, _, stop, err := connect(s, serve, inMemory)
		if err != nil {
			return 0, err
		}
		stop()
	}
	return float64(countBelow(root)-before) / countHandshakes, nil
}

func countBelow(root string) (objects int64) {
	// A profile is complete only for the cycle before the last two collections.
	runtime.GC()
	runtime.GC()
	var records []runtime.MemProfileRecord
	for n := 1000; ; n *= 2 {
		records = make([]runtime.MemProfileRecord, n)
		if got, ok := runtime.MemProfile(records, true); ok {
			records = records[:got]
			break
		}
	}
	for _, r := range records {
		if below(r.Stack(), root) {
			objects += r.AllocObjects
		}
	}
	return objects
}

func below(stack []uintptr, root string) bool {
	frames := runtime.CallersFrames(stack)
	found := false
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "wire.(*PipeConn)") {
			return false
		}
		found = found || strings.HasSuffix(f.Function, root)
		if !more {
			return found
		}
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		os.Exit(1)
	}
}

func run() error {
	tcp, stop, err := overTCP()
	if err != nil {
		return err
	}
	defer stop()
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"key", "what", "engine", "crypto/tls", "ratio"})
	var setups []*setup
	for _, k := range []struct {
		name  string
		key   certs.KeyType
		suite uint16
	}{{"P-256", certs.KeyECDSAP256, 0xc02c}, {"P-384", certs.KeyECDSAP384, 0xc02c}, {"RSA-2048", certs.KeyRSA2048, 0xc030}} {
		s, err := newSetup(k.name, k.key, k.suite)
		if err != nil {
			return err
		}
		setups = append(setups, s)
		for _, row := range []struct {
			what string
			m    measure
			dial transport
		}{
			{"handshake in memory", handshakeTime, inMemory}, {"handshake over TCP", handshakeTime, tcp},
			{"10 MiB in memory", throughput, inMemory}, {"10 MiB over TCP", throughput, tcp},
		} {
			engine, std, err := compare(row.m, s, row.dial)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s.name, row.what, err)
			}
			t.AppendRow(table.Row{s.name, row.what, show(row.what, engine), show(row.what, std), ratio(float64(engine), float64(std))})
		}
	}
	// Every allocation is sampled from here on, which slows everything down.
	runtime.MemProfileRate = 1
	for _, s := range setups {
		engine, err := allocations(s, serveEngine, ".serveEngine")
		if err != nil {
			return err
		}
		std, err := allocations(s, serveStd, ".serveStd")
		if err != nil {
			return err
		}
		t.AppendRow(table.Row{s.name, "allocations a handshake", fmt.Sprintf("%.0f", engine), fmt.Sprintf("%.0f", std), ratio(engine, std)})
	}
	fmt.Printf("%s %s/%s, %d CPUs; AES-256-GCM, group P-256; medians of %d interleaved runs; "+
		"the client's work is in the times; ratios are of times and counts, below 1 the engine needs less\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds)
	fmt.Println(t.Render())
	return nil
}

func show(what string, d time.Duration) string {
	if strings.HasPrefix(what, "10 MiB") {
		return fmt.Sprintf("%.0f MiB/s", payload/(1<<20)/d.Seconds())
	}
	return fmt.Sprintf("%.0f µs", float64(d)/float64(time.Microsecond))
}

func ratio(a, b float64) string { return fmt.Sprintf("%.2f", a/b) }
