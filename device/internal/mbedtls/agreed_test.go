package mbedtls

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// granting returns a profile that has every suite and grants all that clients may ask for.
func granting(t testing.TB) *Profile {
	var names []string
	for _, s := range allSuites {
		names = append(names, s.Name)
	}
	p, err := Build{Suites: names, Requested: []string{"SHA-384", "SHA-256"}}.Profile(Quirks{
		InContentLen: 16384, OutContentLen: 4096, Reassembles: true, UncheckedHelloLength: true, MACAlert: true,
		MaxFragmentLength: true, EncryptThenMAC: true, ExtendedMasterSecret: true, KeepsPeer: true, PSS: true, SpecifiedCurves: true,
	})
	require.NoError(t, err)
	return p
}

// TestAgreed: what a hello asks for comes back in the server's order, or is refused.
func TestAgreed(t *testing.T) {
	profile, gcm, cbc := granting(t), SuiteByID(0xc02b), SuiteByID(0xc00a)
	type extension struct {
		typ  uint16
		body string
	}
	for _, tc := range []struct {
		name    string
		asked   []extension
		suite   *Suite
		want    string
		refused *refusal
	}{
		{"nothing", nil, cbc, "", nil},
		{"all, with CBC", []extension{{23, ""}, {22, ""}, {1, "\x03"}}, cbc, "000100010300160000" + "00170000", nil},
		{"all, with GCM", []extension{{23, ""}, {22, ""}, {1, "\x03"}}, gcm, "0001000103" + "00170000", nil},
		{"two lengths", []extension{{1, "\x01"}, {1, "\x04"}}, gcm, "0001000104", nil},
		{"no length at last", []extension{{1, "\x01"}, {1, "\x00"}}, gcm, "", nil},
		{"an unknown length", []extension{{1, "\x05"}}, gcm, "", &refusal{alertIllegalParameter, ErrIllegalParameter}},
		{"a length of two octets", []extension{{1, "\x01\x01"}}, gcm, "", &refusal{alertIllegalParameter, ErrIllegalParameter}},
		{"encrypt_then_mac with content", []extension{{22, "\x00"}}, gcm, "", &profile.hello},
		{"extended_master_secret with content", []extension{{23, "\x00"}}, gcm, "", &profile.hello},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var a, none agreed
			var refused *refusal
			for _, e := range tc.asked {
				require.Nil(t, none.read(testProfile(t), e.typ, []byte(e.body)), "another build ignores it")
				if refused == nil {
					refused = a.read(profile, e.typ, []byte(e.body))
				}
			}
			require.Equal(t, tc.refused, refused)
			if refused == nil {
				require.Equal(t, tc.want, hex.EncodeToString(a.append(nil, tc.suite)))
			}
			require.Empty(t, none.append(nil, tc.suite))
		})
	}
}

// FuzzGranting: a server that grants everything survives any octets.
func FuzzGranting(f *testing.F) {
	configs := []*Config{testConfig(f, ecdsaKey(f)), testConfig(f, rsaKey(f))}
	for _, config := range configs {
		config.Profile = granting(f)
	}
	addVectors(f, 0, func(data []byte) { f.Add(data) })
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, config := range configs {
			conn := newTranscript(data)
			requireKnown(t, Server(conn, config, nil).Handshake())
			checkRecords(t, conn.out.Bytes())
		}
	})
}
