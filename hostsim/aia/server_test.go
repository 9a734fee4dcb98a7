package aia_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/hostsim/aia"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServer(t *testing.T) {
	s, err := aia.Start()
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Publish("http://ca.example.com/i.der", aia.Answer{Body: []byte("a certificate")}))
	require.Error(t, s.Publish("ldap:///cn=x", aia.Answer{}))

	proxied := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: s.Addr()})}
	defer proxied.CloseIdleConnections()
	response, err := (&http.Client{Transport: proxied}).Get("http://ca.example.com/i.der")
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	require.NoError(t, err)
	require.Equal(t, "a certificate", string(body))
	require.Equal(t, aia.ContentTypeDER, response.Header.Get("Content-Type"))

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

// TestBadServers: what AIA URLs lead to besides a certificate.
func TestBadServers(t *testing.T) {
	s, err := aia.Start()
	require.NoError(t, err)
	publish := func(path string, a aia.Answer) {
		require.NoError(t, s.Publish("http://127.0.0.1"+path, a))
	}
	publish("/slow", aia.Answer{Body: []byte("late"), Delay: 50 * time.Millisecond})
	publish("/moved", aia.Answer{Status: http.StatusFound, Location: "/slow"})
	publish("/silent", aia.Answer{Silent: true})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	started := time.Now()
	response, err := client.Get("http://" + s.Addr() + "/moved")
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	require.NoError(t, err)
	require.Equal(t, "late", string(body))
	require.GreaterOrEqual(t, time.Since(started), 50*time.Millisecond)

	refused := make(chan error)
	go func() {
		response, err := client.Get("http://" + s.Addr() + "/silent")
		if err == nil {
			response.Body.Close()
		}
		refused <- err
	}()
	require.Eventually(t, func() bool { return len(s.Fetches()) == 3 }, 5*time.Second, time.Millisecond)
	require.NoError(t, s.Close(), "a silent answer does not keep the server")
	require.Error(t, <-refused)
	require.Zero(t, s.Fetches()[2].Status, "it was never answered")
}

func TestHTTPS(t *testing.T) {
	id, err := tls.X509KeyPair(testCertificate(t))
	require.NoError(t, err)
	s, err := aia.StartTLS(&tls.Config{Certificates: []tls.Certificate{id}})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Publish("https://127.0.0.1/i.der", aia.Answer{Body: []byte("a certificate")}))
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // who it is does not matter here
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("https://" + s.Addr() + "/i.der")
	require.NoError(t, err)
	response.Body.Close()
	require.Len(t, s.Fetches(), 1)
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func testCertificate(t *testing.T) (cert, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}
