package wire_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// trailedServerName was sent to the real stack, which served it: its server_name has an octet after the list.
const trailedServerName = "1603010067010000630303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000002c02b01000038" +
	"ff01000100000a00080006001700180019000b00020100000d0012001004030503060304010501060102030201000000070004000001617a"

// TestOctetAfterServerNames: of that exchange nothing but the answer's kind was kept.
func TestOctetAfterServerNames(t *testing.T) {
	sent, err := hex.DecodeString(trailedServerName)
	require.NoError(t, err)
	for _, fw := range device.Firmwares() {
		if beforeGCM(fw) {
			continue
		}
		for _, kind := range []string{"p256", "p384"} {
			t.Run(fw.Name+"/"+kind, func(t *testing.T) {
				context := recordedContext(t, fw, kind)
				synctest.Test(t, func(t *testing.T) {
					conn, events := serve(context, device.Hello(device.DefaultBody))
					got := wire.Replay(conn, []wire.Octets{sent}, wire.ReplayOptions{Plain: true, Varies: true})
					require.Nil(t, got.Received.Alert)
					require.True(t, got.Received.Done(), "the flight came")
					require.Equal(t, "OSError: (-29312, 'MBEDTLS_ERR_SSL_CONN_EOF')", exceptionLine(<-events), "the client left, and nothing else")
				})
			})
		}
	}
}

// TestOctetAfterRecordedServerNames sends the recorded hellos that have a server_name and are served, with one octet
// more after its list: the answers are the recorded ones.
func TestOctetAfterRecordedServerNames(t *testing.T) {
	for _, name := range recordings("p256", "p384", "rsa2048") {
		context, key, vectors := opened(t, name)
		replayed := 0
		for _, v := range vectors {
			if v.Alert != nil || !strings.HasPrefix(v.Name, "ext.with.sni") {
				continue
			}
			replayed++
			v.Sent = []wire.Octets{afterServerNames(t, v.Sent[0])}
			t.Run(name+"/"+v.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { replay(t, context, key, v) })
			})
		}
		require.GreaterOrEqual(t, replayed, 6)
	}
}

// afterServerNames returns a ClientHello in one record with one octet more at the end of its server_name.
func afterServerNames(t *testing.T, hello []byte) []byte {
	grow := func(at int) { binary.BigEndian.PutUint16(hello[at:], binary.BigEndian.Uint16(hello[at:])+1) }
	at := 5 + 4 + 2 + 32               // headers of record and message, version, random
	at += 1 + int(hello[at])           // session id
	at += 2 + int(hello[at+1])         // suites, fewer than 128
	at += 1 + int(hello[at])           // compression methods
	hello = append([]byte{}, hello...) // the recording stays as it is
	grow(3)
	grow(7)
	grow(at)
	for at += 2; at < len(hello); {
		size := int(binary.BigEndian.Uint16(hello[at+2:]))
		end := at + 4 + size
		if binary.BigEndian.Uint16(hello[at:]) == 0 {
			grow(at + 2)
			return append(hello[:end:end], append([]byte{'z'}, hello[end:]...)...)
		}
		at = end
	}
	require.Fail(t, "the hello has no server_name")
	return nil
}
