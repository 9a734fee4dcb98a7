package preflight_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// screenOf checks a folder of files, and returns its report with what is on the screen.
func screenOf(t *testing.T, files map[string][]byte, width int, o preflight.Options) (*preflight.Report, string) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("cam", 0o700))
	for name, data := range files {
		require.NoError(t, os.WriteFile("cam/"+name, data, 0o600))
	}
	d, err := delivery.Read(t.Context(), []string{"cam"}, delivery.Options{Host: o.Host})
	require.NoError(t, err)
	s, err := preflight.FromDelivery(d)
	require.NoError(t, err)
	r := preflight.Check(t.Context(), s, o)
	var b bytes.Buffer
	preflight.Screen(&b, r, preflight.TextOptions{Width: width})
	return r, b.String()
}

// TestScreen: the answer of a usual delivery fits a terminal, and says who connects, now and then, and what to do.
func TestScreen(t *testing.T) {
	p := newPKI(t, 1)
	long := newPKI(t, 3)
	now := time.Now()
	leafOf := func(p *certs.PKI, o certs.LeafOptions) *certs.Identity {
		o.NotBefore, o.NotAfter = now.Add(-time.Hour), now.Add(60*24*time.Hour)
		if o.DNS == nil {
			o.DNS = []string{"cam.example.com"}
		}
		return issue(t, p, o)
	}
	plain, stranger := leafOf(p, certs.LeafOptions{}), leafOf(p, certs.LeafOptions{})
	online := leafOf(p, certs.LeafOptions{AIA: "http://ca.example/i.der"})
	far := leafOf(long, certs.LeafOptions{})
	selfSigned, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}, NotBefore: now.Add(-time.Hour)})
	require.NoError(t, err)
	files := func(id *certs.Identity, chain ...*x509.Certificate) map[string][]byte {
		return map[string][]byte{
			"fullchain.pem": certs.EncodePEM(append([]*x509.Certificate{id.Certificate}, chain...)...), "privkey.pem": id.EncodeKeyPEM(),
		}
	}
	inDER := map[string][]byte{"server.der": plain.DER(), "server.key.der": plain.KeyDER(), "chain.pem": certs.EncodePEM(p.Chain()...)}
	mismatched := files(plain, p.Chain()...)
	mismatched["privkey.pem"] = stranger.EncodeKeyPEM()
	for _, tc := range []struct {
		name    string
		files   map[string][]byte
		o       preflight.Options
		verdict preflight.Verdict
		says    []string
		steps   []string // how they begin
	}{
		{
			"a private CA's", files(plain, append(p.Chain(), p.Root.Certificate)...), preflight.Options{},
			preflight.Verdict{preflight.CameraConverted, preflight.ReachNone, preflight.CureSecondLoad, preflight.ReachAll},
			[]string{
				"cam.example.com, valid until " + plain.Certificate.NotAfter.UTC().Format("2 Jan 2006") + ", issued by",
				"Key and certificate match.", "loads it once converted (step 1)",
				"ALL WILL REFUSE: the camera does not send the intermediate", "with step 2", "Firefox ✗", "ffmpeg ○", "all ✓",
			},
			[]string{"leafcam convert cam --out camera", "add one line to main.py; step 1 prints it", "install the root"},
		},
		{
			"with an AIA URL", files(online, append(p.Chain(), p.Root.Certificate)...), preflight.Options{},
			preflight.Verdict{preflight.CameraConverted, preflight.ReachNone, preflight.CureSecondLoad, preflight.ReachAll},
			[]string{"Chrome, Edge ✓*", "iPhone ✓*", "curl ✗", "✓* when it can download the intermediate"},
			[]string{"leafcam convert", "add one line", "install the root"},
		},
		{
			"three intermediates", files(far, append(long.Chain(), long.Root.Certificate)...), preflight.Options{},
			preflight.Verdict{preflight.CameraConverted, preflight.ReachNone, preflight.CureSecondLoad, preflight.ReachMost},
			[]string{"the camera does not send the 3 intermediates"},
			[]string{"leafcam convert", "add 3 lines to main.py; step 1 prints them", "install the root"},
		},
		{
			"in DER", inDER, preflight.Options{Roots: []*x509.Certificate{p.Root.Certificate}},
			preflight.Verdict{preflight.CameraLoads, preflight.ReachNone, preflight.CureSecondLoad, preflight.ReachAll},
			[]string{"loads it as it is"}, []string{"leafcam convert cam --out camera", "add one line", "install the root"},
		},
		{
			"of another host", files(plain, append(p.Chain(), p.Root.Certificate)...), preflight.Options{Host: "other.example.com"},
			preflight.Verdict{preflight.CameraConverted, preflight.ReachNone, preflight.CureSecondLoad, preflight.ReachSome},
			[]string{"ALL WILL REFUSE: the certificate is for cam.example.com"}, []string{"connect to a name of the certificate"},
		},
		{
			"whose root is not here", files(plain, p.Chain()...), preflight.Options{},
			preflight.Verdict{preflight.CameraConverted, preflight.ReachNone, preflight.CureSecondLoad, preflight.ReachAll},
			[]string{"does not send the intermediate", "all with your root installed"},
			[]string{"leafcam convert", "add one line", "install the root"},
		},
		{
			"with another key", mismatched, preflight.Options{},
			preflight.Verdict{preflight.CameraConverted, preflight.ReachNone, preflight.CureLeafOnly, preflight.ReachNone},
			[]string{"ALL WILL REFUSE: key and certificate do not belong together"}, []string{"use the key that"},
		},
		{
			"without the intermediate", files(plain), preflight.Options{},
			preflight.Verdict{preflight.CameraConverted, preflight.ReachNone, preflight.CureLeafOnly, preflight.ReachNone},
			[]string{"the issuer of the certificate is missing, here and on the camera"},
			[]string{"add the certificate of \"leafcam test root, intermediate 1\"", "leafcam convert"},
		},
		{
			"self-signed", files(selfSigned), preflight.Options{},
			preflight.Verdict{preflight.CameraConverted, preflight.ReachMost, preflight.CureLeafOnly, preflight.ReachMost},
			[]string{"MOST WILL CONNECT"}, []string{"leafcam convert"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.o.At, tc.o.NoPublicRoots = now, true
			r, screen := screenOf(t, tc.files, 80, tc.o)
			require.Equal(t, tc.verdict, r.Verdict)
			flat := strings.Join(strings.Fields(screen), " ")
			for _, says := range tc.says {
				require.Contains(t, flat, says)
			}
			lines := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
			require.LessOrEqual(t, len(lines), 22, screen) // two more tell of the details
			for _, line := range lines {
				require.LessOrEqual(t, text.StringWidthWithoutEscSequences(line), 80, line)
				require.Equal(t, strings.TrimRight(line, " "), line)
			}
			require.LessOrEqual(t, len(r.Steps), 3)
			for i, begins := range tc.steps {
				require.Greater(t, len(r.Steps), i, screen)
				said := r.Steps[i].Command
				if said == "" || r.Steps[i].Fixes != "" {
					said = r.Steps[i].Text
				}
				require.True(t, strings.HasPrefix(said, begins), "%s", said)
				require.Contains(t, flat, begins)
			}
		})
	}
}
