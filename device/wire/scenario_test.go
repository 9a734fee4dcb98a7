package wire_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/record"
)

var get = []byte("GET / HTTP/1.0\r\n\r\n")

// TestScenarios takes the steps of every recorded scenario, in virtual time.
func TestScenarios(t *testing.T) {
	for _, fw := range device.Firmwares() {
		head, scenarios, err := wire.ReadVectors[struct{ Profile string }, wire.Recorded](filepath.Join("testdata",
			"scenarios_"+fw.Name+".jsonl.gz"))
		require.NoError(t, err)
		require.Len(t, scenarios, 104)
		require.Equal(t, fw.Name, head.Profile)
		contexts := map[string]*device.SSLContext{}
		for suite, file := range map[string]string{"c02b": "p256", "c013": "rsa2048", "c009": "p256", "002f": "rsa2048"} {
			keyHead, _, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("testdata", fw.Name+"_"+file+".jsonl.gz"))
			require.NoError(t, err)
			contexts[suite] = device.NewSSLContext(fw)
			require.NoError(t, contexts[suite].LoadCertChain(keyHead.Cert, keyHead.Key))
		}
		for _, recorded := range scenarios {
			t.Run(fw.Name+"/"+recorded.Name+"/"+recorded.Suite, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { repeat(t, contexts[recorded.Suite], recorded) })
			})
		}
	}
}

// TestOffers repeats what clients were granted, and what came under it, in virtual time.
func TestOffers(t *testing.T) {
	fw := device.ESP32
	head, recordings, err := wire.ReadVectors[record.OffersHead, wire.Recorded](filepath.Join("testdata", "offers_"+fw.Name+".jsonl.gz"))
	require.NoError(t, err)
	require.Len(t, recordings, len(record.Offers()))
	require.Equal(t, fw.Name, head.Profile)
	contexts := map[string]*device.SSLContext{}
	for name, pair := range head.Pairs {
		contexts[name] = device.NewSSLContext(fw)
		require.NoError(t, contexts[name].LoadCertChain(pair.Cert, pair.Key))
	}
	suites := map[string]bool{}
	for i, recorded := range recordings {
		suites[recorded.Suite] = true
		t.Run(strconv.Itoa(i)+"/"+recorded.Name+"/"+recorded.Suite, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { repeat(t, contexts[recorded.Options.Key], recorded) })
		})
	}
	require.Len(t, suites, len(fw.CipherSuites()), "every suite was recorded")
}

func repeat(t *testing.T, context *device.SSLContext, recorded wire.Recorded) {
	body := device.DefaultBody
	if recorded.Options.Response > 0 {
		body = strings.Repeat("x", recorded.Options.Response)
	}
	conn, events := serve(context, device.Hello(body))
	defer conn.Close()
	suite, err := strconv.ParseUint(recorded.Suite, 16, 16)
	require.NoError(t, err)
	client, err := wire.NewClient(conn, uint16(suite))
	require.NoError(t, err)
	take, err := record.StepOf(recorded.Name)
	require.NoError(t, err)
	client.Offer = recorded.Options.Offer
	if err = client.Start(); recorded.Refused {
		require.Error(t, err)
		require.Equal(t, recorded.Device, record.Line(record.Report(context.Firmware(), <-events)))
		return
	}
	require.NoError(t, err)
	s := &record.Scenario{Conn: conn, Client: client}
	take(s)
	require.NoError(t, s.Err)
	if len(recorded.Events) > 0 {
		require.Equal(t, sameEnds(recorded.Events), s.Seen())
		require.NoError(t, s.Err)
	}
	require.Equal(t, recorded.Device, record.Line(record.Report(context.Firmware(), <-events)))
}

// sameEnds forgets how TCP ended: that depends on the host's stack and on timing.
func sameEnds(events []wire.ScenarioEvent) []wire.ScenarioEvent {
	list := append([]wire.ScenarioEvent{}, events...)
	if last := &list[len(list)-1]; last.End == "reset" || last.OSError != "" {
		*last = wire.ScenarioEvent{End: "closed"}
	}
	return list
}
