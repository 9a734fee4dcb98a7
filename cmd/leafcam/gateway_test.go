package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/gateway/status"
)

// gatewayArgs makes the files of a gateway, and its command line.
func gatewayArgs(t *testing.T, more ...string) []string {
	dir := t.TempDir()
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	id, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	require.NoError(t, delivery.WriteIdentity(id, dir, "leaf", false))
	full, key := filepath.Join(dir, "full.pem"), filepath.Join(dir, "leaf.key.pem")
	require.NoError(t, os.WriteFile(full, certs.EncodePEM(id.Certificate, pki.Chain()[0]), 0o600))
	line := "gateway --listen 127.0.0.1:0 --camera 127.0.0.1:1"
	return append(append(strings.Fields(line), "--fullchain", full, "--key", key, "--pin", full), more...)
}

// TestGatewayTellsItsStatus as long as it runs.
func TestGatewayTellsItsStatus(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var messages sync.WaitGroup
	said := make(chan string, 1000)
	var log strings.Builder
	messages.Go(func() {
		defer close(said)
		b := make([]byte, 1<<16)
		for {
			n, err := out.Read(b)
			if err != nil {
				return
			}
			log.Write(b[:n])
			said <- string(b[:n])
		}
	})
	ended := make(chan int, 1)
	args := gatewayArgs(t, "--status", ":0")
	go func() { ended <- run(ctx, args, in, in) }()
	address := ""
	for line := range said {
		if found := regexp.MustCompile(`msg=status address=(127\.0\.0\.1:\d+)`).FindStringSubmatch(line); found != nil {
			address = found[1]
			break
		}
	}
	require.NotEmpty(t, address)
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + address + "/healthz")
	require.NoError(t, err)
	var h status.Health
	require.NoError(t, json.NewDecoder(response.Body).Decode(&h))
	require.NoError(t, response.Body.Close())
	require.True(t, h.OK)
	response, err = client.Get("http://" + address + "/metrics")
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Contains(t, string(text), "leafcam_gateway_viewers 0\n")

	cancel()
	require.Equal(t, exitFine, <-ended)
	require.NoError(t, in.Close())
	messages.Wait()
	require.NotContains(t, log.String(), "level=ERROR", "that it ends is no error")
	_, err = client.Get("http://" + address + "/healthz")
	require.Error(t, err, "it ends with the gateway")
}

// TestStatusStaysHere unless it is clearly asked for.
func TestStatusStaysHere(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []string
		said  string
	}{
		{"all addresses", []string{"--status", "0.0.0.0:0"}, "give --status-exposed"},
		{"all addresses of IPv6", []string{"--status", "[::]:0"}, "give --status-exposed"},
		{"another machine's", []string{"--status", "192.0.2.1:0"}, "give --status-exposed"},
		{"no port", []string{"--status", "127.0.0.1"}, "missing port"},
		{"the flag alone", []string{"--status-exposed"}, "belongs to a --status"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, messages bytes.Buffer
			require.Equal(t, exitUsage, run(t.Context(), gatewayArgs(t, c.flags...), &out, &messages))
			require.Contains(t, messages.String(), c.said)
		})
	}
}
