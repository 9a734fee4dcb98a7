//go:build unix

package browser

import (
	"os/exec"
	"syscall"
)

// group lets a program and everything that it starts be killed together.
func group(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
