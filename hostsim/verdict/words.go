package verdict

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/leafcam/leafcam/internal/printable"
)

// spoken are the causes that words can tell, the particular before the general: a program says of
// one refusal that the certificate is not trusted and, elsewhere, that its name is wrong.
var spoken = []Cause{CauseName, CauseNoTrust, CauseExpired, CauseUnknown, CauseRejected}

// Words are what one program prints of a certificate that it refuses. Its zero value is that of a
// program whose refusals only an alert shows. Words do not change: what is added makes new ones.
type Words struct {
	phrases []phrase
	prefix  func() *regexp.Regexp
}

// phrase is how a program says a cause.
type phrase struct {
	cause   Cause
	pattern func() *regexp.Regexp
}

// compiled is an expression that is compiled when it is first needed: most commands need none of those of a hundred programs.
func compiled(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// Says returns the words with further ones for a cause: regular expressions of a part of a line, in
// either case. It is for words that stand in a program: [Words.Complaint] panics when one is no expression, and Says when
// the cause is another than [CauseName], [CauseNoTrust], [CauseExpired], [CauseUnknown] and
// [CauseRejected].
func (w Words) Says(cause Cause, patterns ...string) Words {
	if !slices.Contains(spoken, cause) {
		panic(fmt.Sprintf("verdict: no words are known for %q", cause))
	}
	w.phrases = append(slices.Clip(w.phrases), phrase{cause, compiled("(?i)" + strings.Join(patterns, "|"))})
	return w
}

// Or returns the words with those of another program, or library, besides.
func (w Words) Or(other Words) Words {
	w.phrases = slices.Concat(w.phrases, other.phrases)
	return w
}

// After returns the words of a program that puts something before its lines, such as the time: what
// the regular expression matches is left out of [Words.Complaint], which panics when it is none.
func (w Words) After(prefix string) Words {
	w.prefix = compiled("^(" + prefix + ")")
	return w
}

// Complaint returns the cause and the line that the program printed about the certificate, fit for a
// terminal, or empty strings.
func (w Words) Complaint(output string) (cause Cause, line string) {
	for _, cause := range spoken {
		for line := range strings.Lines(output) {
			if w.tell(cause, line) {
				if w.prefix != nil {
					line = w.prefix().ReplaceAllString(line, "")
				}
				return cause, printable.Line(line)
			}
		}
	}
	return "", ""
}

// tell says whether a line gives a cause.
func (w Words) tell(cause Cause, line string) bool {
	return slices.ContainsFunc(w.phrases, func(p phrase) bool { return p.cause == cause && p.pattern().MatchString(line) })
}
