package preflight

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/leafcam/leafcam/certs/delivery"
)

// A Server is one that is asked for its certificates.
type Server struct {
	Host string // name or address, without brackets
	Port string
}

// Address is where it is connected to.
func (s Server) Address() string { return net.JoinHostPort(s.Host, s.Port) }

// ErrNotServer is that of a text that names no server.
var ErrNotServer = errors.New("not the address of a server")

// ParseServer reads https://HOST[:PORT][/...], HOST:PORT, or an IP address. The error is ErrNotServer for what may be
// the name of a file, and another one for what is a URL and cannot be asked.
func ParseServer(text string) (Server, error) {
	if scheme, _, found := strings.Cut(text, "://"); found {
		u, err := url.Parse(text)
		switch {
		case err != nil:
			return Server{}, err
		case strings.ToLower(scheme) != "https":
			return Server{}, fmt.Errorf("%s://: only servers with TLS have certificates; give https://HOST[:PORT]", scheme)
		case u.Hostname() == "":
			return Server{}, fmt.Errorf("%s: the host is missing", text)
		}
		port := u.Port()
		if port == "" {
			port = httpsPort
		}
		return Server{u.Hostname(), port}, checkPort(port)
	}
	address := strings.Trim(text, "[]")
	if a, err := netip.ParseAddr(address); err == nil && !strings.ContainsAny(a.Zone(), "[]:/\\ ") { // a zone may be any text
		return Server{address, httpsPort}, nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" || strings.ContainsAny(host, "/\\ ") || checkPort(port) != nil {
		return Server{}, ErrNotServer
	}
	return Server{host, port}, nil
}

const httpsPort = "443"

func checkPort(port string) error {
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q is no port", port)
	}
	return nil
}

// MaxServerTime bounds the connection to a server.
const MaxServerTime = 10 * time.Second

// FromServer connects to a server once, and returns what it presents. The host is the name that is asked for (SNI, RFC
// 6066 section 3), the server's own when empty. The errors are those of the connection, and of certificates that Go
// cannot parse.
func FromServer(ctx context.Context, server Server, host string) (*Subject, error) {
	ctx, cancel := context.WithTimeout(ctx, MaxServerTime)
	defer cancel()
	if host == "" {
		host = server.Host
	}
	var presented [][]byte
	dialer := tls.Dialer{Config: &tls.Config{
		ServerName: host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CipherSuites: everySuite(), // whom to trust is the question
		VerifyPeerCertificate: func(list [][]byte, _ [][]*x509.Certificate) error { presented = list; return nil },
	}}
	conn, err := dialer.DialContext(ctx, "tcp", server.Address())
	if err == nil {
		_ = conn.Close()
	}
	switch {
	case err != nil && len(presented) > 0:
		return nil, fmt.Errorf("%s presents %d certificate(s), and the handshake fails all the same: %w", server.Address(), len(presented), err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", server.Address(), err)
	}
	d := delivery.Presented(server.Address(), presented)
	if d.Leaf == nil {
		return nil, fmt.Errorf("%s: %w", server.Address(), d.Problem)
	}
	return &Subject{
		Name: server.Address(), First: server.Address(), CertFile: server.Address(), Cert: d.Leaf.Raw, Delivery: d,
		Server: server.Address(), Host: host, presented: d.Certificates(),
	}, nil
}

// everySuite returns the suites of Go, those included that it offers no more: a camera may have no other.
func everySuite() (list []uint16) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		list = append(list, s.ID)
	}
	return list
}

// sent are the certificates that clients get now: the leaf, and what a server sends with it.
func (c *checker) sent() []*x509.Certificate {
	if c.subject.Server != "" {
		return c.subject.presented
	}
	return []*x509.Certificate{c.leaf.Parsed}
}

// served reports whether everything between leaf and root is sent now: a root that nobody here knows is one, too.
func (c *checker) served() bool {
	if c.root == nil && (len(c.path) == 0 || c.report.Finding(CodeMissingLink) != nil) {
		return false
	}
	for _, issuer := range c.path {
		there := false
		for _, sent := range c.sent() {
			there = there || sent.Equal(issuer)
		}
		if !there {
			return false
		}
	}
	return true
}
