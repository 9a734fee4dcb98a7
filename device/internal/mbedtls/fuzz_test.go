package mbedtls

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// recorded calls f with each line of a file of recordings.
func recorded(f *testing.F, name string, each func(line []byte)) {
	file, err := os.Open("../../wire/testdata/" + name)
	require.NoError(f, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(f, err)
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		each(lines.Bytes())
	}
	require.NoError(f, lines.Err())
}

// addVectors adds what the clients of the recordings sent, from the segment on that
// is given: 0 for the ClientHello, 1 for the second flight.
func addVectors(f *testing.F, from int, add func([]byte)) {
	recorded(f, "openmv-5.0_p256.jsonl.gz", func(line []byte) {
		var v struct {
			Sent []string `json:"sent_hex"`
		}
		require.NoError(f, json.Unmarshal(line, &v))
		if len(v.Sent) <= from {
			return
		}
		var data []byte
		for _, s := range v.Sent[from:] {
			b, err := hex.DecodeString(s)
			require.NoError(f, err)
			data = append(data, b...)
		}
		if len(data) < 2048 { // the fuzzer is faster with small seeds
			add(data)
		}
	})
}

// requireKnown checks that a failure is one of Mbed TLS's or the end of the input.
func requireKnown(t *testing.T, err error) {
	var known *Error
	require.True(t, errors.As(err, &known) || errors.Is(err, io.EOF), "%v", err)
}

func FuzzClientHello(f *testing.F) {
	config := testConfig(f, ecdsaKey(f))
	addVectors(f, 0, func(data []byte) { f.Add(data) })
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, change := range builds {
			helloOnce(t, config, change, data)
		}
	})
}

// builds are those that read a ClientHello in ways of their own.
var builds = []func(*Profile){
	func(*Profile) {},
	func(p *Profile) { p.HelloInRecordLayer, p.Reassembles = true, true },
	func(p *Profile) { p.dialect, p.OldVersions, p.groups = dialect228, true, namedCurves },
	func(p *Profile) { p.dialect, p.OldVersions, p.groups = dialect216, true, namedCurves },
}

// helloOnce feeds a server of a build.
func helloOnce(t *testing.T, config *Config, change func(*Profile), data []byte) {
	conn := newTranscript(data)
	build, profile := *config, *config.Profile
	change(&profile)
	build.Profile = &profile
	err := Server(conn, &build, &Trace{ClientHello: func([]byte) {}, Alert: func(Alert) {}}).Handshake()
	requireKnown(t, err)
	checkRecords(t, conn.out.Bytes())
}

// checkRecords: whatever came in, what goes out is whole records of at most 4096 octets.
func checkRecords(t *testing.T, out []byte) {
	for len(out) > 0 {
		require.GreaterOrEqual(t, len(out), recordHeaderLen)
		length := int(out[3])<<8 | int(out[4])
		require.LessOrEqual(t, length, 4096+Overhead)
		require.GreaterOrEqual(t, len(out), recordHeaderLen+length)
		out = out[recordHeaderLen+length:]
	}
}

// The ClientHellos before a second flight: one for ECDHE, one for static RSA.
const (
	helloECDHE = "1603010042010000" + "3e" + "0303" +
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" + "00" + "0002c02b" + "0100" +
		"0012" + "000a000400020017" + "000d000600040403" + "0401"
	helloRSA = "1603010031010000" + "2d" + "0303" +
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" + "00" + "0004009c002f" + "0100"
)

// The lowest bits of FuzzSecondFlight's first argument.
const (
	fuzzStaticRSA    = 1 << iota // static RSA instead of ECDHE
	fuzzAsk                      // a client certificate is asked for
	fuzzReassembling             // the newer build
)

func FuzzSecondFlight(f *testing.F) {
	ecdhe, static := testConfig(f, ecdsaKey(f)), testConfig(f, rsaKey(f))
	hello := func(s string) []byte {
		b, err := hex.DecodeString(s)
		require.NoError(f, err)
		n := len(b) - recordHeaderLen
		b[3], b[4] = byte(n>>8), byte(n)
		n -= handshakeHeaderLen
		b[6], b[7], b[8] = byte(n>>16), byte(n>>8), byte(n)
		return b
	}
	helloEC, helloStatic := hello(helloECDHE), hello(helloRSA)
	for _, h := range []struct {
		config *Config
		hello  []byte
	}{{ecdhe, helloEC}, {static, helloStatic}} {
		conn := newTranscript(h.hello)
		require.ErrorIs(f, Server(conn, h.config, nil).Handshake(), ErrConnEOF, "the ClientHello must be answered")
	}
	addVectors(f, 1, func(data []byte) {
		for how := range byte(2 * fuzzReassembling) {
			f.Add(how, data)
		}
	})
	f.Add(byte(fuzzAsk), certificateRecord([][]byte{ecdhe.Chain[0].Raw}))
	addClientChains(f, func(chain [][]byte) { f.Add(byte(fuzzAsk), certificateRecord(chain)) })
	f.Fuzz(func(t *testing.T, how byte, data []byte) {
		config, first := *ecdhe, helloEC
		if how&fuzzStaticRSA != 0 {
			config, first = *static, helloStatic
		}
		if how&fuzzAsk != 0 {
			config.VerifyMode, config.CAs, config.Clock = VerifyRequired, ecdhe.Chain, time.Now
		}
		profile := *config.Profile
		profile.Reassembles = how&fuzzReassembling != 0
		config.Profile = &profile
		conn := newTranscript(first, data)
		err := Server(conn, &config, nil).Handshake()
		var unverified *VerifyError
		if !errors.As(err, &unverified) {
			requireKnown(t, err)
		}
		checkRecords(t, conn.out.Bytes())
	})
}

// FuzzRecords reads records after a handshake. In the input each record is a type, two
// octets of length with the top bit set for a record that is sent as it stands instead of
// being sealed, and the content.
func FuzzRecords(f *testing.F) {
	record := func(typ byte, raw bool, content ...byte) []byte {
		high := byte(len(content) >> 8)
		if raw {
			high |= 0x80
		}
		return append([]byte{typ, high, byte(len(content))}, content...)
	}
	f.Add(true, bytes.Join([][]byte{record(23, false, 'G', 'E', 'T'), record(23, false), record(23, false), record(21, false, 1, 100)}, nil))
	f.Add(false, bytes.Join([][]byte{record(22, false, 1, 0, 0, 0), record(22, false, 20, 0, 0, 1, 9), record(20, false, 1)}, nil))
	f.Add(false, bytes.Join([][]byte{record(21, false, 1, 90), record(21, true, 2, 48), record(99, true)}, nil))
	f.Fuzz(func(t *testing.T, gcm bool, data []byte) {
		suite := uint16(0xc027)
		if gcm {
			suite = 0xc02b
		}
		sealer, opener := protections(t, suite)
		_, own := protections(t, suite)
		var wire []byte
		for len(data) >= 3 {
			typ, raw, length := data[0], data[1]&0x80 != 0, int(data[1]&0x7f)<<8|int(data[2])
			data = data[3:]
			content := data[:min(length, len(data))]
			data = data[len(content):]
			if !raw {
				content = sealer.Seal(nil, typ, versionTLS12, content)
			}
			wire = append(append(wire, typ, 3, 3, byte(len(content)>>8), byte(len(content))), content...)
		}
		conn := newTranscript(wire, data)
		c := Server(conn, &Config{Profile: testProfile(t)}, nil)
		c.unprotect, c.protect = opener, own
		buf := make([]byte, 100)
		for range 2*len(wire) + 10 {
			n, err := c.Read(buf)
			require.LessOrEqual(t, n, len(buf))
			if err != nil && !errors.Is(err, ErrWantRead) && !errors.Is(err, ErrPeerCloseNotify) {
				requireKnown(t, err)
				checkRecords(t, conn.out.Bytes())
				return
			}
		}
		t.Fatal("reading does not come to an end")
	})
}

func addLoaderCases(f *testing.F, pick func(cert, key []byte) []byte) {
	recorded(f, "loader_openmv-5.0.jsonl.gz", func(line []byte) {
		var c struct {
			Cert []byte `json:"cert_b64"`
			Key  []byte `json:"key_b64"`
		}
		require.NoError(f, json.Unmarshal(line, &c))
		if data := pick(c.Cert, c.Key); len(data) > 0 && len(data) < 4096 {
			f.Add(data)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	addLoaderCases(f, func(_, key []byte) []byte { return key })
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := testProfile(t).ParseKey(data)
		if err != nil {
			require.ErrorIs(t, err, ErrPKBadInputData)
			return
		}
		require.NotEmpty(t, k.Kind())
		if k.size > 512 {
			return // such a key takes its time
		}
		if _, err := k.sign(crypto.SHA256, make([]byte, 32)); err != nil {
			requireKnown(t, err)
		}
	})
}

func FuzzParsePEM(f *testing.F) {
	addLoaderCases(f, func(cert, _ []byte) []byte { return cert })
	addLoaderCases(f, func(_, key []byte) []byte { return key })
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, isPEM, err := testProfile(t).ParseKeyPEM(data); !isPEM {
			_, plain := testProfile(t).ParseKey(data)
			require.Equal(t, plain, err, "without PEM the key is DER")
		}
		list, err := testProfile(t).ParseCertificatesPEM(data)
		require.True(t, err != nil || len(list) > 0)
		for _, c := range list {
			_, err := testProfile(t).ParseCertificate(c.Raw)
			require.NoError(t, err)
		}
	})
}

// addClientChains adds what the clients of the recordings showed.
func addClientChains(f *testing.F, add func(chain [][]byte)) {
	for _, name := range []string{"client-certificates_mutated.jsonl.gz", "client-certificates_openmv-5.0.jsonl.gz"} {
		recorded(f, name, func(line []byte) {
			var v struct {
				Chain []string `json:"chain_hex"`
			}
			require.NoError(f, json.Unmarshal(line, &v))
			var chain [][]byte
			for _, s := range v.Chain {
				der, err := hex.DecodeString(s)
				require.NoError(f, err)
				chain = append(chain, der)
			}
			if len(bytes.Join(chain, nil)) < 2048 {
				add(chain)
			}
		})
	}
}

// certificateRecord returns a Certificate message in a record.
func certificateRecord(chain [][]byte) []byte {
	var list []byte
	for _, der := range chain {
		list = append(appendUint24(list, len(der)), der...)
	}
	message := append(appendUint24(appendUint24([]byte{typeCertificate}, 3+len(list)), len(list)), list...)
	return append([]byte{RecordHandshake, 3, 3, byte(len(message) >> 8), byte(len(message))}, message...)
}

func FuzzParseCertificate(f *testing.F) {
	addLoaderCases(f, func(cert, _ []byte) []byte { return cert })
	addClientChains(f, func(chain [][]byte) {
		for _, der := range chain {
			f.Add(der)
		}
	})
	f.Fuzz(requireJudged)
}
