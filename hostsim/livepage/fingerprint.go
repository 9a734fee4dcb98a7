package livepage

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// volatile are extensions that one client sends now and then: server name, padding, early data,
// cookie, tickets that it has (RFC 8446 section 4.2), trust anchors that it names, and encrypted
// client hello.
var volatile = []trace.Codepoint{0, 21, 35, 41, 42, 44, 0xca34, 0xfe0d}

// fingerprint is what stays the same when one program connects again: what it offers, without
// what stands for nothing (RFC 8701), what differs from visit to visit, and the order of the
// extensions, which some programs shuffle.
func fingerprint(h *trace.ClientHello) string {
	lasting := func(list []trace.Codepoint) []trace.Codepoint {
		return slices.DeleteFunc(slices.Clone(list), verdict.IsGREASE)
	}
	extensions := slices.DeleteFunc(lasting(h.Extensions), func(c trace.Codepoint) bool { return slices.Contains(volatile, c) })
	slices.Sort(extensions)
	text := fmt.Sprint(lasting(h.SupportedVersions), lasting(h.CipherSuites),
		lasting(h.Groups), lasting(h.SignatureAlgorithms), extensions, h.ALPN)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}
