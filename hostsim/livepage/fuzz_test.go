package livepage_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/livepage"
	"github.com/leafcam/leafcam/hostsim/stage"
)

// FuzzForms sends any form to a page: nothing is switched without the page's token, and with it only to
// a mode that there is.
func FuzzForms(f *testing.F) {
	leaf, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{hostsim.DefaultHost}})
	require.NoError(f, err)
	material := stage.Material{
		NewContext: func() (*device.SSLContext, error) { return device.NewSSLContext(device.OpenMV50), nil }, Key: leaf.KeyDER(),
	}
	material.Given, _ = material.NewContext()
	require.NoError(f, material.Given.LoadCertChain(leaf.DER(), leaf.KeyDER()))
	modes, first, err := material.Modes()
	require.NoError(f, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(f, err)
	cameras := stage.New(l, stage.Config{Modes: modes, First: first, Camera: device.CameraConfig{Script: device.Hello("full chain\n")}})
	f.Cleanup(func() { _ = cameras.Close() })
	page := livepage.NewPage(cameras, livepage.NewJournal(), l.Addr(), livepage.Options{Host: hostsim.DefaultHost})

	shown := httptest.NewRecorder()
	page.ServeHTTP(shown, httptest.NewRequest(http.MethodGet, "http://"+l.Addr().String()+"/", nil))
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(shown.Body.String())
	require.Len(f, token, 2)

	const form = "application/x-www-form-urlencoded"
	f.Add("/mode", form, "mode=1&token="+token[1])
	f.Add("/mode", form, "mode=0&token=another")
	f.Add("/mode", form, "mode=%zz;;&token")
	f.Add("/forget", form, "token="+token[1])
	f.Add("/mode?mode=1&token="+token[1], "text/plain", "")
	f.Add("/mode", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\n1\r\n--x--\r\n")
	f.Fuzz(func(t *testing.T, path, contentType, body string) {
		target, err := url.Parse(path)
		if err != nil || !strings.HasPrefix(path, "/") || target.Path == "/events" {
			t.Skip()
		}
		_, before := cameras.Modes()
		request := httptest.NewRequest(http.MethodPost, "http://"+l.Addr().String()+"/", strings.NewReader(body))
		request.URL.Path, request.URL.RawQuery = target.Path, target.RawQuery
		request.Header.Set("Content-Type", contentType)
		response := httptest.NewRecorder()
		page.ServeHTTP(response, request)
		list, after := cameras.Modes()
		require.Less(t, after, len(list))
		require.GreaterOrEqual(t, after, 0)
		if !strings.Contains(body, token[1]) && !strings.Contains(body, "%") {
			require.Equal(t, http.StatusForbidden, response.Code)
			require.Equal(t, before, after, "nothing is switched without the token")
		}
		if before != after {
			require.Equal(t, http.StatusSeeOther, response.Code)
		}
	})
}
