package delivery

import "strings"

// spellings are how strings, markup and URLs write the characters of PEM that they do not write as they are.
var spellings = []struct{ character, spelled string }{
	{"\n", `\\n \\r \r \n \u000a \u000A \u000d \u000D \x0a \x0A \x0d \x0D \012 \015`},
	{"\n", `%0A %0a %0D %0d &#10; &#xA; &#xa; &#13; &#xD; &#xd; _x000D_ _x000A_ <br> <br/> <p> </p>`},
	{"+", `\u002b \u002B %2B %2b &#43; &#x2B; &#x2b;`},
	{"/", `\/ \u002f \u002F %2F %2f &#47; &#x2F; &#x2f;`},
	{"=", `\u003d \u003D %3D %3d &#61; &#x3D; &#x3d;`},
	{" ", `\t &nbsp;`},
}

var escapes = newEscapes()

func newEscapes() *strings.Replacer {
	pairs := []string{"<br />", "\n"}
	for _, s := range spellings {
		for spelled := range strings.FieldsSeq(s.spelled) {
			pairs = append(pairs, spelled, s.character)
		}
	}
	return strings.NewReplacer(pairs...)
}

// softBreaks are those of quoted-printable text (RFC 2045 section 6.7).
var softBreaks = strings.NewReplacer("=\n", "", "=3D", "=", "=2B", "+", "=2F", "/", "=0A", "\n", "=0D", "\n")

// noise are the characters that may stand between the lines of a block: blanks, those without a width, punctuation,
// and the dashes of word processors.
const noise = " \t\n\v\f\"'`,;\\|()[]{}<>-" + "\u00a0\u200b\u200c\u200d\u2060\ufeff" +
	"\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"

// isNoise reports whether a character may stand between the lines of a block.
func isNoise(c rune) bool { return strings.ContainsRune(noise, c) }
