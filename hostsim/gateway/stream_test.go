package gateway

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestJoinWhileTheCameraIsAskedAgain: the race detector sees what is not under a lock.
func TestJoinWhileTheCameraIsAskedAgain(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/stream", nil)
	u := &upstream{hubs: map[string][]*hub{}}
	h := newHub(u, "key", r, http.Header{}, []string{"Accept-Language"})
	u.hubs["key"] = []*hub{h}
	require.NotNil(t, u.join("key", r))
	var both sync.WaitGroup
	both.Go(func() {
		for range 100 {
			h.asking()
		}
	})
	both.Go(func() {
		for range 100 {
			u.mu.Lock()
			u.join("key", r)
			u.mu.Unlock()
		}
	})
	both.Wait()
}
