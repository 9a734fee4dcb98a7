package sandbox

import "syscall"

// endWithParent has the kernel end the program when this process is killed. unshare(1) passes that on
// to the namespace that it made, with all that is in it.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
