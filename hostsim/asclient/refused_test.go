package asclient_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestRefusedForAnotherReason: where no anchor helps, no anchor is said to, and the script has a name that the certificate has.
func TestRefusedForAnotherReason(t *testing.T) {
	w := newWorld(t)
	full := []*authority{w.leaf, w.lower, w.upper}
	for _, tc := range []struct {
		name    string
		options asclient.Options
		cures   []string
	}{
		{"another name", asclient.Options{Hostname: "door.example.com"}, []string{`server_hostname="broker.example.com", if that is`}},
		{"expired", asclient.Options{At: on(2028, 6, 1)}, []string{"renew the server's certificate"}},
		{"a clock that was never set", asclient.Options{At: on(2000, 1, 1)}, []string{"set the camera's clock"}},
	} {
		for _, anchors := range [][]asclient.File{nil, anchorFiles(w.root)} {
			t.Run(tc.name, func(t *testing.T) {
				o := tc.options
				o.NoPublicRoots, o.Roots, o.Anchors = true, parsed(w.root), anchors
				if o.At.IsZero() {
					o.At = now
				}
				r := asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(full...), LeafPlace: 1}, o)
				require.Equal(t, asclient.VerdictRefused, r.Verdict)
				require.Equal(t, asclient.SideCamera, r.RefusedBy)
				require.Equal(t, host, r.ScriptHostname)
				var cures []string
				for _, f := range r.Findings {
					if f.Severity == preflight.SeverityError {
						cures = append(cures, f.Fix)
					}
				}
				require.Len(t, cures, len(tc.cures))
				require.Contains(t, cures[0], tc.cures[0])
				said := shown(r)
				require.Contains(t, said, "would accept it, once that is fixed, until")
				require.NotContains(t, said, " accepts the server until")
				require.Contains(t, said, "The server stays refused until that is fixed.")
				require.Contains(t, said, `wrap_socket(sock, server_hostname="broker.example.com")`)
			})
		}
	}
	t.Run("the anchor is the reason", func(t *testing.T) {
		r := asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(full...), LeafPlace: 1}, asclient.Options{
			At: now, Hostname: host, NoPublicRoots: true, Roots: parsed(w.root), Anchors: anchorFiles(w.old),
		})
		require.Contains(t, shown(r), " accepts the server until")
		require.NotContains(t, shown(r), "stays refused")
	})
}

// TestLeafAloneWithItsRoot: the cure comes first, and --fetch is not suggested where it was given.
func TestLeafAloneWithItsRoot(t *testing.T) {
	w := newWorld(t)
	check := func(o asclient.Options, sent ...*authority) *asclient.Finding {
		o.At, o.Hostname, o.NoPublicRoots, o.Roots = now, host, true, parsed(w.root)
		return asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(sent...), LeafPlace: 1}, o).Finding(asclient.CodeNoAnchor)
	}
	f := check(asclient.Options{}, w.leaf)
	require.Contains(t, f.Fix, "let the server send its intermediate (fullchain.pem in the place of cert.pem)")
	require.NotContains(t, f.Title+f.Fix, "--fetch")
	f = check(asclient.Options{Fetch: &preflight.Fetch{}}, w.leaf)
	require.Contains(t, f.Title, "has no AIA URL")
	f = check(asclient.Options{}, w.leaf, issue(t, w.root, request{name: "lower"}))
	require.Contains(t, f.Title, "the intermediate that was sent did not sign it")
}

// TestSelfSigned: a certificate without an issuer has none that is missing.
func TestSelfSigned(t *testing.T) {
	self := issue(t, nil, request{name: host, leaf: true, until: on(2028, 1, 1)})
	root := issue(t, nil, request{name: "root"})
	check := func(at time.Time, anchors ...*authority) *asclient.Report {
		return asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(self), LeafPlace: 1}, asclient.Options{
			At: at, Hostname: host, NoPublicRoots: true, Anchors: anchorFiles(anchors...),
		})
	}
	r := check(now, root)
	require.Contains(t, r.Finding(asclient.CodeOtherCA).Title, "self-signed")
	require.Nil(t, r.Finding(asclient.CodeIntermediateMissing))
	r = check(on(2029, 1, 1))
	require.NotNil(t, r.Finding(asclient.CodeServerExpired))
	require.Nil(t, r.Finding(asclient.CodeNoAnchor))
}

// TestWhoRefuses: a server that wants a certificate refuses the camera, which accepts that server.
func TestWhoRefuses(t *testing.T) {
	w := newWorld(t)
	address := asking(w, tls.RequireAnyClientCert)(t)
	for _, o := range []asclient.Options{{Roots: parsed(w.root)}, {Anchors: anchorFiles(w.root)}} {
		r := visit(t, address, device.CertNone, o)
		require.Equal(t, asclient.VerdictRefused, r.Verdict)
		require.Equal(t, asclient.SideServer, r.RefusedBy)
		said := strings.Join(strings.Fields(shown(r)), " ")
		require.Contains(t, said, "REFUSED BY THE SERVER: a camera with openmv-5.0 accepts "+address)
		require.NotContains(t, said, "does not accept")
		require.Contains(t, said, "leafcam connect "+address+" --cert FILE --key FILE")
		require.Contains(t, said, "OSError 32 (EPIPE), 104 (ECONNRESET) and -30592 are the same thing here")
		require.Contains(t, said, " accepts the server until")
	}
}

// TestCuresOfVisits: what a connection that failed is followed by.
func TestCuresOfVisits(t *testing.T) {
	w := newWorld(t)
	alert := func(description uint8) []trace.Alert { return []trace.Alert{{Level: 2, Description: description}} }
	for _, tc := range []struct {
		name       string
		visit      asclient.Visit
		title, fix string
	}{
		{"an unknown CA", asclient.Visit{Asked: true, Own: 1, Alerts: alert(48), Chain: ders(w.leaf, w.lower, w.upper)},
			"does not accept the camera's certificate", "sends only with a second load: context.load_cert_chain("},
		{"an unknown CA, with the intermediate", asclient.Visit{Asked: true, Own: 2, Alerts: alert(48), Chain: ders(w.leaf, w.lower, w.upper)},
			"does not accept the camera's certificate", "the server does not know the CA"},
		{"a certificate for servers", asclient.Visit{Asked: true, Own: 1, Alerts: alert(43), Chain: ders(w.leaf, w.lower, w.upper)},
			"does not accept the camera's certificate", "issued for clients"},
		{"another key", asclient.Visit{Asked: true, Own: 1, Alerts: alert(51), Chain: ders(w.leaf, w.lower, w.upper)},
			"does not accept the camera's certificate", "the private key that belongs to"},
		{"MQTT without TLS", asclient.Visit{Server: preflight.Server{Host: "broker", Port: "1883"}}, "port 1883 speaks MQTT without TLS", "8883"},
		{"MQTT without TLS, and silence",
			asclient.Visit{Server: preflight.Server{Host: "broker", Port: "1883"}, Exception: os.ErrDeadlineExceeded},
			"port 1883 speaks MQTT without TLS", "8883"},
		{"HTTP", asclient.Visit{Opening: []byte("HTTP/1.1 400 Bad Request")}, "it began with", "443"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.visit.Exception == nil {
				tc.visit.Exception = errors.New("an exception")
			}
			r := asclient.Check(t.Context(), asclient.FromVisit(&tc.visit), asclient.Options{
				At: now, Hostname: host, NoPublicRoots: true, Roots: parsed(w.root),
			})
			require.Contains(t, r.Findings[0].Title, tc.title)
			require.Contains(t, r.Findings[0].Fix, tc.fix)
			require.NotContains(t, r.Findings[0].Fix, "--cert FILE")
		})
	}
}

func TestNotLoaded(t *testing.T) {
	root := issue(t, nil, request{name: "root"})
	for _, tc := range []struct {
		name     string
		data     []byte
		firmware *device.Firmware
		why, fix string
	}{
		{"PEM", certs.EncodePEM(root.Certificate), device.OpenMV50, "it is PEM, and this firmware reads DER alone",
			"openssl x509 -in 'my root.pem' -outform DER"},
		{"nothing", nil, device.OpenMV50, "the file is empty", "the CA's certificate"},
		{"a text", []byte("hello"), device.OpenMV50, "no certificate in DER", "the CA's certificate"},
		{"a text where PEM is read", []byte("hello"), device.MicroPython129, "neither in DER nor in PEM", "the CA's certificate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			why, fix := asclient.NotLoaded(tc.firmware, asclient.File{Name: "my root.pem", Data: tc.data})
			require.Contains(t, why, tc.why)
			require.Contains(t, fix, tc.fix)
		})
	}
}

// TestRealServersThatAskForCertificates: nginx takes the connection all the same, and mosquitto does not.
func TestRealServersThatAskForCertificates(t *testing.T) {
	w := newWorld(t)
	chain := []*authority{w.leaf, w.lower, w.upper}
	nginx, mosquitto := realServers[0], realServers[1]
	nginx.config = strings.Replace(nginx.config, "ssl_protocols", "ssl_client_certificate chain.pem; ssl_verify_client on; ssl_protocols", 1)
	r := visit(t, nginx.start(t, chain, false), device.CertNone, asclient.Options{Roots: parsed(w.root)})
	require.Equal(t, asclient.VerdictAnchors, r.Verdict, r.Exception)
	require.NotNil(t, r.Finding(asclient.CodeCertificateAsked))
	mosquitto.config += "cafile chain.pem\nrequire_certificate true\n"
	r = visit(t, mosquitto.start(t, chain, false), device.CertNone, asclient.Options{Roots: parsed(w.root)})
	require.Equal(t, asclient.SideServer, r.RefusedBy, r.Exception)
	require.NotNil(t, r.Finding(asclient.CodeClientCertificate))
}

// TestRealServersAndTheSecondLoad: a server that knows the root alone refuses the camera's certificate, and accepts it with
// the intermediate of a second load.
func TestRealServersAndTheSecondLoad(t *testing.T) {
	w := newWorld(t)
	camera := issue(t, w.lower, request{name: "camera", leaf: true, change: func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}})
	key, err := x509.MarshalPKCS8PrivateKey(camera.key)
	require.NoError(t, err)
	root := filepath.Join(t.TempDir(), "root.pem")
	require.NoError(t, os.WriteFile(root, certs.EncodePEM(w.root.Certificate), 0o600))
	mosquitto := realServers[1]
	mosquitto.config += "cafile " + root + "\nrequire_certificate true\n"
	server, err := asclient.ParseServer(mosquitto.start(t, []*authority{w.leaf, w.lower, w.upper}, false))
	require.NoError(t, err)
	connect := func(loads ...*authority) (*asclient.Visit, *asclient.Report) {
		client, name := device.NewClientContext(device.OpenMV50), host
		for _, a := range loads {
			require.NoError(t, client.LoadCertChain(a.Raw, key))
		}
		v, err := asclient.Connect(t.Context(), server, asclient.VisitOptions{Context: client, Hostname: &name, Send: []byte(mosquitto.send)})
		require.NoError(t, err)
		return v, asclient.Check(t.Context(), asclient.FromVisit(v), asclient.Options{
			At: now, Hostname: host, NoPublicRoots: true, Roots: parsed(w.root),
		})
	}
	v, r := connect(camera)
	require.Error(t, v.Exception)
	require.Equal(t, 1, v.Own)
	require.Equal(t, asclient.SideServer, r.RefusedBy, r.Exception)
	require.Contains(t, r.Finding(asclient.CodeClientCertificate).Fix, "sends only with a second load")
	v, r = connect(camera, w.lower, w.upper)
	require.NoError(t, v.Exception)
	require.Contains(t, string(v.Received), mosquitto.answer)
	require.Equal(t, asclient.VerdictAnchors, r.Verdict)
}

// TestRealServerOfMQTTWithoutTLS: mosquitto says nothing to a ClientHello, on whichever port.
func TestRealServerOfMQTTWithoutTLS(t *testing.T) {
	plain := realServers[1]
	plain.config = "listener PORT 127.0.0.1\nallow_anonymous true\n"
	address := plain.start(t, []*authority{newWorld(t).leaf}, false)
	r := visit(t, address, device.CertNone, asclient.Options{})
	require.Contains(t, r.Finding(asclient.CodeServerEnds).Title, "a port without TLS does that, such as MQTT's", r.Exception)
	conn, err := net.DialTimeout("tcp", address, 10*time.Second) // it still serves
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}
