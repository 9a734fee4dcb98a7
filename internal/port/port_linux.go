package port

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Hold holds a free port: a socket that is bound to it, and does not listen.
func Hold() (*Held, error) {
	fd, err := bind(0)
	if err != nil {
		return nil, err
	}
	release := func() error { return os.NewSyscallError("close", syscall.Close(fd)) }
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("getsockname", err), release())
	}
	address, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		return nil, errors.Join(fmt.Errorf("bound to %v", name), release())
	}
	return &Held{address.Port, release}, nil
}

// Listening reports whether somebody listens on a port. Nobody there notices the question.
func Listening(number int) bool {
	fd, err := bind(number)
	if err != nil {
		return true
	}
	_ = syscall.Close(fd)
	return false
}

// bind binds a socket that shares its port with others, unless they listen.
func bind(number int) (fd int, err error) {
	if fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0); err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Port: number, Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		_ = syscall.Close(fd)
		return 0, os.NewSyscallError("bind", err)
	}
	return fd, nil
}
