package compare_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/compare"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/internal/port"
	"github.com/leafcam/leafcam/internal/program"
	"github.com/leafcam/leafcam/internal/race"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestProbesAreRecorded: each probe is an exchange with the real stack, in the
// recordings of both firmwares, and their answers tell the firmwares apart.
func TestProbesAreRecorded(t *testing.T) {
	probes := compare.Probes()
	require.LessOrEqual(t, len(probes), 60)
	differ := 0
	for kind, file := range map[string]string{"p256": "p256", "p384": "p384", "rsa": "rsa2048"} {
		var recorded []map[string]wire.Vector
		for _, fw := range device.Firmwares() {
			_, list, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("..", "wire", "testdata", fw.Name+"_"+file+".jsonl.gz"))
			require.NoError(t, err)
			byName := map[string]wire.Vector{}
			for _, v := range list {
				byName[v.Name] = v
			}
			recorded = append(recorded, byName)
		}
		for _, p := range probes {
			require.NotEmpty(t, p.Subject)
			require.NotEmpty(t, p.Meaning)
			sent, ok := p.Sent[kind]
			if !ok {
				sent = p.Sent["any"]
			}
			for _, byName := range recorded {
				require.Contains(t, byName, p.Name)
				require.Equal(t, byName[p.Name].Sent, sent, p.Name)
				require.Equal(t, byName[p.Name].GapMS, p.GapMS, p.Name)
			}
			if len(wire.Diff(recorded[0][p.Name].Exchange, recorded[1][p.Name].Exchange)) > 0 {
				differ++
			}
		}
	}
	require.Greater(t, differ, 15, "over three kinds of keys")
}

// loaded returns a context with a certificate, and with a chain of two when it is to be.
func loaded(t *testing.T, fw *device.Firmware, key certs.KeyType, chain int) *device.SSLContext {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, Key: key})
	require.NoError(t, err)
	c := device.NewSSLContext(fw)
	require.NoError(t, c.LoadCertChain(leaf.DER(), leaf.KeyDER()))
	if chain == 2 {
		require.NoError(t, c.LoadCertChain(pki.Intermediates[0].DER(), leaf.KeyDER()))
	}
	return c
}

// camera runs an emulated camera and returns its address.
func camera(t *testing.T, fw *device.Firmware, key certs.KeyType, chain int) string {
	cam, err := device.Start(device.CameraConfig{Context: loaded(t, fw, key, chain)})
	require.NoError(t, err)
	t.Cleanup(func() { cam.Close() })
	return cam.Addr().String()
}

// inMemory makes connections to a camera; done waits until all of them have ended.
func inMemory(c *device.SSLContext, script device.Script) (dial func(context.Context) (wire.Conn, error), done func()) {
	var serving sync.WaitGroup
	return func(context.Context) (wire.Conn, error) {
		client, server := wire.Pipe()
		serving.Go(func() {
			if e := device.NewCamera(device.CameraConfig{Context: c, Script: script}).ServeConn(server); e.LeftOpen {
				server.Leave()
			}
		})
		return client, nil
	}, serving.Wait
}

// TestAgainstTheEmulation: full match for the firmware that runs, a clear mismatch for
// the others, with every kind of key for the two newest (but for the race detector), and with a chain of two; in virtual time.
func TestAgainstTheEmulation(t *testing.T) {
	for i, fw := range device.Firmwares() {
		keys := certs.KeyTypes()
		if race.Detector || fw != device.OpenMV50 && fw != device.MicroPython129 {
			keys = keys[:1]
		}
		for _, key := range keys {
			t.Run(fw.Name+"/"+string(key), func(t *testing.T) {
				context := loaded(t, fw, key, 1+i%2)
				synctest.Test(t, func(t *testing.T) {
					dial, done := inMemory(context, device.Script{})
					defer done()
					requireRecognized(t, compare.Options{Dial: dial}, fw, key, 1+i%2)
				})
			})
		}
	}
}

// TestScripts: what a script leaves open is recognized.
func TestScripts(t *testing.T) {
	for _, script := range []device.Script{device.Hello(""), device.Snapshot(), device.Asyncio(""), device.Microdot("")} {
		for _, fw := range []*device.Firmware{device.OpenMV50, device.MicroPython129} {
			t.Run(script.Name+"/"+fw.Name, func(t *testing.T) {
				context := loaded(t, fw, certs.KeyECDSAP256, 1)
				synctest.Test(t, func(t *testing.T) {
					dial, done := inMemory(context, script)
					defer done()
					report, err := compare.Run(t.Context(), compare.Options{Dial: dial})
					require.NoError(t, err)
					require.Contains(t, append(report.Alike, report.BehavesLike), fw.Name, "%v", report.Differences(fw.Name))
					want := script.Name
					if want == "snapshot" { // whose connections end as those of the documented server do
						want = "hello"
					}
					require.Equal(t, want, report.Script)
				})
			})
		}
	}
}

// TestOverTCP takes one of them over the network.
func TestOverTCP(t *testing.T) {
	t.Parallel()
	requireRecognized(t, compare.Options{Address: camera(t, device.MicroPython129, certs.KeyECDSAP256, 2)},
		device.MicroPython129, certs.KeyECDSAP256, 2)
}

func requireRecognized(t *testing.T, o compare.Options, fw *device.Firmware, key certs.KeyType, chain int) {
	var asked []string
	o.Progress = func(_, _ int, probe string) { asked = append(asked, probe) }
	report, err := compare.Run(t.Context(), o)
	require.NoError(t, err)
	alike := append([]string{report.BehavesLike}, report.Alike...)
	require.Contains(t, alike, fw.Name, "%v", report.Differences(fw.Name))
	require.Empty(t, report.Note)
	require.Equal(t, chain, report.Certificates)
	for _, other := range device.Firmwares() {
		if differs := len(report.Differences(other.Name)); slices.Contains(alike, other.Name) {
			require.Zero(t, differs, other.Name)
			require.Equal(t, fw.HelloInRecordLayer, other.HelloInRecordLayer, "a connection tells these apart")
			require.Equal(t, fw.Suites, other.Suites)
		} else if fw.Generation != "" && other.Generation != "" { // they differ in the point alone that they send
			require.Positive(t, differs, other.Name)
		} else {
			require.GreaterOrEqual(t, differs, 5, other.Name)
		}
	}
	require.Len(t, asked, len(compare.Probes()))

	var file bytes.Buffer
	require.NoError(t, report.Record(&file))
	replayRecord(t, file.Bytes(), fw, key)
}

// replayRecord replays a record against another camera with the same certificate.
func replayRecord(t *testing.T, file []byte, fw *device.Firmware, keyType certs.KeyType) {
	path := filepath.Join(t.TempDir(), "record.jsonl.gz")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	head, vectors, err := wire.ReadVectors[wire.Head, wire.Vector](path)
	require.NoError(t, err)
	recorded, err := device.FirmwareByName(head.Profile)
	require.NoError(t, err)
	require.Equal(t, fw.HelloInRecordLayer, recorded.HelloInRecordLayer)
	require.Len(t, vectors, len(compare.Probes()))
	require.Empty(t, head.Key)
	key, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"key"}, Key: keyType})
	require.NoError(t, err)
	c := device.NewSSLContext(fw)
	require.NoError(t, c.LoadCertChain(head.Cert, key.KeyDER()))
	if len(vectors[0].Received.Messages[1].Certs) > 1 {
		return // the head has the leaf alone
	}
	for _, v := range vectors[:10] {
		client, server := wire.Pipe()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			device.NewCamera(device.CameraConfig{Context: c}).ServeConn(server)
		}()
		pause, plain := v.Gap()
		got := wire.Replay(client, v.Sent, wire.ReplayOptions{Pause: pause, Plain: plain, Varies: keyType != certs.KeyRSA2048})
		<-ended
		require.Empty(t, wire.Diff(v.Exchange, got), v.Name)
	}
}

// TestRealServers: what a server is not, be it built on the same library.
func TestRealServers(t *testing.T) {
	dir := t.TempDir()
	self, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(cert, certs.EncodePEM(self.Certificate), 0o600))
	require.NoError(t, os.WriteFile(key, self.EncodeKeyPEM(), 0o600))
	for name, server := range map[string]struct {
		tool, packages string
		args           func(port string) []string
		differ         []string // probes, among others
	}{
		"openssl s_server": {"openssl", "openssl", func(port string) []string {
			return []string{"s_server", "-quiet", "-www", "-accept", "127.0.0.1:" + port, "-cert", cert, "-key", key}
		}, []string{"base", "client.tls13_only", "ext.with.ems"}},
		"nginx": {"nginx", "nginx", func(port string) []string {
			conf := filepath.Join(dir, "nginx.conf")
			require.NoError(t, os.WriteFile(conf, fmt.Appendf(nil, `daemon off; pid %[1]s/nginx.pid; error_log %[1]s/nginx.err; events {}
http { access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b;
fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
server { listen 127.0.0.1:%[2]s ssl; ssl_certificate %[3]s; ssl_certificate_key %[4]s; return 200 hello; } }`,
				dir, port, cert, key), 0o600))
			return []string{"-p", dir, "-c", conf, "-e", filepath.Join(dir, "nginx.err")}
		}, []string{"base", "client.tls13_only", "plain.http"}},
		"lighttpd with mod_mbedtls": {"lighttpd", "lighttpd lighttpd-mod-mbedtls", func(port string) []string {
			conf := filepath.Join(dir, "lighttpd.conf")
			require.NoError(t, os.WriteFile(conf, fmt.Appendf(nil, `server.modules = ("mod_mbedtls")
server.document-root = %q
server.bind = "127.0.0.1"
server.port = %s
ssl.engine = "enable"
ssl.pemfile = %q
ssl.privkey = %q
`, dir, port, cert, key), 0o600))
			return []string{"-D", "-f", conf}
		}, []string{"base", "ext.with.ems", "sig.none"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := runServer(t, server.tool, server.packages, server.args)
			report, err := compare.Run(t.Context(), compare.Options{Address: address})
			require.NoError(t, err)
			require.Empty(t, report.BehavesLike)
			require.Empty(t, report.StoppedAt, report.Error)
			for _, fw := range device.Firmwares() {
				var names []string
				for _, r := range report.Differences(fw.Name) {
					names = append(names, r.Probe)
				}
				require.Greater(t, len(names), 10)
				require.Subset(t, names, server.differ)
			}
		})
	}
}

// runServer starts a program and returns its address once it listens.
func runServer(t *testing.T, tool, packages string, args func(port string) []string) string {
	path := program.Need(t, tool, packages)
	at := program.Port(t)
	var said bytes.Buffer
	cmd := exec.Command(path, args(at.String())...)
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is interrupted
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		late := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		<-ended
		late.Stop()
	})
	gone := func() bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}
	require.Eventually(t, func() bool { return gone() || port.Listening(at.Number) },
		time.Minute, 20*time.Millisecond, "%s does not listen", tool)
	if gone() { // it writes no more
		if strings.Contains(said.String(), "mbedtls") {
			program.Missing(t, tool+"'s module mbedtls", "apt-get install "+packages)
		}
		require.Fail(t, tool+" has ended", said.String())
	}
	return at.Address()
}

// TestServerThatGoesAway: the report names the probe, and keeps what came before.
func TestServerThatGoesAway(t *testing.T) {
	t.Parallel()
	address := camera(t, device.OpenMV50, certs.KeyECDSAP256, 1)
	l, err := net.Listen("tcp", program.Port(t).Address()) // nobody else listens there afterwards
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for forward(l, address) {
		}
	}()
	const answered = 3 // probes
	report, err := compare.Run(t.Context(), compare.Options{Address: l.Addr().String(), Progress: func(done, _ int, _ string) {
		if done == answered {
			l.Close()
		}
	}})
	require.NoError(t, err)
	<-ended
	require.Equal(t, compare.Probes()[answered].Name, report.StoppedAt)
	require.Len(t, report.Results, answered)
	require.Contains(t, report.Error, "refused")
	require.Empty(t, report.BehavesLike)
}

// forward carries one connection to the camera; false tells that none came.
func forward(l net.Listener, address string) bool {
	client, err := l.Accept()
	if err != nil {
		return false
	}
	server, err := net.Dial("tcp", address)
	if err != nil {
		client.Close()
		return true
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = client.(*net.TCPConn).WriteTo(server)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = server.(*net.TCPConn).WriteTo(client)
	client.Close()
	server.Close()
	<-done
	return true
}

// TestRealCertificateOfNoCamera: one that no camera could load is left out, and said so.
func TestRealCertificateOfNoCamera(t *testing.T) {
	program.Need(t, "openssl", "openssl")
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	program.Run(t, dir, "openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=cam", "-batch")
	address := runServer(t, "openssl", "openssl", func(port string) []string {
		return []string{"s_server", "-quiet", "-www", "-accept", "127.0.0.1:" + port, "-cert", cert, "-key", key}
	})
	report, err := compare.Run(t.Context(), compare.Options{Address: address})
	require.NoError(t, err)
	require.Contains(t, report.Note, "no certificate with an EC or RSA key")
	require.Empty(t, report.BehavesLike)
}

// TestInterrupted: the context ends a comparison at once.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address := camera(t, device.OpenMV50, certs.KeyECDSAP256, 1)
	_, err := compare.Run(ctx, compare.Options{Address: address, Progress: func(done, _ int, _ string) {
		if done == 3 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	at := program.Port(t)
	_, err := compare.Run(t.Context(), compare.Options{Address: at.Address()})
	require.ErrorContains(t, err, "nothing answers on "+at.Address())
}
