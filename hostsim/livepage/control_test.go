package livepage_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// settled waits until all connections have ended.
func (s *site) settled(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return s.stage.Use().Serving == 0 }, 10*time.Second, 5*time.Millisecond)
}

// get asks the camera for a page; verifying is whether the client does.
func (s *site) get(t *testing.T, agent string, verifying bool) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.camera()+"/x", nil)
	require.NoError(t, err)
	request.Header.Set("User-Agent", agent)
	client := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: !verifying, ServerName: hostsim.DefaultHost}, DisableKeepAlives: true,
	}
	response, err := client.RoundTrip(request)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	require.Equal(t, verifying, err != nil, "%v", err)
	s.settled(t)
}

// results are what the page shows of a device in each mode.
func (s *site) results(t *testing.T, id string) (list []string) {
	t.Helper()
	_, _, page := s.fetch(t, "GET", "/", "", "", nil)
	_, card, found := strings.Cut(page, `<article class="device" id="`+id+`"`)
	require.True(t, found)
	card, _, _ = strings.Cut(card, "</article>")
	for _, m := range regexp.MustCompile(`<li class="(\w+)"><b>[^<]*</b> <span>([^<]*)</span>`).FindAllStringSubmatch(card, -1) {
		list = append(list, m[1]+" "+m[2])
	}
	sentence := regexp.MustCompile(`class="sentence">([^<]*)<`).FindStringSubmatch(card)
	return append(list, sentence[1])
}

// TestControlSettles: what the control shows of a client holds for all that it did, also before.
func TestControlSettles(t *testing.T) {
	s := newSite(t, device.Hello("hello\n"))
	s.get(t, "blind", false)
	require.Equal(t, []string{
		"completed ✓ connected", "untried · not tried", "untried · not tried", "untried · not tried",
		"got the page without the intermediate being sent: it found it elsewhere, or it does not verify; the control tells. It asked for /x",
	}, s.results(t, "d1"))
	require.NoError(t, s.stage.Switch(1))
	s.get(t, "blind", false)
	require.NoError(t, s.stage.Switch(3))
	s.get(t, "blind", false)
	require.Equal(t, []string{
		"blind ○ never verifies", "blind ○ never verifies", "untried · not tried", "blind ○ never verifies",
		"verifies nothing: it accepted a certificate of an unknown issuer and asked for /x",
	}, s.results(t, "d1"))
	require.NoError(t, s.stage.Switch(0))
	s.get(t, "blind", false)
	require.Equal(t, "verifies nothing, as the control has shown: it asked for /x", s.results(t, "d1")[4], "and what it does since")

	row := s.page.Matrix().Rows[0]
	require.False(t, row.Trustworthy)
	for _, name := range []string{"leaf-only", "second-load", "unknown-root"} {
		require.Equal(t, verdict.VerdictNeverVerifies, row.Cell(name).Verdict, name)
	}
	require.Equal(t, verdict.CauseNotTried, row.Cell("full-chain").Cause)
}

// TestControlRefused: a control that is refused is as it should be, and no bad news.
func TestControlRefused(t *testing.T) {
	s := newSite(t, device.Hello("hello\n"))
	require.NoError(t, s.stage.Switch(3))
	s.get(t, "", true)
	require.Equal(t, []string{
		"untried · not tried", "untried · not tried", "untried · not tried", "expected ✗ refused, as it should be",
	}, s.results(t, "d1")[:4])
	require.Contains(t, s.results(t, "d1")[4],
		"refused the certificate (bad_certificate): as it has to be, because no client trusts this root")
}

// TestControlOverruled: who refuses and goes on all the same verifies, and proves nothing where it went on.
func TestControlOverruled(t *testing.T) {
	s := newSite(t, device.Hello("hello\n"))
	s.get(t, "fox", true)
	require.NoError(t, s.stage.Switch(1))
	s.get(t, "fox", false)
	require.NoError(t, s.stage.Switch(3))
	s.get(t, "fox", false)
	require.Equal(t, []string{
		"refused ✗ refused: missing intermediate", "blind ○ connected, proof of nothing", "untried · not tried", "blind ○ accepted",
		"accepted a certificate of an unknown issuer, after a refusal: the user went on anyway, or two programs look alike. " +
			"It asked for /x",
	}, s.results(t, "d1"))
}

// TestScannersRefuseNothing: who looks what answers, and leaves, is no client that refuses.
func TestScannersRefuseNothing(t *testing.T) {
	s := newSite(t, device.Hello("hello\n"))
	address := fmt.Sprintf("127.0.0.1:%d", s.port)
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	s.settled(t)
	conn, err = net.Dial("tcp", address)
	require.NoError(t, err)
	_, err = conn.Write(scannersHello)
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 5)) // the header of the ServerHello is all that it wants to see
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	s.settled(t)
	for _, d := range s.journal.Since(0).Devices {
		require.Equal(t, verdict.VerdictNoHandshake, d.Latest().Sighting.Verdict, d.Latest().Sighting.Sentence)
		require.Equal(t, verdict.CauseSilence, d.Latest().Sighting.Cause)
	}
	_, _, page := s.fetch(t, "GET", "/", "", "", nil)
	require.NotContains(t, page, `class="refused"`)
}

// TestCutRequestsOnThePage: whoever serves, a request that was cut off is no completion.
func TestCutRequestsOnThePage(t *testing.T) {
	s := newSite(t, device.Hello("hello\n"))
	for mode := range 3 {
		require.NoError(t, s.stage.Switch(mode))
		for _, sent := range []string{"GET /sna", "GET /sna HTTP/1.1\r\nHos"} {
			conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port), &tls.Config{InsecureSkipVerify: true})
			require.NoError(t, err)
			_, err = io.WriteString(conn, sent)
			require.NoError(t, err)
			require.NoError(t, conn.Close())
			s.settled(t)
		}
		result := s.journal.Since(0).Devices[0].Results[mode]
		require.Equal(t, verdict.VerdictNoRequest, result.Sighting.Verdict, result.Sighting.Sentence)
		require.Equal(t, verdict.CauseCut, result.Sighting.Cause)
		require.Contains(t, result.Sighting.Sentence, `left in the middle of its request ("GET /sna`)
		require.Equal(t, "doubt ! no request: the request was cut off", s.results(t, "d1")[mode])
	}
}

// scannersHello offers one suite, one group and h2, as no library does.
var scannersHello = func() []byte {
	extensions := []byte{
		0, 10, 0, 4, 0, 2, 0, 23, // groups
		0, 13, 0, 4, 0, 2, 4, 3, // signature algorithms
		0, 16, 0, 5, 0, 3, 2, 'h', '2', // ALPN
	}
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0, 2, 0xc0, 0x2b, 1, 0, 0, byte(len(extensions)))
	body = append(body, extensions...)
	message := append([]byte{1, 0, 0, byte(len(body))}, body...)
	return append([]byte{22, 3, 1, 0, byte(len(message))}, message...)
}()

// TestEmptyPage: a page without devices says what to do, with a code to scan where that can work.
func TestEmptyPage(t *testing.T) {
	for _, tc := range []struct {
		name, listen string
		here         bool
	}{{"this machine only", "127.0.0.1:0", true}, {"any machine", "0.0.0.0:0", false}} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := net.Listen("tcp", tc.listen)
			require.NoError(t, err)
			s := newSiteOn(t, l, device.Hello("hello\n"))
			_, _, page := s.fetch(t, "GET", "/", "", "", nil)
			require.Contains(t, page, "Nobody has connected yet")
			require.Contains(t, page, fmt.Sprintf(`Open <a href="https://cam.example.com:%d/"`, s.port))
			require.Equal(t, !tc.here, strings.Contains(page, `class="qr"`))
			require.Equal(t, tc.here, strings.Contains(page, fmt.Sprintf("--listen 0.0.0.0:%d", s.port)))
			require.Less(t, strings.Index(page, `class="modes"`), strings.Index(page, `id="rows"`), "the buttons stand above the devices")
		})
	}
}
