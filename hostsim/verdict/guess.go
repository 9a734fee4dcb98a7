package verdict

import (
	"slices"

	"github.com/leafcam/leafcam/device/trace"
)

// fingerprints are how the signature algorithms begin that TLS libraries offer
// (RFC 5246 section 7.4.1.4.1): their order is rarely touched by the programs that use them.
// Taken from the clients of hostsim/clients in November 2026. The particular comes first.
var fingerprints = []struct {
	stack string
	first []trace.Codepoint
}{
	{"GnuTLS", []trace.Codepoint{0x0401, 0x0809, 0x0804, 0x0403}},
	{"OpenSSL", []trace.Codepoint{0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809}},
	{"JSSE", []trace.Codepoint{0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804}},
	{"NSS", []trace.Codepoint{0x0403, 0x0503, 0x0603, 0x0804}},
	{"NSS", []trace.Codepoint{0x0403, 0x0503, 0x0603, 0x0203, 0x0804}},
	{"BoringSSL", []trace.Codepoint{0x0403, 0x0804, 0x0401, 0x0503}},
	{"BoringSSL", []trace.Codepoint{0x0904, 0x0905, 0x0906, 0x0403, 0x0804}},
	{"Go", []trace.Codepoint{0x0804, 0x0403, 0x0807, 0x0805}},
	{"rustls", []trace.Codepoint{0x0503, 0x0403, 0x0807, 0x0806}},
	{"rustls", []trace.Codepoint{0x0503, 0x0403, 0x0603, 0x0807, 0x0806}},
	{"Bouncy Castle", []trace.Codepoint{0x0807, 0x0808, 0x0403, 0x0503}},
	{"Erlang", []trace.Codepoint{0x0807, 0x0808, 0x0603, 0x0503}},
	{"Haskell tls", []trace.Codepoint{0x0808, 0x0807, 0x0403, 0x0503}},
	{"wolfSSL", []trace.Codepoint{0x0603, 0x0503, 0x0403, 0x0203, 0x0807}},
	{"Mbed TLS", []trace.Codepoint{0x0603, 0x0601, 0x0503, 0x0501}},
	{"BearSSL", []trace.Codepoint{0x0403, 0x0303, 0x0503, 0x0603}},
	{"Botan", []trace.Codepoint{0x0805, 0x0804, 0x0806, 0x0501}},
	{"Mono", []trace.Codepoint{0x0601, 0x0603, 0x0501, 0x0503}},
}

// GuessStack returns the family of TLS libraries that a ClientHello looks like, as the
// clients' stacks are called, or "" when it looks like none that is known. It is a guess:
// whoever wants to look like another library can.
func GuessStack(hello *trace.ClientHello) string {
	offered := slices.DeleteFunc(slices.Clone(hello.SignatureAlgorithms), IsGREASE)
	for _, f := range fingerprints {
		if len(offered) >= len(f.first) && slices.Equal(offered[:len(f.first)], f.first) {
			return f.stack
		}
	}
	return ""
}

// IsGREASE reports whether a codepoint is one of those that stand for nothing (RFC 8701).
func IsGREASE(c trace.Codepoint) bool { return c&0x0f0f == 0x0a0a && c>>8 == c&0xff }
