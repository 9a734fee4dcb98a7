package asclient_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/internal/program"
)

// A realServer is a program that serves a file of certificates.
type realServer struct {
	name, packages string
	config         string // of the file config, with PORT and VERSION
	versions       [2]string
	args           []string
	send, answer   string
}

var realServers = []realServer{
	{
		name: "nginx", packages: "nginx", versions: [2]string{"TLSv1.2 TLSv1.3", "TLSv1.3"},
		config: `pid nginx.pid;
error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path .; proxy_temp_path .; fastcgi_temp_path .; uwsgi_temp_path .; scgi_temp_path .;
	server {
		listen 127.0.0.1:PORT ssl;
		ssl_certificate chain.pem;
		ssl_certificate_key key.pem;
		ssl_protocols VERSION;
		return 200 "hello from nginx";
	}
}
`,
		args: []string{"-p", ".", "-c", "config", "-e", "stderr", "-g", "daemon off; master_process off;"},
		send: "GET / HTTP/1.0\r\n\r\n", answer: "hello from nginx",
	},
	{
		name: "mosquitto", packages: "mosquitto", versions: [2]string{"tlsv1.2", "tlsv1.3"},
		config: `listener PORT 127.0.0.1
allow_anonymous true
certfile chain.pem
keyfile key.pem
tls_version VERSION
`,
		args: []string{"-c", "config"},
		// MQTT's CONNECT and CONNACK (MQTT 3.1.1 sections 3.1 and 3.2).
		send: "\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03cam", answer: "\x20\x02\x00\x00",
	},
	{
		name: "openssl", packages: "openssl", versions: [2]string{"-no_tls1", "-tls1_3"},
		args: []string{
			"s_server", "-accept", "127.0.0.1:PORT", "-cert", "chain.pem", "-cert_chain", "rest.pem", "-key", "key.pem", "-www", "-quiet", "VERSION",
		},
		send: "GET / HTTP/1.0\r\n\r\n", answer: "HTTP/1.0 200 ok",
	},
}

// start serves certificates until the test ends, and returns the address. With TLS 1.3 alone when only13.
func (s realServer) start(t *testing.T, list []*authority, only13 bool) string {
	path := program.Need(t, s.name, s.packages)
	dir, held := t.TempDir(), program.Port(t)
	version := s.versions[0]
	if only13 {
		version = s.versions[1]
	}
	fill := func(text string) string {
		return strings.NewReplacer("PORT", held.String(), "VERSION", version).Replace(text)
	}
	key, err := x509.MarshalPKCS8PrivateKey(list[0].key)
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"chain.pem": certs.EncodePEM(parsed(list...)...), "rest.pem": certs.EncodePEM(parsed(list[1:]...)...), "config": []byte(fill(s.config)),
		"key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	var args []string
	for _, arg := range s.args {
		if arg == "-cert_chain" && len(list) == 1 || arg == "rest.pem" && len(list) == 1 {
			continue // openssl takes no empty file
		}
		args = append(args, fill(arg))
	}
	if s.name == "mosquitto" && os.Geteuid() == 0 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "config"), []byte(fill(s.config)+"user root\n"), 0o600))
	}
	said, err := os.Create(filepath.Join(dir, "said"))
	require.NoError(t, err)
	cmd := program.Command(dir, path, args...)
	cmd.Stdout, cmd.Stderr = said, said
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = said.Close()
		if t.Failed() {
			words, _ := os.ReadFile(said.Name())
			t.Logf("%s: %s", s.name, words)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", held.Address())
		if err == nil {
			require.NoError(t, conn.Close())
			return held.Address()
		}
		require.NoError(t, ctx.Err(), "%s does not listen: %v", s.name, err)
		time.Sleep(20 * time.Millisecond)
	}
}

// TestRealServers: what the ranking says of a chain is what happens when the camera's client meets a real server with it.
func TestRealServers(t *testing.T) {
	for _, kind := range []struct {
		name string
		key  crypto.Signer
	}{{"ECDSA", p256(t)}, {"RSA", rsaKey(t, 2048)}} {
		w := newWorld(t)
		w.leaf = issue(t, w.lower, request{name: host, leaf: true, key: kind.key, from: on(2026, 11, 1), until: on(2027, 1, 30)})
		stranger := issue(t, nil, request{name: "stranger"})
		for _, chain := range []struct {
			name     string
			sent     []*authority
			accepted []*authority // as anchors
			refused  []*authority
		}{
			{"full", []*authority{w.leaf, w.lower, w.upper}, []*authority{w.root, w.upper, w.lower, w.cross}, []*authority{w.old, stranger}},
			{"the leaf alone", []*authority{w.leaf}, []*authority{w.lower}, []*authority{w.root, w.upper, w.old}},
			{"turned round", []*authority{w.leaf, w.upper, w.lower}, []*authority{w.lower, w.upper}, []*authority{w.root, w.old}},
			{"cross-signed", []*authority{w.leaf, w.lower, w.upper, w.cross}, []*authority{w.old, w.root, w.cross}, []*authority{stranger}},
		} {
			for _, server := range realServers {
				t.Run(fmt.Sprintf("%s, %s, %s", server.name, kind.name, chain.name), func(t *testing.T) {
					address := server.start(t, chain.sent, false)
					for _, anchor := range chain.accepted {
						meets(t, server, address, anchor, chain.sent, true)
					}
					for _, anchor := range chain.refused {
						meets(t, server, address, anchor, chain.sent, false)
					}
				})
			}
		}
	}
}

// meets connects with an anchor, and requires of the handshake and of the check that they say the same.
func meets(t *testing.T, s realServer, address string, anchor *authority, sent []*authority, accepted bool) {
	t.Helper()
	server, err := asclient.ParseServer(address)
	require.NoError(t, err)
	name := host
	client := device.NewClientContext(device.OpenMV50)
	client.SetClock(func() time.Time { return now })
	client.SetVerifyMode(device.CertRequired)
	require.NoError(t, client.LoadVerifyLocations(anchor.Raw))
	v, err := asclient.Connect(t.Context(), server, asclient.VisitOptions{Context: client, Hostname: &name, Send: []byte(s.send)})
	require.NoError(t, err)
	require.Equal(t, ders(sent...), v.Chain)
	options := asclient.Options{At: now, Hostname: host, Anchors: anchorFiles(anchor), NoPublicRoots: true}
	visited := asclient.Check(t.Context(), asclient.FromVisit(v), options)
	files := asclient.Check(t.Context(), &asclient.Subject{Name: "files", Sent: ders(sent...), LeafPlace: 1}, options)
	require.Equal(t, files.Verdict, visited.Verdict, "%s", anchor.Subject)
	require.Equal(t, files.Exception, visited.Exception)
	if !accepted {
		require.Equal(t, asclient.VerdictRefused, visited.Verdict, "%s", anchor.Subject)
		require.Contains(t, visited.Exception, "not correctly signed by the trusted CA")
		return
	}
	require.NoError(t, v.Exception, "%s", anchor.Subject)
	require.Equal(t, asclient.VerdictAccepted, visited.Verdict)
	require.Equal(t, "TLSv1.2", v.Version)
	require.Contains(t, string(v.Received), s.answer)
}

// TestRealServersWithTLS13Alone: the camera speaks TLS 1.2 alone, and the check says so.
func TestRealServersWithTLS13Alone(t *testing.T) {
	w := newWorld(t)
	for _, server := range realServers {
		t.Run(server.name, func(t *testing.T) {
			address := server.start(t, []*authority{w.leaf, w.lower, w.upper}, true)
			r := visit(t, address, device.CertNone, asclient.Options{})
			require.NotNil(t, r.Finding(asclient.CodeNoTLS12), "%s: %+v", r.Exception, r.Findings)
			require.Equal(t, "OSError: (-30592, 'MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE')", r.Exception)
		})
	}
}

// TestRealServersWithoutTLS: what answers on a port without TLS.
func TestRealServersWithoutTLS(t *testing.T) {
	w := newWorld(t)
	plain := realServers[0]
	plain.config = strings.Replace(plain.config, "PORT ssl", "PORT", 1)
	r := visit(t, plain.start(t, []*authority{w.leaf}, false), device.CertNone, asclient.Options{})
	f := r.Finding(asclient.CodeNotTLS)
	require.NotNil(t, f, "%s: %+v", r.Exception, r.Findings)
	require.Contains(t, f.Title, "400 Bad Request")
}
