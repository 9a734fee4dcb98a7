package port

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"time"
)

// AwaitTLS waits until something accepts TLS connections on a port of an address, which is how one
// knows that a program is there.
func AwaitTLS(ctx context.Context, address string, port int) error {
	dialer := &tls.Dialer{Config: &tls.Config{
		InsecureSkipVerify: true, // whether somebody answers is all that is asked: VerifyConnection takes anything
		VerifyConnection:   func(tls.ConnectionState) error { return nil },
	}}
	for {
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing answers on port %d: %w", port, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
