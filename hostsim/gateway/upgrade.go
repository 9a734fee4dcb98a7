package gateway

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// upgradedIdle is how long a connection that speaks something else than HTTP may be silent, in both
// directions. WebSockets that live send a ping now and then (RFC 6455 section 5.5.2).
const upgradedIdle = 5 * time.Minute

// errUpgrade is why an answer is not passed on.
var errUpgrade = errors.New("the camera switches to a protocol that was not asked for")

// switched reports whether the camera switched to the protocol that the viewer asked for.
func switched(answer *http.Response) bool {
	asked := answer.Request.Header.Get("Upgrade")
	return asked != "" && strings.EqualFold(asked, answer.Header.Get("Upgrade"))
}

// upgraded is a connection after 101 Switching Protocols (RFC 9110 section 15.2.2). It counts among the
// camera's until it is closed, which the end of the gateway does, too.
type upgraded struct {
	io.ReadWriteCloser
	idle  *time.Timer
	close func() error
}

func (u *upstream) upgraded(conn io.ReadWriteCloser, closed func()) *upgraded {
	over := make(chan struct{})
	c := &upgraded{ReadWriteCloser: conn}
	c.close = sync.OnceValue(func() error {
		close(over)
		err := conn.Close()
		closed()
		return err
	})
	c.idle = time.AfterFunc(upgradedIdle, func() { _ = c.Close() })
	u.running.Go(func() {
		select {
		case <-u.stopped:
			_ = c.Close()
		case <-over:
		}
	})
	return c
}

// Read reads from the camera.
func (c *upgraded) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p)
	c.idle.Reset(upgradedIdle)
	return n, err
}

// Write writes to the camera.
func (c *upgraded) Write(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Write(p)
	c.idle.Reset(upgradedIdle)
	return n, err
}

// Close closes the connection, and gives it back.
func (c *upgraded) Close() error {
	c.idle.Stop()
	return c.close()
}
