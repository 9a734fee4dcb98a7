package sandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Network is a network of its own for programs: it has loopback and one address on it, and no way
// out. It lives in a process that this program starts of itself, which opens listeners there and
// passes them out: what listens can be this process, whom only the programs in the network reach.
type Network struct {
	keeper *exec.Cmd
	mu     sync.Mutex // held while the keeper is asked
	socket *os.File
}

// keeperName is what a process of this program is called when it keeps a network.
const keeperName = "leafcam-network"

// keeperSocket is the descriptor by which the keeper is asked: the first after the standard ones.
const keeperSocket = 3

// A program that is started to keep a network does nothing else.
func init() {
	if len(os.Args) == 2 && os.Args[0] == keeperName {
		keepNetwork(os.Args[1])
		os.Exit(0)
	}
}

// StartNetwork makes a network in which the address is the machine's own. The error is ErrNoNetwork where
// this machine permits none, or the address cannot be a machine's.
func StartNetwork(address netip.Addr) (*Network, error) {
	if address.IsUnspecified() || address.IsMulticast() || address.IsLinkLocalUnicast() || address == broadcast {
		return nil, fmt.Errorf("%w: no interface has the address %s, or it needs one", ErrNoNetwork, address)
	}
	if _, err := exec.LookPath("nsenter"); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoNetwork, err)
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoNetwork, err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "network"), os.NewFile(uintptr(pair[1]), "keeper")
	defer theirs.Close()
	uid, gid := os.Geteuid(), os.Getegid()
	keeper := exec.Command("/proc/self/exe")
	keeper.Args, keeper.Env, keeper.ExtraFiles = []string{keeperName, address.String()}, []string{}, []*os.File{theirs}
	keeper.SysProcAttr = &syscall.SysProcAttr{
		Setsid:      true, // a key that ends this program is not for it: it ends with its socket
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN},
	}
	if err := keeper.Start(); err != nil {
		_ = ours.Close()
		return nil, fmt.Errorf("%w: %w", ErrNoNetwork, err)
	}
	n := &Network{keeper: keeper, socket: ours}
	if _, err := n.answer(); err != nil {
		_ = n.Close()
		return nil, fmt.Errorf("%w: %s cannot be had there: %w", ErrNoNetwork, address, err)
	}
	return n, nil
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// Close ends the network. Programs that are still in it stay there.
func (n *Network) Close() error {
	err := n.socket.Close()
	_ = n.keeper.Wait()
	return err
}

// Listen opens a listener in the network, as net.Listen does.
func (n *Network) Listen(network, address string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.socket.WriteString(network + " " + address); err != nil {
		return nil, err
	}
	file, err := n.answer()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return net.FileListener(file)
}

// enter is how a command line is put into the network; programs stay who they are.
func (n *Network) enter() []string {
	return []string{"nsenter", "--target", strconv.Itoa(n.keeper.Process.Pid), "--user", "--net", "--preserve-credentials"}
}

// answer reads what the keeper says: nothing, with a descriptor unless the network has just come up, or
// what is wrong.
func (n *Network) answer() (*os.File, error) {
	text, rights := make([]byte, 1024), make([]byte, unix.CmsgSpace(4))
	size, controls, _, _, err := unix.Recvmsg(int(n.socket.Fd()), text, rights, unix.MSG_CMSG_CLOEXEC)
	switch {
	case err != nil:
		return nil, err
	case size == 0:
		return nil, errors.New("its keeper has ended")
	case text[0] != '+':
		return nil, errors.New(string(text[:size]))
	case controls == 0:
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(rights[:controls])
	if err != nil {
		return nil, err
	}
	passed, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(passed[0]), "listener"), nil
}

// keepNetwork is all that the keeper does: it brings loopback up, with the address, and opens listeners
// until nobody can ask for one.
func keepNetwork(text string) {
	address, err := netip.ParseAddr(text)
	if err == nil {
		err = addressLoopback(address)
	}
	reply(nil, err)
	request := make([]byte, 1024)
	for err == nil {
		n, failed := unix.Read(keeperSocket, request)
		if failed != nil || n == 0 {
			return
		}
		network, address, _ := strings.Cut(string(request[:n]), " ")
		reply(new(net.ListenConfig).Listen(context.Background(), network, address))
	}
}

// reply sends a listener, which the asker has from then on.
func reply(l net.Listener, err error) {
	if err != nil {
		_ = unix.Sendmsg(keeperSocket, []byte(err.Error()), nil, nil, 0)
		return
	}
	var rights []byte
	if l != nil {
		defer l.Close()
		file, err := l.(*net.TCPListener).File()
		if err != nil {
			_ = unix.Sendmsg(keeperSocket, []byte(err.Error()), nil, nil, 0)
			return
		}
		defer file.Close()
		rights = unix.UnixRights(int(file.Fd()))
	}
	_ = unix.Sendmsg(keeperSocket, []byte("+"), rights, nil, 0)
}

// loopback is the number of that interface in every network.
const loopback = 1

// addressLoopback brings loopback up and gives it one more address.
func addressLoopback(address netip.Addr) error {
	up := bytes.Join([][]byte{{unix.AF_UNSPEC, 0, 0, 0}, number(loopback), number(unix.IFF_UP), number(unix.IFF_UP)}, nil)
	if err := netlink(unix.RTM_NEWLINK, 0, up); err != nil {
		return err
	}
	if address.IsLoopback() {
		return nil
	}
	family := byte(unix.AF_INET)
	if address.Is6() {
		family = unix.AF_INET6
	}
	octets := address.AsSlice()
	// One address alone, which is valid at once.
	add := append([]byte{family, byte(address.BitLen()), unix.IFA_F_NODAD, unix.RT_SCOPE_UNIVERSE}, number(loopback)...)
	for _, kind := range []uint16{unix.IFA_LOCAL, unix.IFA_ADDRESS} {
		add = append(add, bytes.Join([][]byte{short(4 + len(octets)), short(int(kind)), octets}, nil)...)
	}
	return netlink(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, add)
}

// netlink sends one request of rtnetlink(7) and waits for its acknowledgement.
func netlink(kind uint16, flags int, body []byte) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	header := bytes.Join([][]byte{
		number(unix.NLMSG_HDRLEN + len(body)), short(int(kind)), short(unix.NLM_F_REQUEST | unix.NLM_F_ACK | flags), number(1), number(0),
	}, nil)
	if err := unix.Sendto(fd, append(header, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseNetlinkMessage(answer[:n])
	if err != nil {
		return err
	}
	const errorOctets = 4
	for _, m := range messages {
		if m.Header.Type == unix.NLMSG_ERROR && len(m.Data) >= errorOctets {
			if errno := -int32(order.Uint32(m.Data)); errno != 0 {
				return syscall.Errno(errno)
			}
		}
	}
	return nil
}

// order is that of the machine, which netlink has.
var order = binary.NativeEndian

func number(n int) []byte { return order.AppendUint32(nil, uint32(n)) }
func short(n int) []byte  { return order.AppendUint16(nil, uint16(n)) }
