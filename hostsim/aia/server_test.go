package aia_test

import (
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/hostsim/aia"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServer(t *testing.T) {
	s, err := aia.Start()
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Publish("http://ca.example.com/i.der", []byte("a certificate")))
	require.Error(t, s.Publish("https://ca.example.com/i.der", nil), "AIA is plain HTTP")
	require.Error(t, s.Publish("ldap:///cn=x", nil))

	proxied := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: s.Addr()})}
	defer proxied.CloseIdleConnections()
	response, err := (&http.Client{Transport: proxied}).Get("http://ca.example.com/i.der")
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	require.NoError(t, err)
	require.Equal(t, "a certificate", string(body))
	require.Equal(t, aia.ContentType, response.Header.Get("Content-Type"))

	direct := &http.Transport{}
	defer direct.CloseIdleConnections()
	response, err = (&http.Client{Transport: direct}).Get("http://" + s.Addr() + "/i.der")
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusNotFound, response.StatusCode, "another host")

	log := s.Fetches()
	require.Len(t, log, 2)
	require.Equal(t, "/i.der", log[0].Path)
	require.Equal(t, "ca.example.com", log[0].Host)
	require.Equal(t, "Go-http-client/1.1", log[0].UserAgent)
	require.Equal(t, []int{200, 404}, []int{log[0].Status, log[1].Status})
}
