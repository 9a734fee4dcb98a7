package compare

import (
	"github.com/leafcam/leafcam/device"
	"strconv"
	"strings"
)

// A Difference is something in which two firmwares behave differently, in the words of
// those who use them.
type Difference struct {
	Subject string `json:"subject"`
	First   string `json:"first"`  // what the first firmware does
	Second  string `json:"second"` // what the second one does
	Meaning string `json:"meaning"`
}

// Differences compares two firmwares (CAMERA.md section 10). It returns nothing for
// firmwares that behave alike.
func Differences(first, second *device.Firmware) []Difference {
	var list []Difference
	add := func(subject, a, b, meaning string) {
		if a != b {
			list = append(list, Difference{subject, a, b, meaning})
		}
	}
	choose := func(property func(*device.Firmware) bool, yes, no string) (a, b string) {
		word := map[bool]string{true: yes, false: no}
		return word[property(first)], word[property(second)]
	}
	pem := func(fw *device.Firmware) bool { return fw.PEM }
	a, b := choose(pem, "DER or PEM", "DER only")
	add("certificate and key files", a, b, "files as a CA delivers them can be flashed where PEM is read")
	a, b = choose(pem, "all certificates of a PEM file", "the first one")
	add("certificates taken from one file", a, b, "a PEM full chain makes the camera send the intermediate; otherwise it takes a second load")
	a, b = choose(pem, "needs the key in DER", "takes any key that loads")
	add("second load_cert_chain on a context", a, b, "a second load with a PEM key raises ValueError: invalid key")
	layered := func(fw *device.Firmware) bool { return fw.HelloInRecordLayer }
	a, b = choose(layered, "read like any other message", "has to fill exactly one record")
	add("ClientHello", a, b,
		"clients whose hello is split over records, such as large post-quantum ones, connect only where it is read like any other")
	add("alerts before the ClientHello", noHello(first, "alerts are read first"), noHello(second, "alerts are read first"),
		"matters to scanners only")
	add("a client that does not speak TLS", noHello(first, "refused, -29184 INVALID_RECORD"),
		noHello(second, "refused, -29184 INVALID_RECORD"), "the line in the camera's log differs")
	a, b = choose(layered, "up to 0303", "any")
	add("record version of the ClientHello", a, b, "matters to scanners only")
	a, b = choose(func(fw *device.Firmware) bool { return fw.LaxRSAKeys }, "passed over", "refused, invalid key")
	add("octets behind an RSA key in PKCS#1", a, b, "a key file with a line end or a second key behind it loads")
	a, b = choose(func(fw *device.Firmware) bool { return fw.OldPublicKeys }, "-15616, -15206", "-20096, -15104")
	add("a client's key on a curve without a name, or with octets behind it", a, b, "the line in the camera's log differs")
	a, b = choose(func(fw *device.Firmware) bool { return fw.TerminatesFiles && fw.Generation == "" }, "refused, invalid key", "load")
	add("keys in PKCS#8", a, b, "where they are refused, a key has to be in SEC1 (EC) or PKCS#1 (RSA)")
	a, b = choose(func(fw *device.Firmware) bool { return fw.BareStreamErrors }, "OSError: -29056",
		"OSError: (-29056, 'MBEDTLS_ERR_SSL_INVALID_MAC')")
	add("exceptions of reads and writes", a, b, "the line in the camera's log differs")
	drops := map[device.Drops]string{
		device.DropsNever: "can be closed by the TLS socket", device.DropsAlways: "stays open, the TLS socket has let go of it",
		device.DropsFailedHandshake: "stays open after a handshake alone, the TLS socket has let go of it",
	}
	add("TCP after an exception of a read or write", drops[first.DropsTCP], drops[second.DropsTCP],
		"where it stays open, the client waits until the script closes TCP, too")
	a, b = choose(func(fw *device.Firmware) bool { return fw.NumbersVerify }, "OSError: (-9984, 'MBEDTLS_ERR_X509_CERT_VERIFY_FAILED')",
		"ValueError with the reasons")
	add("a client's certificate that does not verify", a, b, "the line in the camera's log differs")
	a, b = choose(func(fw *device.Firmware) bool { return fw.NoCipher }, "is not there", "tells the suite")
	add("cipher() of a TLS socket", a, b, "a script that calls it ends with AttributeError where it is not there")
	a, b = choose(func(fw *device.Firmware) bool { return fw.OldVersions }, "1.0, 1.1 and 1.2", "1.2 alone")
	add("versions of TLS", a, b, "old clients connect where theirs is spoken; scanners report it")
	generations := map[string]string{"": "3, with codes such as -29440 DECODE_ERROR"}
	for _, old := range []string{device.MicroPython122.Generation, device.MicroPython120.Generation} {
		generations[old] = old + ", with codes such as -30976 BAD_HS_CLIENT_HELLO"
	}
	add("generation of Mbed TLS", generations[first.Generation], generations[second.Generation], "the line in the camera's log differs")
	for _, p := range []struct {
		subject  string
		property func(*device.Firmware) bool
		yes, no  string
		meaning  string
	}{
		{
			"extended_master_secret", func(fw *device.Firmware) bool { return fw.ExtendedMasterSecret },
			"granted", "ignored", "clients that insist on it connect only where it is granted",
		},
		{
			"encrypt_then_mac", func(fw *device.Firmware) bool { return fw.EncryptThenMAC },
			"granted with CBC", "ignored", "records look different on the wire",
		},
		{
			"max_fragment_length", func(fw *device.Firmware) bool { return fw.MaxFragmentLength },
			"granted", "ignored", "clients with small buffers get small records only where it is granted",
		},
		{
			"the length in the ClientHello's header", func(fw *device.Firmware) bool { return fw.UncheckedHelloLength },
			"not looked at", "has to fit", "matters to scanners only",
		},
		{
			"a record whose MAC is wrong", func(fw *device.Firmware) bool { return fw.MACAlert },
			"answered by bad_record_mac", "refused in silence", "the client's words differ",
		},
		{
			"a client of whose certificates none can be read", func(fw *device.Firmware) bool { return fw.KeepsPeer },
			"refused, -26112 ILLEGAL_PARAMETER", "refused, -27648 INTERNAL_ERROR", "matters to client certificates only",
		},
		{
			"curves that are spelled out", func(fw *device.Firmware) bool { return fw.SpecifiedCurves },
			"those of Koblitz load", "do not load", "no common CA or tool makes such keys",
		},
		{
			"signatures with RSASSA-PSS", func(fw *device.Firmware) bool { return fw.PSS },
			"load", "do not load", "certificates of some private CAs load only there",
		},
	} {
		a, b = choose(p.property, p.yes, p.no)
		add(p.subject, a, b, p.meaning)
	}
	a, b = choose(func(fw *device.Firmware) bool { return fw.Reassembles }, "put together again", "refused, -28800 FEATURE_UNAVAILABLE")
	add("other handshake messages split over records", a, b, "no common client splits them")
	a, b = choose(func(fw *device.Firmware) bool { return fw.NoClient }, "was not recorded, and is not emulated", "is emulated")
	add("the camera as a client", a, b, "leafcam connect and check --as-client work where it is emulated")
	a, b = choose(func(fw *device.Firmware) bool { return fw.StrictSignatures }, "refused, -26112 ILLEGAL_PARAMETER", "verified")
	add("a server's signature with MD5 or SHA-1, when the camera is the client", a, b, "no common server signs so")
	a, b = choose(func(fw *device.Firmware) bool { return fw.PSK }, "refused, -28160 HANDSHAKE_FAILURE", "refused, -28928 BAD_INPUT_DATA")
	add("a server that chooses TLS-PSK, when the camera is the client", a, b, "no common server chooses what was not offered")
	add("largest record content in, octets", strconv.Itoa(first.InContentLen), strconv.Itoa(second.InContentLen), "larger records are refused")
	add("Certificate message at most, octets", strconv.Itoa(first.OutContentLen),
		strconv.Itoa(second.OutContentLen), "a longer chain ends every handshake")
	for _, l := range []struct {
		subject string
		names   func(*device.Firmware) []string
		meaning string
		usual   string // what nil stands for
	}{
		{
			"cipher suites, in the server's order", func(fw *device.Firmware) []string { return fw.Suites },
			"clients that offer none of them get handshake_failure", "those of " + device.OpenMV50.Name,
		},
		{
			"groups of ECDHE, in the server's order", func(fw *device.Firmware) []string { return fw.Groups },
			"clients that offer none of them get handshake_failure", "secp256r1, secp384r1, secp521r1",
		},
		{
			"curves of certificates and keys", func(fw *device.Firmware) []string { return fw.Curves },
			"keys on other curves do not load", everything,
		},
		{
			"extensions of certificates that are read",
			func(fw *device.Firmware) []string { return fw.Extensions },
			"certificates with other critical ones do not load", everything,
		},
		{
			"hashes of signatures", func(fw *device.Firmware) []string { return fw.Hashes },
			"certificates that are signed with others do not load", everything,
		},
		{
			"hashes that the server signs with when it is asked", func(fw *device.Firmware) []string { return fw.ServerHashes },
			"clients that know none of them get handshake_failure", "SHA-512, SHA-384, SHA-256",
		},
		{
			"hashes that clients may sign with",
			func(fw *device.Firmware) []string { return fw.ClientHashes },
			"matters to client certificates only", everything,
		},
	} {
		add(l.subject, listed(l.names(first), l.usual), listed(l.names(second), l.usual), l.meaning)
	}
	return list
}

// everything is what no list stands for.
const everything = "all that the emulation has"

// listed writes the names that a firmware has, or the usual ones.
func listed(names []string, usual string) string {
	if names == nil {
		return usual
	}
	return strings.Join(names, ", ")
}

// noHello returns what a firmware does with a first record that is no ClientHello: the layered answer, or that of its generation.
func noHello(fw *device.Firmware, layered string) string {
	switch {
	case fw.HelloInRecordLayer:
		return layered
	case fw.Generation != "":
		return "refused, -30976 BAD_HS_CLIENT_HELLO"
	}
	return "refused, -30464 UNEXPECTED_MESSAGE"
}
