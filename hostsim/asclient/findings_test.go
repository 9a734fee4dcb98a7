package asclient_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// A situation is a server and what the camera is given, with one thing wrong.
type situation struct {
	name    string
	code    asclient.Code
	sent    []*authority
	options asclient.Options
	place   int // of the leaf
	verdict asclient.Verdict
	said    string // by the exception, or in the finding where there is none
}

func anchorFiles(list ...*authority) (files []asclient.File) {
	for _, a := range list {
		files = append(files, asclient.File{Name: a.Subject.CommonName + ".der", Data: a.Raw})
	}
	return files
}

// situations are those that need no connection.
func situations(t *testing.T) []situation {
	w := newWorld(t)
	given := func(list ...*authority) asclient.Options { return asclient.Options{Anchors: anchorFiles(list...)} }
	full := []*authority{w.leaf, w.lower, w.upper}
	below := func(change func(*x509.Certificate)) []*authority {
		return []*authority{issue(t, w.lower, request{name: host, leaf: true, change: change}), w.lower, w.upper}
	}
	withHash := func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }
	oldRSA := issue(t, nil, request{name: "root", key: rsaKey(t, 2048)})
	sha1 := issue(t, oldRSA, request{name: host, leaf: true, change: withHash})
	small := issue(t, w.lower, request{name: host, leaf: true, key: rsaKey(t, 1024)})
	p224 := issue(t, nil, request{name: "odd root", key: curveKey(t, elliptic.P224())})
	onP224 := issue(t, p224, request{name: host, leaf: true})
	critical := below(func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
	})
	everything := issue(t, oldRSA, request{
		name: "x.example.com", leaf: true, key: rsaKey(t, 1024), until: on(2026, 1, 1), change: func(c *x509.Certificate) {
			withHash(c)
			c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageCRLSign, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		},
	})
	long := []*authority{w.root}
	for i := range 11 {
		long = append(long, issue(t, long[i], request{name: fmt.Sprintf("ca %d", i)}))
	}
	deep := append([]*authority{issue(t, long[len(long)-1], request{name: host, leaf: true})}, long[1:]...)
	slices.Reverse(deep[1:])
	many := slices.Clone(full)
	for len(many) < 60 {
		many = append(many, w.cross)
	}
	self := issue(t, nil, request{name: host, leaf: true})
	staging := issue(t, nil, request{name: "(STAGING) Pretend Pear X1"})
	staged := issue(t, staging, request{name: host, leaf: true})
	rsaOnly := *device.OpenMV50
	rsaOnly.Suites = []string{"TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256"}
	at := func(o asclient.Options, year int) asclient.Options { o.At = on(year, 6, 1); return o }
	on128 := given(w.root)
	on128.Firmware = &rsaOnly
	pemFile := asclient.Options{Anchors: []asclient.File{{Name: "root.pem", Data: certs.EncodePEM(w.root.Certificate)}}}
	twoInOne := asclient.Options{Anchors: []asclient.File{{Name: "two.der", Data: slices.Concat(w.root.Raw, w.old.Raw)}}}
	named := given(w.root)
	named.Hostname = "door.example.com"
	const accepted, refused, anchors = asclient.VerdictAccepted, asclient.VerdictRefused, asclient.VerdictAnchors
	return []situation{
		{"PEM", asclient.CodeAnchorNotLoaded, full, pemFile, 1, refused, "ValueError: invalid cert"},
		{"two anchors in a file", asclient.CodeSeveralInAnchor, full, twoInOne, 1, accepted, "two.der holds 2 certificates"},
		{"a critical extension", asclient.CodeCertificateNotRead, critical, given(w.root), 1, refused, "MBEDTLS_ERR_X509_INVALID_EXTENSIONS"},
		{"as many certificates as nobody needs", asclient.CodeMessageTooLong, many, given(w.root), 1, refused, "OSError: (-28800"},
		{"eleven intermediates", asclient.CodeTooManyIntermediates, deep, given(w.root), 1, refused, "MBEDTLS_ERR_X509_FATAL_ERROR"},
		{"an ECDSA server for RSA suites", asclient.CodeNoCommonSuite, full, on128, 1, refused, "MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE"},
		{"the leaf alone, the root as anchor", asclient.CodeIntermediateMissing, full[:1], given(w.root), 1, refused, "not correctly signed"},
		{"the chain turned round", asclient.CodeWrongOrder, []*authority{w.leaf, w.upper, w.lower}, given(w.root), 1, refused,
			"not correctly signed"},
		{"another root", asclient.CodeOtherCA, full, given(w.old), 1, refused, "not correctly signed"},
		{"the leaf has expired", asclient.CodeServerExpired, full, at(given(w.root), 2028), 1, refused, "validity has expired"},
		{"the leaf is of tomorrow", asclient.CodeServerFuture, full, at(given(w.root), 2025), 1, refused, "starts in the future"},
		{"an intermediate has expired", asclient.CodeIssuerDates, full, at(given(w.root), 2033), 1, refused, "validity has expired"},
		{"the anchor has expired", asclient.CodeAnchorDates, full, at(given(w.root), 2045), 1, refused, "validity has expired"},
		{"another name", asclient.CodeOtherName, full, named, 1, refused, "does not match with the expected CN"},
		{"for clients", asclient.CodeServerUsage, below(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}), given(w.root), 1, refused, "MBEDTLS_ERR_SSL_BAD_CERTIFICATE"},
		{"SHA-1", asclient.CodeHashRefused, []*authority{sha1}, given(oldRSA), 1, refused, "unacceptable hash"},
		{"RSA 1024", asclient.CodeKeyRefused, []*authority{small, w.lower, w.upper}, given(w.root), 1, refused, "unacceptable key"},
		{"an anchor on P-224", asclient.CodeKeyRefused, []*authority{onP224}, given(p224), 1, refused, "unacceptable key"},
		{"more than there is room for", asclient.CodeRefused, []*authority{everything}, given(w.root), 1, refused, "VERIFY_FAILED"},
		{"nothing is known", asclient.CodeNoAnchor, full[:1], asclient.Options{}, 1, refused, `the issuer "lower" is not at hand`},
		{"the leaf alone", asclient.CodeLeafAlone, full[:1], given(w.lower), 1, accepted, "the server sends its own certificate alone"},
		{"the leaf behind its chain", asclient.CodeLeafNotFirst, full, given(w.root), 3, accepted, "number 3 in the file"},
		{"an intermediate as anchor", asclient.CodeIntermediateAnchor, full, given(w.upper), 1, accepted, `"upper"`},
		{"a self-signed server", asclient.CodeServersOwnAnchor, []*authority{self}, given(self), 1, accepted, "own certificate"},
		{"an anchor that ends", asclient.CodeAnchorEndsSoon, []*authority{w.leaf, w.lower, w.upper, w.cross},
			asclient.Options{Anchors: anchorFiles(w.old), WarnBefore: 400 * 24 * time.Hour}, 1, accepted, "on 2027-10-01"},
		{"a test CA", asclient.CodeKnownIssuer, []*authority{staged}, given(staging), 1, accepted, "staging"},
		{"there is a better one", asclient.CodeLongerAnchor, full,
			asclient.Options{Anchors: anchorFiles(w.lower), Roots: parsed(w.root)}, 1, accepted, "2040-01-01"},
		{"an intermediate of that name", asclient.CodeIntermediateMissing, []*authority{w.leaf, issue(t, w.root, request{name: "lower"})},
			given(w.root), 1, refused, "the intermediate that was sent did not sign it"},
		{"the clock", asclient.CodeClockNeverSet, full, asclient.Options{Roots: parsed(w.root)}, 1, anchors, "starts in the future"},
	}
}

// A visited is a server that is connected to, and ends the connection before its certificates are judged, or after it.
type visited struct {
	name string
	code asclient.Code
	at   func(*testing.T) string
	said string // by the exception
}

func visits(t *testing.T) []visited {
	w := newWorld(t)
	pair := tls.Certificate{Certificate: ders(w.leaf, w.lower, w.upper), PrivateKey: w.leaf.key}
	serve := func(config *tls.Config) func(*testing.T) string {
		config.Certificates = []tls.Certificate{pair}
		return listen(func(conn net.Conn) {
			secured := tls.Server(conn, config)
			if secured.Handshake() == nil {
				_, _ = io.Copy(io.Discard, secured)
			}
		})
	}
	says := func(octets string) func(*testing.T) string {
		return listen(func(conn net.Conn) {
			var hello [256]byte
			_, _ = conn.Read(hello[:])
			_, _ = io.WriteString(conn, octets)
			_, _ = io.Copy(io.Discard, conn)
		})
	}
	return []visited{
		{"TLS 1.3 alone", asclient.CodeNoTLS12, serve(&tls.Config{MinVersion: tls.VersionTLS13}), "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"},
		{"HTTP", asclient.CodeNotTLS, says("HTTP/1.1 400 Bad Request\r\n\r\n"), "OSError: (-"},
		{"SSH", asclient.CodeNotTLS, says("SSH-2.0-OpenSSH_9.2\r\n"), "OSError: (-"},
		// Its alert may come before the camera has sent everything, or after it.
		{"a client certificate is wanted", asclient.CodeClientCertificate,
			serve(&tls.Config{MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert}), "OSError: "},
		{"silence", asclient.CodeServerSilent, says(""), "ETIMEDOUT"},
		{"no suite in common", asclient.CodeServerEnds,
			serve(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}), "FATAL_ALERT_MESSAGE"},
		{"it hangs up", asclient.CodeServerEnds, listen(func(conn net.Conn) { _, _ = conn.Read(make([]byte, 256)) }), "OSError"},
		{"a record that is no handshake", asclient.CodeHandshakeFails, says("\x17\x03\x03\x00\x05hello"), "OSError: (-"},
	}
}

// asking is a server that asks for a certificate of the camera's.
func asking(w world, auth tls.ClientAuthType) func(*testing.T) string {
	pair := tls.Certificate{Certificate: ders(w.leaf, w.lower, w.upper), PrivateKey: w.leaf.key}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS12, ClientAuth: auth}
	return listen(func(conn net.Conn) {
		secured := tls.Server(conn, config)
		if secured.Handshake() == nil {
			_, _ = io.Copy(io.Discard, secured)
		}
	})
}

// shown is the text of a report.
func shown(r *asclient.Report) string {
	var out bytes.Buffer
	asclient.Text(&out, r, asclient.TextOptions{File: "anchor.der", Write: "leafcam write"})
	return out.String()
}

// listen serves connections one by one until the test ends.
func listen(serve func(net.Conn)) func(*testing.T) string {
	return func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				serve(conn)
				_ = conn.Close()
			}
		}()
		t.Cleanup(func() {
			require.NoError(t, l.Close())
			<-done
		})
		return l.Addr().String()
	}
}

// visit connects to a server, and checks it.
func visit(t *testing.T, address string, mode device.VerifyMode, o asclient.Options) *asclient.Report {
	server, err := asclient.ParseServer(address)
	require.NoError(t, err)
	name := host
	client := device.NewClientContext(device.OpenMV50)
	client.SetClock(func() time.Time { return now })
	client.SetVerifyMode(mode)
	v, err := asclient.Connect(t.Context(), server, asclient.VisitOptions{Context: client, Hostname: &name, Timeout: 2 * time.Second})
	require.NoError(t, err)
	o.At, o.Hostname, o.NoPublicRoots = now, host, true
	return asclient.Check(t.Context(), asclient.FromVisit(v), o)
}

// TestFindings: each code has a situation that leads to it, and what is measured is said by the camera.
func TestFindings(t *testing.T) {
	seen := map[asclient.Code]bool{}
	for _, tc := range situations(t) {
		seen[tc.code] = true
		t.Run(tc.name, func(t *testing.T) {
			o := tc.options
			o.NoPublicRoots = true
			if o.At.IsZero() {
				o.At = now
			}
			if o.Hostname == "" {
				o.Hostname = host
			}
			r := asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(tc.sent...), LeafPlace: tc.place}, o)
			f := r.Finding(tc.code)
			require.NotNil(t, f, "%+v", r.Findings)
			require.Equal(t, tc.verdict, r.Verdict, r.Exception)
			require.Contains(t, r.Exception+f.Title, tc.said)
			require.Equal(t, tc.verdict == asclient.VerdictRefused, r.Until == nil)
		})
	}
	for _, tc := range visits(t) {
		seen[tc.code] = true
		t.Run(tc.name, func(t *testing.T) {
			r := visit(t, tc.at(t), device.CertNone, asclient.Options{})
			require.NotNil(t, r.Finding(tc.code), "%s: %+v", r.Exception, r.Findings)
			require.Equal(t, asclient.VerdictRefused, r.Verdict)
			require.Contains(t, r.Exception, tc.said)
			require.True(t, tc.code.OfConnection())
		})
	}
	t.Run("no anchor was given", func(t *testing.T) {
		w := newWorld(t)
		pair := tls.Certificate{Certificate: ders(w.leaf), PrivateKey: w.leaf.key}
		r := visit(t, listen(func(conn net.Conn) {
			_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}}).Handshake()
		})(t), device.CertRequired, asclient.Options{Roots: parsed(w.lower)})
		require.NotNil(t, r.Finding(asclient.CodeNoAnchorGiven), "%s: %+v", r.Exception, r.Findings)
	})
	seen[asclient.CodeNoAnchorGiven] = true
	t.Run("the server's own word, and a certificate that it asks for", func(t *testing.T) {
		w := newWorld(t)
		address := asking(w, tls.RequestClientCert)(t)
		r := visit(t, address, device.CertNone, asclient.Options{Connect: "leafcam connect here --hostname x"})
		require.Equal(t, asclient.VerdictAnchors, r.Verdict)
		require.Empty(t, r.RefusedBy)
		require.Contains(t, r.Finding(asclient.CodeCertificateAsked).Fix, "leafcam connect here --hostname x --cert FILE --key FILE")
		require.Contains(t, r.Finding(asclient.CodeAnchorUnproven).Title, `"upper", "lower"`)
		require.Contains(t, r.Finding(asclient.CodeAnchorUnproven).Fix, "SHA-256")
		require.Contains(t, shown(r), "SHA-256 "+r.Anchors[0].SHA256)
		for _, proof := range []asclient.Options{{Roots: parsed(w.root)}, {Anchors: anchorFiles(w.root)}} {
			r = visit(t, address, device.CertNone, proof)
			require.Nil(t, r.Finding(asclient.CodeAnchorUnproven))
			require.Len(t, r.Anchors, 3)
			require.NotContains(t, shown(r), "SHA-256")
		}
	})
	seen[asclient.CodeCertificateAsked], seen[asclient.CodeAnchorUnproven] = true, true
	for _, rule := range asclient.Rules() {
		require.True(t, seen[rule.Code], "no situation for %s", rule.Code)
		require.Contains(t, preflight.Severities(), rule.Severity)
		require.NotEmpty(t, rule.Cause)
		require.NotEmpty(t, rule.Fix)
	}
}
