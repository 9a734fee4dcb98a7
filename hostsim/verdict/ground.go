package verdict

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/device/trace"
)

// A Ground is what client and camera have to have in common.
type Ground string

// The grounds.
const (
	GroundVersions   Ground = "versions"
	GroundSuites     Ground = "cipher suites"
	GroundGroups     Ground = "groups"
	GroundSignatures Ground = "signature algorithms"
)

// What the camera takes in a handshake (CAMERA.md section 2.1, steps 11, 14 and 15).
var (
	cameraGroups     = []trace.Codepoint{0x0017, 0x0018, 0x0019}
	cameraSignatures = map[bool][]trace.Codepoint{ // by whether the key is an EC one
		true: {0x0403, 0x0503, 0x0603}, false: {0x0401, 0x0501, 0x0601},
	}
	groupOfCurve = map[string]trace.Codepoint{"P-256": 0x0017, "P-384": 0x0018, "P-521": 0x0019}
)

// noCommonGround is the sighting of a client that the camera refused with an alert.
func (v view) noCommonGround() Sighting {
	sent := v.e.AlertSent()
	if v.e.ClientHello == nil || v.e.Chosen != nil {
		return v.says(VerdictNoHandshake, CauseNotTLS, "sent what the camera does not take (the camera's alert: "+sent.Name+")")
	}
	return v.withoutGround(" (" + sent.Name + ")")
}

// withoutGround is the sighting of a client that has nothing in common with the camera; told is how the camera
// said so.
func (v view) withoutGround(told string) Sighting {
	ground, because := v.lacking()
	in := ""
	if ground != "" {
		in = " in " + string(ground)
	}
	o := v.says(VerdictNoHandshake, CauseGround, "found no common ground with the camera"+in+told+": "+because)
	o.Ground = ground
	return o
}

// lacking says what of a ClientHello keeps the camera from answering it. The ground is "" where that cannot be
// told.
func (v view) lacking() (ground Ground, because string) {
	const tls12, unknown = 0x0303, "nothing of what it offers suits the camera and its key"
	hello, leaf := v.e.ClientHello, v.s.Leaf()
	newest := NewestVersion(hello)
	switch {
	case newest < tls12 && !v.spokenTo():
		return GroundVersions, "it offers no more than " + VersionName(newest) + ", and the camera wants TLS 1.2"
	case onlyTLS13(hello):
		return GroundVersions, "it offers TLS 1.3 alone, and the camera speaks TLS 1.2"
	case leaf == nil || v.s.Elsewhere:
		return "", unknown
	}
	key, curve, kind := false, trace.Codepoint(0), ""
	switch public := leaf.PublicKey.(type) {
	case *ecdsa.PublicKey:
		key, curve, kind = true, groupOfCurve[public.Curve.Params().Name], "EC"
	case *rsa.PublicKey:
		kind = "RSA"
	default:
		return "", unknown
	}
	suites, static := suitesFor(hello, key)
	switch {
	case len(suites) == 0:
		return GroundSuites, fmt.Sprintf("none of the %d that it offers is one of the camera's for its %s key", suitesOf(hello), kind)
	case static:
		return "", unknown // neither group nor signature is needed
	case len(hello.SignatureAlgorithms) > 0 && !overlap(hello.SignatureAlgorithms, cameraSignatures[key]):
		return GroundSignatures, fmt.Sprintf("none that it offers is one of the camera's for its %s key, with SHA-256, SHA-384 or SHA-512", kind)
	case !overlap(hello.Groups, cameraGroups):
		return GroundGroups, offeredGroups(hello) + ", and the camera has " + names(cameraGroups)
	case key && !slices.Contains(hello.Groups, curve):
		return GroundGroups, offeredGroups(hello) + ", and the camera's key is on " + trace.GroupName(curve)
	}
	return "", unknown
}

// spokenTo reports whether the camera speaks the client's version, however old: then it refuses something else, by another alert.
func (v view) spokenTo() bool {
	const handshakeFailure = 40
	sent := v.e.AlertSent()
	return sent != nil && sent.Description == handshakeFailure
}

// onlyTLS13 reports whether a client's cipher suites are all those of TLS 1.3.
func onlyTLS13(hello *trace.ClientHello) bool {
	const tls13suites = 0x13
	return suitesOf(hello) > 0 && !slices.ContainsFunc(hello.CipherSuites, func(suite trace.Codepoint) bool {
		return suite>>8 != tls13suites && !isSignal(suite)
	})
}

// suitesOf counts the cipher suites that a client offers.
func suitesOf(hello *trace.ClientHello) (n int) {
	for _, suite := range hello.CipherSuites {
		if !isSignal(suite) {
			n++
		}
	}
	return n
}

// isSignal reports whether a cipher suite is none: GREASE, TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746) or
// TLS_FALLBACK_SCSV (RFC 7507).
func isSignal(suite trace.Codepoint) bool {
	return IsGREASE(suite) || suite == 0x00ff || suite == 0x5600
}

// suitesFor returns the offered cipher suites of the camera for a kind of key; static says that one of them
// needs neither a group nor a signature.
func suitesFor(hello *trace.ClientHello, ec bool) (suites []trace.Codepoint, static bool) {
	for _, suite := range hello.CipherSuites {
		if use, known := trace.UseOf(suite); known && use.ECDSA == ec {
			suites, static = append(suites, suite), static || !use.ECDHE
		}
	}
	return suites, static
}

func overlap(a, b []trace.Codepoint) bool {
	return slices.ContainsFunc(a, func(c trace.Codepoint) bool { return slices.Contains(b, c) })
}

func offeredGroups(hello *trace.ClientHello) string {
	groups := slices.DeleteFunc(slices.Clone(hello.Groups), IsGREASE)
	if len(groups) == 0 {
		return "it offers none"
	}
	return "it offers " + names(groups)
}

// names are the names of groups, and the numbers of those that have none here.
func names(groups []trace.Codepoint) string {
	const most = 6
	var list []string
	for i, g := range groups {
		if i == most {
			list = append(list, "…")
			break
		}
		name := trace.GroupName(g)
		if name == "" {
			name = fmt.Sprintf("%04x", uint16(g))
		}
		list = append(list, name)
	}
	return strings.Join(list, ", ")
}

// NewestVersion returns the newest protocol version that a client offers.
func NewestVersion(hello *trace.ClientHello) trace.Codepoint {
	newest := hello.Version
	for _, version := range hello.SupportedVersions {
		if !IsGREASE(version) {
			newest = max(newest, version)
		}
	}
	return newest
}

// VersionName returns the name of a protocol version as TLS numbers it (RFC 8446 section 4.2.1).
func VersionName(version trace.Codepoint) string {
	const ssl3, tls10 = 0x0300, 0x0301
	switch {
	case version == ssl3:
		return "SSL 3.0"
	case version >= tls10 && version <= tls10+3:
		return fmt.Sprintf("TLS 1.%d", version-tls10)
	}
	return fmt.Sprintf("version %04x", uint16(version))
}
