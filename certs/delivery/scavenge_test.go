package delivery_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// A wrapping is a form in which people have a certificate or a key.
type wrapping struct {
	name   string
	text   func(pem string) string // wraps PEM
	octets func(der []byte) string // wraps DER, in the place of text
	alone  bool                    // a file holds no more than one
}

func ofPEM(name string, wrap func(text string) string) wrapping {
	return wrapping{name: name, text: wrap}
}

func ofDER(name string, wrap func(der []byte) string) wrapping {
	return wrapping{name: name, octets: wrap}
}

func ofOne(name string, wrap func(der []byte) string) wrapping {
	return wrapping{name: name, octets: wrap, alone: true}
}

// wrap returns a file with blocks of PEM, or with what is in them.
func (w wrapping) wrap(blocks ...*pem.Block) []byte {
	var joined strings.Builder
	for _, b := range blocks {
		if w.text != nil {
			joined.Write(pem.EncodeToMemory(b))
		} else {
			joined.WriteString(w.octets(b.Bytes) + "\n")
		}
	}
	switch {
	case w.text != nil:
		return []byte(w.text(joined.String()))
	case w.alone:
		return []byte(strings.TrimSuffix(joined.String(), "\n"))
	}
	return []byte(joined.String())
}

// listed lists octets by a format, twelve on a line.
func listed(der []byte, format, separator string) string {
	var b strings.Builder
	for i, octet := range der {
		if i > 0 {
			b.WriteString(separator)
			if i%12 == 0 {
				b.WriteString("\n  ")
			}
		}
		fmt.Fprintf(&b, format, octet)
	}
	return b.String()
}

// escaped are string literals of twelve escapes each.
func escaped(der []byte, format string) string {
	var b strings.Builder
	for chunk := range slices.Chunk(der, 12) {
		b.WriteString("  \"")
		for _, octet := range chunk {
			fmt.Fprintf(&b, format, octet)
		}
		b.WriteString("\"\n")
	}
	return b.String()
}

// pythonLiteral is what repr prints of bytes.
func pythonLiteral(der []byte) string {
	var b strings.Builder
	for _, c := range der {
		switch {
		case c == '\\' || c == '\'':
			b.WriteString("\\" + string(rune(c)))
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c >= 0x20 && c < 0x7f:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return "b'" + b.String() + "'"
}

// dumped is a dump by formats of the offset, of two octets, and of their text.
func dumped(der []byte, offset, two, text string) string {
	var b strings.Builder
	at := 0
	for line := range slices.Chunk(der, 16) {
		fmt.Fprintf(&b, offset, at)
		shown := []byte{}
		for pair := range slices.Chunk(line, 2) {
			if len(pair) == 2 {
				fmt.Fprintf(&b, two, pair[0], pair[1])
			} else {
				fmt.Fprintf(&b, "%02x ", pair[0])
			}
			for _, c := range pair {
				if c < ' ' || c > '~' {
					c = '.'
				}
				shown = append(shown, c)
			}
		}
		fmt.Fprintf(&b, text, shown)
		at += len(line)
	}
	return b.String()
}

// hexEscapes writes each octet as an escape.
func hexEscapes(der []byte) string {
	var b strings.Builder
	for _, c := range der {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

// inLines puts a prefix and a suffix around the lines of a text.
func inLines(text, prefix, suffix string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(prefix + strings.TrimSuffix(line, "\n") + suffix + "\n")
	}
	return b.String()
}

func utf16Of(text string, big bool) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		if big {
			b.WriteByte(byte(unit >> 8))
			b.WriteByte(byte(unit))
		} else {
			b.WriteByte(byte(unit))
			b.WriteByte(byte(unit >> 8))
		}
	}
	return b.String()
}

func utf32Of(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteString(string([]byte{byte(r), byte(r >> 8), byte(r >> 16), 0}))
	}
	return b.String()
}

func quoted(text string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func asJSON(value any) string {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(data)
}

func wrappings() []wrapping {
	b64 := base64.StdEncoding.EncodeToString
	return []wrapping{
		ofPEM("PEM", func(s string) string { return s }),
		ofPEM("without the last line end", func(s string) string { return strings.TrimSuffix(s, "\n") }),
		ofPEM("CRLF", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }),
		ofPEM("escaped line ends", func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) }),
		ofPEM("line ends escaped twice", func(s string) string { return strings.ReplaceAll(s, "\n", `\\n`) }),
		ofPEM("escaped CRLF", func(s string) string { return strings.ReplaceAll(s, "\n", `\r\n`) }),
		ofPEM("an environment file", func(s string) string { return `CERT="` + strings.ReplaceAll(s, "\n", `\n`) + "\"\n" }),
		ofPEM("an INI file", func(s string) string { return "[tls]\nvalue = " + strings.ReplaceAll(s, "\n", " ") + "\n" }),
		ofPEM("on one line", func(s string) string { return strings.ReplaceAll(s, "\n", " ") }),
		ofPEM("on one line without blanks", func(s string) string { return strings.ReplaceAll(s, "\n", "") }),
		ofPEM("dashes of a word processor", func(s string) string { return strings.ReplaceAll(s, "-----", "——-") }),
		ofPEM("other dashes of one", func(s string) string { return strings.ReplaceAll(s, "-----", "–––––") }),
		ofPEM("blanks and tabs", func(s string) string { return inLines(s, "\t  ", " \t") }),
		ofPEM("no-break spaces", func(s string) string { return inLines(s, "\u00a0", "\u00a0") }),
		ofPEM("empty lines", func(s string) string { return inLines(s, "\n", "") }),
		ofPEM("the quotation of a mail", func(s string) string { return inLines(s, "> > ", "") }),
		ofPEM("a comment", func(s string) string { return inLines(s, "# ", "") }),
		ofPEM("a comment of C", func(s string) string { return inLines(s, " * ", "") }),
		ofPEM("UTF-16 with a mark", func(s string) string { return "\xff\xfe" + utf16Of(s, false) }),
		ofPEM("UTF-16 without a mark", func(s string) string { return utf16Of(s, false) }),
		ofPEM("UTF-16, big end first", func(s string) string { return "\xfe\xff" + utf16Of(s, true) }),
		ofPEM("UTF-32 with a mark", func(s string) string { return "\xff\xfe\x00\x00" + utf32Of(s) }),
		ofPEM("UTF-32 without a mark", utf32Of),
		ofPEM("Arduino's raw string", func(s string) string { return "const char cert[] PROGMEM = R\"EOF(\n" + s + ")EOF\";\n" }),
		ofPEM("string literals of C", func(s string) string { return "const char *cert =\n" + inLines(s, `  "`, `\n"`) + ";\n" }),
		ofPEM("a literal that goes on", func(s string) string {
			return "static const char cert[] = \"" + strings.ReplaceAll(s, "\n", "\\n\\\n") + "\";\n"
		}),
		ofPEM("Python's parentheses", func(s string) string { return "cert = (\n" + inLines(s, `    b"`, `\n"`) + ")\n" }),
		ofPEM("JavaScript's sums", func(s string) string { return "const cert =\n" + inLines(s, `  "`, `\n" +`) + "  \"\";\n" }),
		ofPEM("JSON", func(s string) string { return asJSON(map[string]any{"data": map[string]string{"x": s}}) }),
		ofPEM("JSON with lines", func(s string) string { return asJSON(map[string]any{"lines": strings.Split(s, "\n")}) }),
		ofPEM("JSON in JSON", func(s string) string {
			return asJSON(map[string]string{"SecretString": asJSON(map[string]string{"x": s})})
		}),
		ofPEM("a block of YAML", func(s string) string { return "tls:\n  value: |-\n" + inLines(s, "    ", "") }),
		ofPEM("base64 of PEM", func(s string) string { return b64([]byte(s)) }),
		ofPEM("a Secret of Kubernetes", func(s string) string { return "kind: Secret\ndata:\n  value: " + b64([]byte(s)) + "\n" }),
		ofPEM("base64 of base64", func(s string) string { return b64([]byte(b64([]byte(s)))) }),
		ofPEM("hexadecimal of PEM", func(s string) string { return hex.EncodeToString([]byte(s)) }),
		ofPEM("HTML", func(s string) string { return "<pre>" + strings.ReplaceAll(s, "\n", "<br>\n") + "</pre>" }),
		ofPEM("a URL", func(s string) string {
			return strings.NewReplacer("\n", "%0A", "+", "%2B", "/", "%2F", "=", "%3D").Replace(s)
		}),
		ofPEM("quoted-printable mail", func(s string) string {
			return "From: ca@example.com\nSubject: your certificate\nMIME-Version: 1.0\nContent-Type: text/plain\n" +
				"Content-Transfer-Encoding: quoted-printable\n\n" + quoted("Hello,\n\n"+s+"\nBye = bye\n")
		}),
		ofPEM("base64 mail", func(s string) string {
			return "From: ca@example.com\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + b64([]byte("Hello,\n"+s)) + "\n"
		}),
		ofOne("an attachment", func(der []byte) string {
			return "From: ca@example.com\nContent-Type: multipart/mixed; boundary=xyz\n\n--xyz\nContent-Type: text/plain\n\nHello\n--xyz\n" +
				"Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=x.der\nContent-Transfer-Encoding: base64\n\n" +
				b64(der) + "\n--xyz--\n"
		}),
		ofOne("DER", func(der []byte) string { return string(der) }),
		ofDER("base64 of DER", b64),
		ofDER("base64 of DER in JSON", func(der []byte) string { return asJSON(map[string]string{"x": b64(der)}) }),
		ofDER("hexadecimal", hex.EncodeToString),
		ofDER("hexadecimal in capitals", func(der []byte) string { return strings.ToUpper(hex.EncodeToString(der)) }),
		ofDER("hexadecimal with colons", func(der []byte) string { return listed(der, "%02X", ":") }),
		ofDER("hexadecimal with blanks", func(der []byte) string { return listed(der, "%02x", " ") }),
		ofDER("xxd -i", func(der []byte) string {
			return "unsigned char cert_der[] = {\n  " + listed(der, "0x%02x", ", ") + "\n};\n"
		}),
		ofDER("an array of decimals", func(der []byte) string { return "cert = bytes([" + listed(der, "%d", ", ") + "])\n" }),
		ofDER("an array of octals", func(der []byte) string { return "char c[] = {" + listed(der, "0%o", ", ") + "};\n" }),
		ofDER("an array in binary", func(der []byte) string { return "char c[] = {" + listed(der, "0b%08b", ", ") + "};\n" }),
		ofDER("an array of Java", func(der []byte) string { return "byte[] c = {" + listed(der, "(byte)0x%02x", ", ") + "};\n" }),
		ofDER("Python's bytes", func(der []byte) string { return "cert = " + pythonLiteral(der) + "\n" }),
		ofDER("escapes of C", func(der []byte) string { return "char c[] =\n" + escaped(der, `\x%02x`) + ";\n" }),
		ofDER("octal escapes", func(der []byte) string { return "char c[] =\n" + escaped(der, `\%03o`) + ";\n" }),
		ofDER("unhexlify", func(der []byte) string { return "cert = unhexlify(b\"" + hex.EncodeToString(der) + "\")\n" }),
		ofDER("unhexlify in lines", func(der []byte) string {
			var b strings.Builder
			for chunk := range slices.Chunk([]byte(hex.EncodeToString(der)), 64) {
				fmt.Fprintf(&b, "    b\"%s\"\n", chunk)
			}
			return "cert = unhexlify(\n" + b.String() + ")\n"
		}),
		ofDER("a dump of xxd", func(der []byte) string { return dumped(der, "%08x: ", "%02x%02x ", " %s\n") }),
		ofDER("a dump of hexdump -C", func(der []byte) string { return dumped(der, "%08x  ", "%02x %02x ", " |%s|\n") }),
		ofDER("octets with dashes", func(der []byte) string { return strings.ToUpper(listed(der, "%02x", "-")) }),
		ofDER("base64 for URLs", base64.RawURLEncoding.EncodeToString),
		ofPEM("an env_file with blanks", func(s string) string { return "TLS_CERT=" + strings.ReplaceAll(s, "\n", " ") + "\nDEBUG=1\n" }),
		ofPEM("INI with continuation", func(s string) string { return "[server]\ncert =\n" + inLines(s, "    ", "") + "port = 443\n" }),
		ofDER("octets as Go prints them", func(der []byte) string { return fmt.Sprintln(der) }),
		ofDER("an array of JSON", func(der []byte) string {
			var octets []int
			for _, c := range der {
				octets = append(octets, int(c))
			}
			return asJSON(map[string]any{"type": "Buffer", "data": octets})
		}),
		ofDER("signed octets", func(der []byte) string {
			var b strings.Builder
			for _, c := range der {
				fmt.Fprintf(&b, "%d, ", int8(c))
			}
			return "byte[] c = {" + b.String() + "};\n"
		}),
		ofDER("bytea of PostgreSQL", func(der []byte) string { return `'\x` + hex.EncodeToString(der) + "'\n" }),
		ofDER("a registry file", func(der []byte) string {
			return "\"Blob\"=hex:" + strings.ReplaceAll(listed(der, "%02x", ","), "\n", "\\\r\n") + "\r\n"
		}),
		ofPEM("markup of a word processor", func(s string) string {
			return "<w:document>" + inLines(s, `<w:p w:rsidR="00AB"><w:r><w:t>`, "</w:t></w:r></w:p>") + "</w:document>\n"
		}),
		ofPEM("characters of markup", func(s string) string {
			return strings.NewReplacer("+", "&#43;", "/", "&#x2F;", "=", "&#61;").Replace(s)
		}),
		ofPEM("numbered lines", func(s string) string {
			n := 0
			var b strings.Builder
			for line := range strings.Lines(s) {
				n++
				fmt.Fprintf(&b, "%6d\t%s", n, line)
			}
			return b.String()
		}),
		ofPEM("a log", func(s string) string { return inLines(s, "Nov 28 09:00:01 host app[123]: ", "") }),
		ofPEM("comments behind", func(s string) string {
			n := 0
			var b strings.Builder
			for line := range strings.Lines(s) {
				n++
				fmt.Fprintf(&b, "\"%s\\n\" /* line %d */\n", strings.TrimSuffix(line, "\n"), n)
			}
			return b.String()
		}),
		ofPEM("headers in the block", func(s string) string {
			return strings.Replace(s, "-----\n", "-----\nSubject: CN=cam\nComment: a key\n\n", 1)
		}),
		ofPEM("blanks of a URL", func(s string) string {
			return strings.NewReplacer("\n", "%0D%0A", " ", "%20", "+", "%2B").Replace(s)
		}),
		ofPEM("dashes of markup", func(s string) string { return strings.ReplaceAll(s, "-----", "&#45;&#45;&#45;&#45;&#45;") }),
		ofPEM("XML of Java", func(s string) string { return "<cert>" + strings.ReplaceAll(s, "\n", "&#xD;\n") + "</cert>" }),
		ofPEM("RTF", func(s string) string { return "{\\rtf1 " + strings.ReplaceAll(s, "\n", "\\par\n") + "}" }),
		ofPEM("base64 of openssl's text", func(s string) string { return b64([]byte("Bag Attributes\n    friendlyName: cam\n" + s)) }),
		ofPEM("base64 that begins with a line end", func(s string) string { return b64([]byte("\n" + s)) }),
		ofPEM("base64 of UTF-16", func(s string) string { return b64([]byte("\xff\xfe" + utf16Of(s, false))) }),
		ofPEM("base64 of hexadecimal", func(s string) string { return b64([]byte(hex.EncodeToString([]byte(s)))) }),
		ofPEM("base64 of gzip", func(s string) string { return b64(gzipped(nil, []byte(s))) }),
		ofPEM("hexadecimal of openssl's text", func(s string) string { return hex.EncodeToString([]byte("# cam\n" + s)) }),
		ofPEM("quoted base64", func(s string) string { return "> " + b64([]byte(s)) + "\n" }),
		ofDER("numbers of Rust", func(der []byte) string { return "[" + listed(der, "0x%02xu8", ", ") + "]" }),
		ofDER("an assembler's bytes", func(der []byte) string { return inLines(listed(der, "0x%02x", ", "), ".byte ", "") }),
		ofDER("casts", func(der []byte) string { return "{" + listed(der, "(uint8_t)0x%02x", ", ") + "}" }),
		ofDER("numbers in lines", func(der []byte) string { return strings.ReplaceAll(listed(der, "%d", " "), " ", "\n") + "\n" }),
		ofDER("literals of changing quotes", func(der []byte) string {
			half := len(der) / 2
			return "cert = (\n    " + pythonLiteral(der[:half]) + "\n    b\"" + hexEscapes(der[half:]) + "\"\n)\n"
		}),
		ofPEM("TOML", func(s string) string { return "[tls]\ncert = \"\"\"\n" + s + "\"\"\"\n" }),
		ofPEM("XML", func(s string) string { return "<config><cert><![CDATA[" + s + "]]></cert></config>\n" }),
		ofPEM("a list of YAML", func(s string) string { return "certs:\n- |\n" + inLines(s, "  ", "") }),
		ofPEM("YAML in double quotes", func(s string) string { return "cert: \"" + strings.ReplaceAll(s, "\n", "\\n\\\n  \\ ") + "\"\n" }),
		ofPEM("a here-document of a shell", func(s string) string { return "cat > x.pem <<EOF\n" + s + "EOF\n" }),
		ofPEM("a shell's $'...'", func(s string) string { return "export CERT=$'" + strings.ReplaceAll(s, "\n", `\n`) + "'\n" }),
		ofPEM("a header of HTTP", func(s string) string { return "X-Client-Cert: " + strings.ReplaceAll(s, "\n", "%0A") + "\n" }),
		ofPEM("PHP", func(s string) string { return "<?php $cert = <<<'PEM'\n" + s + "PEM;\n" }),
		ofPEM("Lua", func(s string) string { return "local cert = [[\n" + s + "]]\n" }),
		ofPEM("Rust", func(s string) string { return "const CERT: &[u8] = br#\"" + s + "\"#;\n" }),
		ofPEM("Go", func(s string) string { return "var cert = `" + s + "`\n" }),
		ofPEM("UTF-8 with a mark", func(s string) string { return "\ufeff" + s }),
		ofPEM("a wiki's non-breaking hyphens", func(s string) string { return strings.ReplaceAll(s, "-----", "‑‑‑‑‑") }),
		ofPEM("another indentation a line", func(s string) string {
			n := 0
			var b strings.Builder
			for line := range strings.Lines(s) {
				b.WriteString(strings.Repeat(" ", n%7) + line)
				n++
			}
			return b.String()
		}),
		ofPEM("lines of other lengths", func(s string) string {
			var b strings.Builder
			for line := range strings.Lines(s) {
				if !strings.HasPrefix(line, "-") && len(line) > 40 {
					line = line[:40] + "\n" + line[40:]
				}
				b.WriteString(line)
			}
			return b.String()
		}),
		ofDER("bytes.fromhex", func(der []byte) string { return "cert = bytes.fromhex('" + listed(der, "%02x", " ") + "')\n" }),
	}
}

// TestWrappings: whatever wraps a leaf and its key, what went in is read.
func TestWrappings(t *testing.T) {
	f := newFixture(t, 1)
	key := &pem.Block{Type: "PRIVATE KEY", Bytes: f.leaf.KeyDER()}
	for _, w := range wrappings() {
		t.Run(w.name, func(t *testing.T) {
			files := map[string][]byte{"key.txt": w.wrap(key)}
			for i, c := range f.full {
				files[fmt.Sprintf("cert%d.txt", i)] = w.wrap(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
			}
			d, err := read([]string{writeAll(t, files)}, delivery.Options{})
			require.NoError(t, err)
			f.requireWhole(t, d)
		})
	}
}

// TestGlued: blocks follow each other without a line end, of whatever kind.
func TestGlued(t *testing.T) {
	f := newFixture(t, 2)
	var glued strings.Builder
	for _, block := range []string{
		string(f.leaf.EncodeKeyPEM()), string(certs.EncodePEM(f.full[0])), string(certs.EncodePEM(f.full[1])), string(certs.EncodePEM(f.full[2])),
	} {
		glued.WriteString(strings.TrimSpace(block))
	}
	d, err := read([]string{writeAll(t, map[string][]byte{"all.pem": []byte(glued.String())})}, delivery.Options{})
	require.NoError(t, err)
	f.requireWhole(t, d)
}

// TestMailOfACA: an archive is attached, and the mail was forwarded.
func TestMailOfACA(t *testing.T) {
	f := newFixture(t, 1)
	attached := func(name string, content []byte) string {
		return "From: ca@example.com\nContent-Type: multipart/mixed; boundary=ca\n\n" +
			"--ca\nContent-Type: text/plain\n\nHello -----BEGIN nothing\n" +
			"--ca\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=" + name +
			"\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(content) + "\n--ca--\n"
	}
	archive := zipOf(t, map[string][]byte{"cam/cam.crt": certs.EncodePEM(f.full[0]), "cam/ca.crt": certs.EncodePEM(f.full[1])})
	forwarded := "From: me@example.com\nContent-Type: multipart/mixed; boundary=me\n\n--me\nContent-Type: message/rfc822\n\n"
	for name, mail := range map[string]string{
		"a ZIP":        attached("cam.zip", archive),
		"a tar.gz":     attached("cam.tgz", gzipped(t, tarOf(t, map[string][]byte{"full.pem": certs.EncodePEM(f.full...)}))),
		"forwarded":    forwarded + attached("cam.zip", archive) + "\n--me--\n",
		"two in a row": "From ca\n" + attached("cam.der", f.full[0].Raw) + "\nFrom ca\n" + attached("ca.der", f.full[1].Raw),
	} {
		t.Run(name, func(t *testing.T) {
			d, err := read([]string{writeAll(t, map[string][]byte{"ca.eml": []byte(mail), "k.key": f.leaf.EncodeKeyPEM()})}, delivery.Options{})
			require.NoError(t, err)
			f.requireWhole(t, d)
		})
	}
	seven := attached("cam.7z", []byte("7z\xbc\xaf\x27\x1c"))
	d, err := read([]string{writeAll(t, map[string][]byte{"ca.eml": []byte(seven)})}, delivery.Options{})
	require.ErrorIs(t, err, delivery.ErrNoCertificate)
	require.Contains(t, strings.Join(d.Reasons(9), "\n"), "the attachment cam.7z: a 7z archive")
}

// TestWordsAboutPEM: a text that speaks of the marks, or has an example, is no damage.
func TestWordsAboutPEM(t *testing.T) {
	f := newFixture(t, 1)
	text := "BEGIN means -----BEGIN CERTIFICATE-----, and END is -----END CERTIFICATE-----.\n" +
		"-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n" +
		string(certs.EncodePEM(f.full...)) + string(f.leaf.EncodeKeyPEM())
	d, err := read([]string{writeAll(t, map[string][]byte{"all.txt": []byte(text)})}, delivery.Options{})
	require.NoError(t, err)
	f.requireWhole(t, d)
	for _, item := range d.Items {
		require.False(t, item.Damaged, "%s: %s", item, item.Note)
	}
}

// TestInARow: certificates and keys in DER follow each other, in whatever order, and in base64 and hexadecimal.
func TestInARow(t *testing.T) {
	f := newFixture(t, 1)
	key := f.leaf.KeyDER()
	for name, joined := range map[string][]byte{
		"key last": slices.Concat(f.full[0].Raw, f.full[1].Raw, key), "key first": slices.Concat(key, f.full[1].Raw, f.full[0].Raw),
	} {
		for form, data := range map[string][]byte{
			"DER": joined, "base64": []byte(base64.StdEncoding.EncodeToString(joined)), "hexadecimal": []byte(hex.EncodeToString(joined)),
			"base64 in lines": []byte(inLines(wrapped(base64.StdEncoding.EncodeToString(joined), 64), "", "")),
		} {
			t.Run(name+", "+form, func(t *testing.T) {
				d, err := read([]string{writeAll(t, map[string][]byte{"all": data})}, delivery.Options{})
				require.NoError(t, err)
				f.requireWhole(t, d)
			})
		}
	}
}

// wrapped breaks a text into lines.
func wrapped(text string, width int) string {
	var b strings.Builder
	for line := range slices.Chunk([]byte(text), width) {
		b.Write(line)
		b.WriteString("\n")
	}
	return b.String()
}

// TestSeveralInOneText: certificates and key in one document, each found where it stands.
func TestSeveralInOneText(t *testing.T) {
	f := newFixture(t, 1)
	text := asJSON(map[string]any{"le": map[string]any{"Certificates": []any{map[string]any{
		"certificate": base64.StdEncoding.EncodeToString(certs.EncodePEM(f.full...)),
		"domain":      map[string]string{"main": "cam.example.com"},
		"key":         base64.StdEncoding.EncodeToString(f.leaf.EncodeKeyPEM()),
	}}}})
	d, err := read([]string{writeAll(t, map[string][]byte{"acme.json": []byte(text)})}, delivery.Options{})
	require.NoError(t, err)
	f.requireWhole(t, d)
	for _, item := range d.Items {
		require.Contains(t, item.Where, "line ")
	}
}

// TestRealTarBalls are made by tar itself.
func TestRealTarBalls(t *testing.T) {
	f := newFixture(t, 1)
	dir := writeAll(t, map[string][]byte{"live/cert.pem": certs.EncodePEM(f.full...), "live/privkey.pem": f.leaf.EncodeKeyPEM()})
	for _, flag := range []string{"", "z", "j", "J", "-zstd"} {
		t.Run("tar -c"+flag, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "cam.archive")
			args := []string{"-C", dir, "-cf", file, "live"}
			if flag != "" {
				args = append([]string{"-" + flag}, args...)
			}
			if out, err := exec.Command("tar", args...).CombinedOutput(); err != nil {
				t.Skipf("tar cannot do that here: %s; apt-get install tar bzip2 xz-utils zstd", out)
			}
			d, err := read([]string{file}, delivery.Options{})
			require.NoError(t, err)
			f.requireWhole(t, d)
			require.Contains(t, d.Items[len(d.Items)-1].File, "!live/")
		})
	}
}

// TestPackedBombs: what unpacks to more than is read, or is damaged, is named, and costs little.
func TestPackedBombs(t *testing.T) {
	zeros := func(n int) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(make([]byte, n))
		_ = w.Close()
		return b.Bytes()
	}
	var large bytes.Buffer
	w := tar.NewWriter(&large)
	_ = w.WriteHeader(&tar.Header{Name: "a", Size: delivery.MaxFile + 1, Typeflag: tar.TypeReg, Mode: 0o600})
	_, _ = w.Write(make([]byte, delivery.MaxFile+1))
	_ = w.Close()
	whole := zeros(1000)
	for _, tc := range []struct {
		name string
		data []byte
		note string
	}{
		{"too much", zeros(delivery.MaxArchive + 1), "more than 8388608 octets"},
		{"a file that is too large", large.Bytes(), "more than 1048576 octets"},
		{"cut off", whole[:len(whole)-6], "damaged gzip"},
		{"in itself", gzipped(t, gzipped(t, gzipped(t, whole))), "an archive in archives"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := read([]string{writeAll(t, map[string][]byte{"a.bin": tc.data})}, delivery.Options{})
			require.Error(t, err)
			var notes []string
			for _, item := range d.Items {
				notes = append(notes, item.Note)
			}
			require.Contains(t, strings.Join(notes, "; "), tc.note)
		})
	}
}

// BenchmarkRandomText reads a MiB of text with nothing in it.
func BenchmarkRandomText(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, delivery.MaxFile)
	for i := range text {
		text[i] = byte(' ' + r.IntN(95))
		if i%80 == 79 {
			text[i] = '\n'
		}
	}
	file := filepath.Join(b.TempDir(), "text")
	require.NoError(b, os.WriteFile(file, text, 0o600))
	for b.Loop() {
		_, _ = read([]string{file}, delivery.Options{})
	}
}
