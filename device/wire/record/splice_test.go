package record_test

import (
	"io"
	"net"
	"sync"

	"github.com/leafcam/leafcam/device/wire"
)

// splice carries octets and ends between a client and a camera until both are done.
func splice(client *net.TCPConn, camera wire.Conn) {
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(camera, client)
		_ = camera.CloseWrite()
	})
	both.Go(func() {
		_, _ = io.Copy(client, camera)
		_ = client.Close()
	})
	both.Wait()
}
