package renewal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/pebble"
	"github.com/leafcam/leafcam/internal/program"
)

// host is the name of the certificate.
const host = "cam.example.com"

// site is a machine with a hook.
type site struct {
	*testing.T
	drive, state, conf string
	hook               string
	env                []string
}

// newSite builds leafcam and sets the hook up.
func newSite(t *testing.T, root string) *site {
	dir := t.TempDir()
	s := &site{T: t, drive: filepath.Join(dir, "drive"), state: filepath.Join(dir, "state"), conf: filepath.Join(dir, "renewal.conf")}
	require.NoError(t, os.Mkdir(s.drive, 0o700))
	out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "leafcam"), "github.com/leafcam/leafcam/cmd/leafcam").CombinedOutput()
	require.NoError(t, err, string(out))
	s.hook, err = filepath.Abs("deploy-hook")
	require.NoError(t, err)
	s.env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "LEAFCAM_RENEWAL="+s.conf)
	s.say(host, root)
	return s
}

// say writes the configuration.
func (s *site) say(host, root string) {
	text := fmt.Sprintf("HOST=%s\nSTATE='%s'\nDRIVE='%s'\nROOT='%s'\nREPORT='cat >>%s/report'\n", host, s.state, s.drive, root, s.state)
	require.NoError(s, os.WriteFile(s.conf, []byte(text), 0o600))
}

// run runs a program of the site.
func (s *site) run(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(s.Context(), name, args...)
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// loaded returns the certificate on the drive.
func (s *site) loaded() []byte {
	data, err := os.ReadFile(filepath.Join(s.drive, "server.der"))
	require.NoError(s, err)
	return data
}

func (s *site) reported() string {
	said, err := os.ReadFile(filepath.Join(s.state, "report"))
	require.NoError(s, err)
	return string(said)
}

// TestRealRenewal gets a certificate with certbot, renews it, and asks for one that is worse.
func TestRealRenewal(t *testing.T) {
	program.Need(t, "certbot", "certbot")
	dir := t.TempDir()
	require.NoError(t, pebble.Build(t.Context(), filepath.Join(dir, "tools")))
	ca, err := pebble.Start(t.Context(), filepath.Join(dir, "tools"), dir, 1)
	require.NoError(t, err)
	t.Cleanup(ca.Stop)
	root, err := ca.Root(t.Context())
	require.NoError(t, err)
	rootFile := filepath.Join(dir, "root.pem")
	require.NoError(t, os.WriteFile(rootFile, certs.EncodePEM(root), 0o600))

	s := newSite(t, rootFile)
	s.env = append(s.env, "REQUESTS_CA_BUNDLE="+ca.File)
	base := filepath.Join(dir, "certbot")
	folders := []string{"--config-dir", base, "--work-dir", filepath.Join(base, "work"), "--logs-dir", filepath.Join(base, "logs")}
	out, err := s.run("certbot", append([]string{
		"certonly", "--non-interactive", "--agree-tos", "--register-unsafely-without-email", "--server", ca.Directory,
		"--standalone", "--http-01-address", "127.0.0.1", "--http-01-port", fmt.Sprint(ca.HTTPPort), "--domain", host, "--deploy-hook", s.hook,
	}, folders...)...)
	require.NoError(t, err, out)
	first := s.loaded()
	require.Contains(t, s.reported(), "is in "+s.drive)

	renew := append([]string{"renew", "--force-renewal", "--no-random-sleep-on-renew"}, folders...)
	out, err = s.run("certbot", renew...)
	require.NoError(t, err, out)
	second := s.loaded()
	require.NotEqual(t, first, second)
	live, err := os.ReadFile(filepath.Join(base, "live", host, "cert.pem"))
	require.NoError(t, err)
	list, err := certs.ParseCertificates(live)
	require.NoError(t, err)
	require.Equal(t, list[0].Raw, second)

	// Without its root, Pebble's certificate is one for tests: the camera keeps what it has.
	s.say(host, "")
	out, _ = s.run("certbot", renew...) // certbot itself goes on when a hook fails
	require.Equal(t, second, s.loaded(), out)
	require.Contains(t, s.reported(), "was NOT put onto the camera")
	said, err := os.ReadFile(filepath.Join(s.state, "last-check.txt"))
	require.NoError(t, err)
	require.Contains(t, string(said), "a test CA has issued the certificate", out)
}

// TestRealVariablesOfAcmeSh hands the hook the files as acme.sh does, and those of another name.
func TestRealVariablesOfAcmeSh(t *testing.T) {
	program.Need(t, "sh", "dash")
	p, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	id, err := p.Issue(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	s := newSite(t, write("root.pem", certs.EncodePEM(p.Root.Certificate)))
	s.env = append(s.env, "CERT_FULLCHAIN_PATH="+write("fullchain.cer", certs.EncodePEM(id.Certificate, p.Chain()[0])),
		"CERT_KEY_PATH="+write("cam.key", id.EncodeKeyPEM()))
	out, err := s.run(s.hook)
	require.NoError(t, err, out)
	require.Equal(t, id.DER(), s.loaded())

	alone, err := p.Issue(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	write("fullchain.cer", certs.EncodePEM(alone.Certificate))
	write("cam.key", alone.EncodeKeyPEM())
	out, err = s.run(s.hook)
	require.Error(t, err)
	require.Contains(t, out, "connected with second-load")
	require.Equal(t, id.DER(), s.loaded(), "one that comes without its intermediate is stopped")

	other, err := p.Issue(certs.LeafOptions{DNS: []string{"door.example.com"}})
	require.NoError(t, err)
	write("fullchain.cer", certs.EncodePEM(other.Certificate, p.Chain()[0]))
	write("cam.key", other.EncodeKeyPEM())
	out, err = s.run(s.hook)
	require.Error(t, err)
	require.Contains(t, out, "cam.example.com")
	require.Equal(t, id.DER(), s.loaded(), "a certificate for another name is stopped")

	out, err = s.run("env", "RENEWED_LINEAGE="+dir, "RENEWED_DOMAINS=door.example.com", s.hook)
	require.NoError(t, err, out)
	require.Equal(t, id.DER(), s.loaded(), "another lineage is left alone")
}
