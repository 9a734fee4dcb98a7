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
	hook, report       string
	env                []string
}

// newSite builds leafcam and sets the hook up.
func newSite(t *testing.T, root string) *site {
	dir := t.TempDir()
	s := &site{T: t, drive: filepath.Join(dir, "drive"), state: filepath.Join(dir, "state"), conf: filepath.Join(dir, "renewal.conf")}
	s.report = "cat >>" + s.state + "/report"
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
	text := fmt.Sprintf("HOST=%s\nSTATE='%s'\nDRIVE='%s'\nROOT='%s'\nREPORT='%s'\n", host, s.state, s.drive, root, s.report)
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

}

// lineage is a site with a folder of a certificate as certbot has it.
func lineage(t *testing.T) (s *site, live string, issue func() []byte) {
	program.Need(t, "sh", "dash")
	p, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	s = newSite(t, write("root.pem", certs.EncodePEM(p.Root.Certificate)))
	live = filepath.Join(dir, "live")
	require.NoError(t, os.Mkdir(live, 0o700))
	return s, live, func() []byte {
		id, err := p.Issue(certs.LeafOptions{DNS: []string{host}})
		require.NoError(t, err)
		write("live/fullchain.pem", certs.EncodePEM(id.Certificate, p.Chain()[0]))
		write("live/privkey.pem", id.EncodeKeyPEM())
		return id.DER()
	}
}

// TestRealLineages: certbot's certificates for the host are taken, and others are left alone with a word.
func TestRealLineages(t *testing.T) {
	s, live, issue := lineage(t)
	for _, tc := range []struct {
		host, domains string
		taken         bool
	}{
		{host, host, true},
		{host, "door.example.com CAM.Example.COM", true},
		{"Cam.Example.Com", host, true},
		{host, "*.example.com", true},
		{host, "example.com *.Example.com", true},
		{host, "door.example.com", false},
		{host, "*.cam.example.com *.com example.com", false},
		{host, "webcam.example.com cam.example.com.org", false},
	} {
		t.Run(tc.host+" in "+tc.domains, func(t *testing.T) {
			s.T = t
			s.say(tc.host, filepath.Join(filepath.Dir(live), "root.pem"))
			_ = os.Remove(filepath.Join(s.drive, "server.der"))
			certificate := issue()
			out, err := s.run("env", "RENEWED_LINEAGE="+live, "RENEWED_DOMAINS="+tc.domains, s.hook)
			require.NoError(t, err, out)
			if tc.taken {
				require.Equal(t, certificate, s.loaded())
				return
			}
			require.Contains(t, out, live+" is for "+tc.domains+" and not for "+host+": it is left alone")
			require.NoFileExists(t, filepath.Join(s.drive, "server.der"))
		})
	}
}

// TestRealReportFails: what was done is done, and what was stopped is stopped.
func TestRealReportFails(t *testing.T) {
	s, live, issue := lineage(t)
	certificate := issue()
	s.report = "exit 7"
	s.say(host, filepath.Join(filepath.Dir(live), "root.pem"))
	out, err := s.run(s.hook, live)
	require.NoError(t, err, out)
	require.Contains(t, out, "REPORT (exit 7) failed; it should have said: leafcam: the renewed certificate for "+host+" is in")
	require.Equal(t, certificate, s.loaded())

	issue()
	s.say("door.example.com", filepath.Join(filepath.Dir(live), "root.pem"))
	out, err = s.run(s.hook, live)
	var status *exec.ExitError
	require.ErrorAs(t, err, &status)
	require.Equal(t, 1, status.ExitCode(), out)
	require.Contains(t, out, "REPORT (exit 7) failed")
	require.Equal(t, certificate, s.loaded())
}

// TestRealConfigurationBeside: a name without a slash is that of a file here, and not of one in PATH.
func TestRealConfigurationBeside(t *testing.T) {
	s, live, issue := lineage(t)
	certificate := issue()
	out, err := s.run("sh", "-c", `cd "$(dirname "$0")" && LEAFCAM_RENEWAL=renewal.conf exec "$1" "$2"`, s.conf, s.hook, live)
	require.NoError(t, err, out)
	require.Equal(t, certificate, s.loaded())
}

// TestRealTwoRuns at a time end with one certificate, its key, and its check.
func TestRealTwoRuns(t *testing.T) {
	s, live, issue := lineage(t)
	certificate := issue()
	outputs, errs := make(chan string, 2), make(chan error, 2)
	for range cap(errs) {
		go func() {
			out, err := s.run(s.hook, live)
			outputs <- out
			errs <- err
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs, <-outputs)
	}
	require.Equal(t, certificate, s.loaded())
	entries, err := os.ReadDir(s.state)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{"camera", "check.json", "last-check.txt", "lock", "report"}, names)
}
