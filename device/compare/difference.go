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
	a, b = choose(layered, "alerts are read first", "refused, -30464 UNEXPECTED_MESSAGE")
	add("alerts before the ClientHello", a, b, "matters to scanners only")
	a, b = choose(layered, "refused, -29184 INVALID_RECORD", "refused, -30464 UNEXPECTED_MESSAGE")
	add("a client that does not speak TLS", a, b, "the line in the camera's log differs")
	a, b = choose(layered, "up to 0303", "any")
	add("record version of the ClientHello", a, b, "matters to scanners only")
	a, b = choose(func(fw *device.Firmware) bool { return fw.LaxRSAKeys }, "passed over", "refused, invalid key")
	add("octets behind an RSA key in PKCS#1", a, b, "a key file with a line end or a second key behind it loads")
	a, b = choose(func(fw *device.Firmware) bool { return fw.TerminatesFiles }, "refused, invalid key", "load")
	add("keys in PKCS#8", a, b, "where they are refused, a key has to be in SEC1 (EC) or PKCS#1 (RSA)")
	a, b = choose(func(fw *device.Firmware) bool { return fw.BareStreamErrors }, "OSError: -29056",
		"OSError: (-29056, 'MBEDTLS_ERR_SSL_INVALID_MAC')")
	add("exceptions of reads and writes", a, b, "the line in the camera's log differs")
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
	add("largest record content in, octets", strconv.Itoa(first.InContentLen), strconv.Itoa(second.InContentLen), "larger records are refused")
	add("Certificate message at most, octets", strconv.Itoa(first.OutContentLen),
		strconv.Itoa(second.OutContentLen), "a longer chain ends every handshake")
	for _, l := range []struct {
		subject string
		names   func(*device.Firmware) []string
		meaning string
	}{
		{
			"cipher suites, in the server's order", func(fw *device.Firmware) []string { return fw.Suites },
			"clients that offer none of them get handshake_failure",
		},
		{
			"groups of ECDHE, in the server's order", func(fw *device.Firmware) []string { return fw.Groups },
			"clients that offer none of them get handshake_failure",
		},
		{"curves of certificates and keys", func(fw *device.Firmware) []string { return fw.Curves }, "keys on other curves do not load"},
		{
			"extensions of certificates that are read",
			func(fw *device.Firmware) []string { return fw.Extensions },
			"certificates with other critical ones do not load",
		},
		{"hashes of signatures", func(fw *device.Firmware) []string { return fw.Hashes }, "certificates that are signed with others do not load"},
		{
			"hashes that clients may sign with",
			func(fw *device.Firmware) []string { return fw.ClientHashes },
			"matters to client certificates only",
		},
	} {
		add(l.subject, listed(l.names(first)), listed(l.names(second)), l.meaning)
	}
	return list
}

// listed writes the names that a firmware has; nil stands for those of OpenMV.
func listed(names []string) string {
	if names == nil {
		return "those of openmv-5.0"
	}
	return strings.Join(names, ", ")
}
