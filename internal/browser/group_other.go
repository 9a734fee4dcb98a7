//go:build !unix

package browser

import "os/exec"

// group does nothing here: the program alone is killed.
func group(*exec.Cmd) {}

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
