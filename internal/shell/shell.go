// Package shell writes commands for a shell. Start with [Line].
package shell

import (
	"fmt"
	"strings"

	"github.com/leafcam/leafcam/internal/printable"
)

// Line returns a command line that can be pasted into a shell: args, whose first one is the program,
// in an environment of env, as NAME=value, and nothing else.
func Line(env, args []string) string {
	words := []string{"env", "-i"}
	for _, word := range append(append([]string{}, env...), args...) {
		words = append(words, Word(word))
	}
	return strings.Join(words, " ")
}

// Word makes one shell word (POSIX 2.2.2).
func Word(word string) string {
	plain := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,@%", r)
	}
	if word != "" && strings.IndexFunc(word, plain) < 0 {
		return word
	}
	if printable.Lines(word) != word {
		return escaped(word)
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// escaped makes a shell word of text that a terminal would act upon: dollar-single-quotes (POSIX.1-2024,
// 2.2.4), which bash, zsh and ksh have had for long.
func escaped(word string) string {
	var out strings.Builder
	for i := range len(word) {
		switch c := word[i]; {
		case c == '\'' || c == '\\':
			out.WriteString(`\` + string(rune(c)))
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&out, `\%03o`, c)
		default:
			out.WriteByte(c)
		}
	}
	return "$'" + out.String() + "'"
}
