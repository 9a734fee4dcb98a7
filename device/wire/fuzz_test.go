package wire_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// FuzzParseFlight: a server on the network may answer anything.
func FuzzParseFlight(f *testing.F) {
	for _, fw := range device.Firmwares() {
		head, vectors, err := wire.ReadVectors[wire.Head, wire.Vector](filepath.Join("testdata", fw.Name+"_p256.jsonl.gz"))
		require.NoError(f, err)
		context := device.NewSSLContext(fw)
		require.NoError(f, context.LoadCertChain(head.Cert, head.Key))
		for _, v := range vectors[:3] {
			conn, _ := serve(context, device.Hello(device.DefaultBody))
			_, err := conn.Write(v.Sent[0])
			require.NoError(f, err)
			require.NoError(f, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
			flight := make([]byte, 4096)
			n, _ := conn.Read(flight)
			conn.Close()
			f.Add(flight[:n], true)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, varies bool) {
		flight := wire.ParseFlight(data, varies)
		exchange := wire.Exchange{Received: flight, End: "open", AfterFIN: &wire.AfterFIN{Received: flight, End: "open"}}
		require.NotEmpty(t, exchange.Describe())
		require.Empty(t, wire.Diff(exchange, exchange))
		for _, cert := range flight.Chain() {
			require.LessOrEqual(t, len(cert), len(data))
		}
	})
}
