// Package livepage shows on a web page what a camera sees, while it happens: for clients that no
// harness can run, such as phones, televisions and other people's programs. Start with
// [stage.New], which serves one listener in several ways, and give it to [NewPage].
package livepage
