package gateway_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A visitor speaks to a gateway over connections of his own, and writes what he likes.
type visitor struct {
	t     *testing.T
	front *front
	conns []*talk
}

// A talk is one of them.
type talk struct {
	*tls.Conn
	in *bufio.Reader
}

// dial connects with these protocols.
func (v *visitor) dial(protocols ...string) *talk {
	conn, err := tls.Dial("tcp", v.front.address, &tls.Config{RootCAs: v.front.roots, ServerName: host, NextProtos: protocols})
	require.NoError(v.t, err)
	require.NoError(v.t, conn.SetDeadline(time.Now().Add(v.front.patience)))
	c := &talk{conn, bufio.NewReader(conn)}
	v.conns = append(v.conns, c)
	return c
}

// say connects and writes; the gateway may have closed before everything is written.
func (v *visitor) say(raw string) *talk {
	c := v.dial()
	_, _ = io.WriteString(c, raw)
	return c
}

// left closes all connections, and reports whether those to the camera end then.
func (v *visitor) left() bool {
	for _, c := range v.conns {
		_ = c.Close()
	}
	return v.until(func() bool { return v.front.camera.connected() == 0 })
}

// until waits for something that leafcam's gateway has to do, and others may do.
func (v *visitor) until(done func() bool) bool {
	for limit := time.Now().Add(v.front.patience); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if done() {
			return true
		}
	}
	return done()
}

// heard is what a visitor got.
type heard struct {
	raw     string
	answers []heardAnswer
	interim int  // answers that no end was told of
	ended   bool // the connection
	note    string
}

func (h *heard) statuses() (list []int) {
	for _, a := range h.answers {
		list = append(list, a.status)
	}
	return list
}

type heardAnswer struct {
	status int
	header http.Header
	body   string
	whole  bool
}

func (a heardAnswer) String() string {
	if !a.whole {
		return fmt.Sprintf("%d broken off", a.status)
	}
	return fmt.Sprint(a.status)
}

// maxHeard bounds what is read, in octets.
const maxHeard = 4 << 20

// hear reads until the connection ends.
func (c *talk) hear() *heard {
	raw, err := io.ReadAll(io.LimitReader(c.in, maxHeard))
	h := &heard{raw: string(raw), ended: len(raw) < maxHeard && !isTimeout(err)}
	in := bufio.NewReader(strings.NewReader(h.raw))
	for {
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			return h
		}
		if response.StatusCode < http.StatusOK && response.StatusCode != http.StatusSwitchingProtocols {
			h.interim++
			continue
		}
		body, err := io.ReadAll(response.Body)
		h.answers = append(h.answers, heardAnswer{response.StatusCode, response.Header, string(body), err == nil})
		if response.StatusCode == http.StatusSwitchingProtocols || err != nil {
			return h
		}
	}
}

// isTimeout reports whether it was this visitor's patience that ended.
func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}
