// Package shell writes commands for a shell. Start with [Line].
package shell

import "strings"

// Line returns a command line that can be pasted into a shell: args, whose first one is the program,
// in an environment of env, as NAME=value, and nothing else.
func Line(env, args []string) string {
	words := []string{"env", "-i"}
	for _, word := range append(append([]string{}, env...), args...) {
		words = append(words, quote(word))
	}
	return strings.Join(words, " ")
}

// quote makes one shell word (POSIX 2.2.2).
func quote(word string) string {
	plain := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,@%", r)
	}
	if word != "" && strings.IndexFunc(word, plain) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
