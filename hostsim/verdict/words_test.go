package verdict_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/verdict"
)

func TestComplaint(t *testing.T) {
	library := verdict.Words{}.
		Says(verdict.CauseRejected, `verify failed`).
		Says(verdict.CauseUnknown, `unknown issuer`, `not trusted`)
	program := library.Says(verdict.CauseName, `name mismatch`)
	for _, tc := range []struct {
		name, output string
		words        verdict.Words
		cause        verdict.Cause
		line         string
	}{
		{"nothing is said", "hello\n", program, "", ""},
		{"a program without words", "verify failed\n", verdict.Words{}, "", ""},
		{"the words of the library", "one\nverify failed: 20\n", program, verdict.CauseRejected, "verify failed: 20"},
		{"the particular before the general", "verify failed\nnot trusted\nname mismatch\n", program, verdict.CauseName, "name mismatch"},
		{"the first line of a cause", "not trusted\nunknown issuer\n", program, verdict.CauseUnknown, "not trusted"},
		{"in either case", "Unknown Issuer", program, verdict.CauseUnknown, "Unknown Issuer"},
		{"what another program adds", "name mismatch\n", library, "", ""},
		{"words of two", "expired 1\n", verdict.Words{}.Says(verdict.CauseExpired, `expired`).Or(library), verdict.CauseExpired, "expired 1"},
		{"behind the time", "12:30 not trusted\n", program.After(`\d+:\d+ `), verdict.CauseUnknown, "not trusted"},
		{"what would move the cursor", "\x1b[2Jnot trusted\r\n", program, verdict.CauseUnknown, `\x1b[2Jnot trusted`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cause, line := tc.words.Complaint(tc.output)
			require.Equal(t, tc.cause, cause)
			require.Equal(t, tc.line, line)
		})
	}
}

// TestWordsStandApart: clients of one library add to its words, and not to each other's.
func TestWordsStandApart(t *testing.T) {
	library := verdict.Words{}.Says(verdict.CauseRejected, `refused`).Says(verdict.CauseUnknown, `unknown`).Says(verdict.CauseExpired, `old`)
	one, other := library.Says(verdict.CauseName, `one`), library.Says(verdict.CauseName, `other`)
	cause, _ := one.Complaint("one")
	require.Equal(t, verdict.CauseName, cause)
	cause, _ = other.Complaint("one")
	require.Empty(t, cause)
}

func TestNoSuchWords(t *testing.T) {
	require.Panics(t, func() { verdict.Words{}.Says(verdict.CauseMissing, `missing`) }, "the words of a client cannot tell that")
	require.Panics(t, func() { verdict.Words{}.Says(verdict.CauseName, `(`).Complaint("refused\n") })
}
