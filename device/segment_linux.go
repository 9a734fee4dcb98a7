package device

import (
	"net"
	"syscall"
)

// tuneListener makes the kernel announce the board's segment size and window. What it
// does not allow stays as it is: no client depends on it.
func (n *Network) tuneListener(l net.Listener) {
	tcp, ok := l.(syscall.Conn)
	if !ok || n.SegmentSize == 0 {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, n.SegmentSize)
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_WINDOW_CLAMP, n.Window)
	})
}
