package device_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/device/wire"
)

// sizedPair is a key and a certificate as small as those that section 8 was measured with.
type sizedPair struct{ cert, key []byte }

var sizedPairs sync.Map // key kind -> func() sizedPair

// sizedPairOf makes the pair for "P-256", "RSA-2048" and the like, once.
func sizedPairOf(t testing.TB, kind string) sizedPair {
	made, _ := sizedPairs.LoadOrStore(kind, sync.OnceValue(func() sizedPair { return newSizedPair(t, kind) }))
	return made.(func() sizedPair)()
}

func newSizedPair(t testing.TB, kind string) sizedPair {
	issuer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	var key crypto.Signer
	switch kind {
	case "P-256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "P-384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "P-521":
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	default:
		var bits int
		_, err = fmt.Sscanf(kind, "RSA-%d", &bits)
		require.NoError(t, err)
		key, err = rsa.GenerateKey(rand.Reader, bits)
	}
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: "issuer"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), issuer)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return sizedPair{cert, der}
}

// onHeap returns a context on a board with heaps of these sizes in octets.
func onHeap(t testing.TB, kind string, heap ...int) *device.SSLContext {
	board := &device.Board{Name: "TEST", Heap: heap, Network: device.Boards()[0].Network}
	context, err := device.NewSSLContextOn(board, device.OpenMV50)
	require.NoError(t, err)
	pair := sizedPairOf(t, kind)
	require.NoError(t, context.LoadCertChain(pair.cert, pair.key))
	return context
}

// anyone is a client that accepts every certificate: here the camera is on trial.
var anyone = &tls.Config{InsecureSkipVerify: true}

// connect shakes hands with the context; the connection stays open.
func connect(t testing.TB, context *device.SSLContext, config *tls.Config) (*device.SSLSocket, error) {
	client, server := wire.Pipe()
	t.Cleanup(func() { client.Close(); server.Close() })
	go func() {
		if tls.Client(client, config).Handshake() != nil {
			client.CloseWrite()
		}
	}()
	socket, err := context.WrapSocket(server)
	server.CloseWrite() // the client's goroutine ends
	return socket, err
}

// TestHeldConnections is the table "simultaneous held connections" of CAMERA.md section
// 8: how many connections a script can hold open until one raises an exception.
func TestHeldConnections(t *testing.T) {
	for _, row := range []struct {
		kib                    int
		p256, rsa2048, rsa4096 int // -1: not measured
	}{
		{64, 2, 1, 1},
		{128, 5, 4, 4},
		{192, 7, 7, 7},
		{256, 10, 10, 9},
		{384, 16, 15, 15},
		{512, 21, 21, 20},
		{1024, 43, 43, 42},
		{2048, 87, 87, 86},
		{4096, 175, -1, -1},
	} {
		for kind, want := range map[string]int{"P-256": row.p256, "RSA-2048": row.rsa2048, "RSA-4096": row.rsa4096} {
			if want < 0 {
				continue
			}
			t.Run(fmt.Sprintf("%d KiB/%s", row.kib, kind), func(t *testing.T) {
				context := onHeap(t, kind, row.kib<<10)
				require.Equal(t, want, context.Fit(), "as told beforehand")
				held := 0
				var err error
				for ; ; held++ {
					if _, err = connect(t, context, anyone); err != nil {
						break
					}
				}
				require.Equal(t, want, held)
				require.Contains(t, []string{
					"OSError: [Errno 12] ENOMEM", "OSError: 16",
					"OSError: (-17168, 'MBEDTLS_ERR_RSA_PRIVATE_FAILED+MBEDTLS_ERR_MPI_ALLOC_FAILED')",
				}, err.Error())
			})
		}
	}
}

// TestSmallestHeap is the other table of section 8: the heap that one connection needs, in
// steps of 1000 octets, and what happens below it.
func TestSmallestHeap(t *testing.T) {
	const (
		noMemory  = "OSError: [Errno 12] ENOMEM"
		decode    = "OSError: (-29440, 'MBEDTLS_ERR_SSL_DECODE_ERROR')"
		bignum    = "OSError: 16"
		rsaFailed = "OSError: (-17168, 'MBEDTLS_ERR_RSA_PRIVATE_FAILED+MBEDTLS_ERR_MPI_ALLOC_FAILED')"
	)
	for kind, want := range map[string]struct {
		smallest  int
		justBelow string
	}{
		"P-256":    {36000, decode},
		"P-384":    {36000, decode},
		"P-521":    {36000, bignum},
		"RSA-1024": {38000, rsaFailed},
		"RSA-2048": {43000, rsaFailed},
		"RSA-3072": {49000, bignum},
		"RSA-4096": {54000, bignum},
	} {
		t.Run(kind, func(t *testing.T) {
			_, err := connect(t, onHeap(t, kind, want.smallest), anyone)
			require.NoError(t, err)
			_, err = connect(t, onHeap(t, kind, want.smallest-1000), anyone)
			require.EqualError(t, err, want.justBelow)
			for heap := 20000; heap <= 34000; heap += 1000 {
				_, err = connect(t, onHeap(t, kind, heap), anyone)
				require.EqualError(t, err, noMemory, "heap of %d", heap)
			}
		})
	}
}

// TestBetweenTheTables: a larger heap never holds less, a larger key never more.
func TestBetweenTheTables(t *testing.T) {
	for heap := 40 << 10; heap < 600<<10; heap += 7777 {
		board := &device.Board{Heap: []int{heap}, Network: device.Boards()[0].Network}
		larger := &device.Board{Heap: []int{heap + 4096}, Network: board.Network}
		for bits := 1024; bits < 4096; bits += 512 {
			fits := board.Fit(device.OpenMV50, device.KeySize{RSA: true, Bits: bits})
			require.LessOrEqual(t, fits, larger.Fit(device.OpenMV50, device.KeySize{RSA: true, Bits: bits}))
			require.GreaterOrEqual(t, fits, board.Fit(device.OpenMV50, device.KeySize{RSA: true, Bits: bits + 512}))
		}
	}
}

// TestMemoryComesBack: what a closed or failed connection had can be used again.
func TestMemoryComesBack(t *testing.T) {
	context := onHeap(t, "P-256", 64<<10)
	for range 50 {
		socket, err := connect(t, context, anyone)
		require.NoError(t, err)
		require.NoError(t, socket.Close())
		_, err = connect(t, context, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
		require.Error(t, err)
	}
	require.Equal(t, 2, context.Fit())
}

// TestSplitHeap: each buffer has to fit one area, so two halves hold less than the whole.
func TestSplitHeap(t *testing.T) {
	key := device.KeySize{Bits: 256}
	fit := func(heap ...int) int {
		return (&device.Board{Heap: heap, Network: device.Boards()[0].Network}).Fit(device.OpenMV50, key)
	}
	require.Equal(t, 2, fit(64<<10))
	require.Equal(t, 0, fit(16<<10, 16<<10, 16<<10, 16<<10))
	require.Equal(t, 1, fit(40<<10, 16<<10))
}

// TestStaticRSAWithoutMemory: nothing is refused at the key exchange, so the client's
// Finished does not decrypt.
func TestStaticRSAWithoutMemory(t *testing.T) {
	config := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}
	_, err := connect(t, onHeap(t, "RSA-2048", 43000), config)
	require.NoError(t, err)
	_, err = connect(t, onHeap(t, "RSA-2048", 40000), config)
	require.EqualError(t, err, "OSError: (-29056, 'MBEDTLS_ERR_SSL_INVALID_MAC')")
}

// TestClientOfAFullBoard: what the client sees when memory is short.
func TestClientOfAFullBoard(t *testing.T) {
	visit := func(kind string, heap int) (received int, event trace.Event, err error) {
		camera, events := start(t, device.CameraConfig{Context: onHeap(t, kind, heap)})
		conn := dial(t, camera)
		counted := &countingConn{Conn: conn}
		err = tls.Client(counted, anyone).Handshake()
		return counted.received, <-events, err
	}
	received, event, err := visit("P-256", 30000)
	require.Zero(t, received, "reset before any octet")
	require.ErrorContains(t, err, "reset")
	require.EqualError(t, event.Exception, "OSError: [Errno 12] ENOMEM")
	require.Equal(t, "wrap", event.Phase)
	require.Empty(t, event.Alerts)

	received, event, err = visit("P-256", 35000) // in the client's key exchange: a whole flight
	require.Greater(t, received, 500)
	require.True(t, isEnd(err), "%v", err)
	require.Empty(t, event.Alerts)

	received, event, err = visit("RSA-2048", 42000) // while signing: ServerHello and Certificate
	require.Greater(t, received, 500)
	require.True(t, isEnd(err), "%v", err)
	require.Empty(t, event.Alerts)
}

func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || strings.Contains(err.Error(), "reset")
}

type countingConn struct {
	net.Conn
	received int
}

func (c *countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received += n
	return n, err
}

// TestTooSmallForACredential: nothing of this was measured; it must not crash.
func TestTooSmallForACredential(t *testing.T) {
	network := device.Boards()[0].Network
	_, err := device.NewSSLContextOn(&device.Board{Heap: []int{4096}, Network: network}, device.OpenMV50)
	var memoryError *micropython.MemoryError
	require.ErrorAs(t, err, &memoryError)
	context, err := device.NewSSLContextOn(&device.Board{Heap: []int{10000}, Network: network}, device.OpenMV50)
	require.NoError(t, err)
	pair := sizedPairOf(t, "RSA-2048")
	require.ErrorAs(t, context.LoadCertChain(pair.cert, pair.key), &memoryError)
}

// TestLineThatDoesNotFit: readline grows until the board's memory is full.
func TestLineThatDoesNotFit(t *testing.T) {
	camera, events := start(t, device.CameraConfig{Context: onHeap(t, "P-256", 64<<10)})
	client := tls.Client(dial(t, camera), anyone)
	go client.Write([]byte(strings.Repeat("x", 128<<10)))
	event := <-events
	require.ErrorContains(t, event.Exception, "MemoryError: memory allocation failed, allocating ")
	require.Equal(t, "read", event.Phase)
}
