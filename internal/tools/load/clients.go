package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// clientProcess is this program once more, as the clients: their memory does not count.
type clientProcess struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	ended bool
}

// startClients starts it. Addresses go to its standard input; then it holds connections
// open, says so, and after a further line lets clients come and go until its input ends.
func startClients(addresses []string, hold, workers int) (*clientProcess, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &clientProcess{
		cmd: exec.Command(program, "-as-clients", "-hold", strconv.Itoa(hold),
			"-clients", strconv.Itoa(workers), "-cameras", strconv.Itoa(len(addresses))),
	}
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(c.in, strings.Join(addresses, " "))
	return c, err
}

func (c *clientProcess) awaitHeld() error {
	if line, err := c.out.ReadString('\n'); err != nil || line != "held\n" {
		return fmt.Errorf("the clients failed: %q %w", line, err)
	}
	return nil
}

func (c *clientProcess) release() error {
	_, err := fmt.Fprintln(c.in, "go")
	return err
}

// stop ends the clients. Stopping again does nothing.
func (c *clientProcess) stop() error {
	if c.ended {
		return nil
	}
	c.ended = true
	c.in.Close()
	return c.cmd.Wait()
}

// runClients is the other process.
func runClients(in io.Reader, out io.Writer, hold, workers int) error {
	lines := bufio.NewReader(in)
	line, err := lines.ReadString('\n')
	if err != nil {
		return err
	}
	addresses := strings.Fields(line)
	var held []net.Conn
	for i := range hold {
		conn, err := tls.Dial("tcp", addresses[i], anyCertificate)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i+1, err)
		}
		held = append(held, conn)
	}
	fmt.Fprintln(out, "held")
	if _, err := lines.ReadString('\n'); err != nil {
		return err
	}
	for _, conn := range held {
		conn.Close()
	}
	stop := make(chan struct{})
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					visit(addresses[rand.IntN(len(addresses))])
				}
			}
		})
	}
	_, _ = io.Copy(io.Discard, lines)
	close(stop)
	done.Wait()
	return nil
}

// anyCertificate accepts every camera: its memory is on trial here.
var anyCertificate = &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return nil }}

// visit is one client: most read a page, some leave in the middle or speak no TLS.
func visit(address string) {
	const deadline = 10 * time.Second
	conn, err := net.DialTimeout("tcp", address, deadline)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(deadline))
	client := tls.Client(conn, anyCertificate)
	switch rand.IntN(10) {
	case 0: // says nothing
	case 1:
		_, _ = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn)
	case 2:
		_ = client.Handshake()
		_ = conn.(*net.TCPConn).SetLinger(0) // a reset
	default:
		if _, err := io.WriteString(client, "GET / HTTP/1.0\r\n\r\n"); err == nil {
			_, _ = io.Copy(io.Discard, client)
		}
	}
}
