package gateway

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestQueueIsFair: requests are served in turns, one of each viewer and path.
func TestQueueIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1)
		require.NoError(t, q.acquire(t.Context(), t.Context(), "first", time.Minute, nil))
		var order []string
		ask := func(key string) {
			go func() {
				assert.NoError(t, q.acquire(t.Context(), t.Context(), key, time.Hour, nil))
				order = append(order, key)
				time.Sleep(time.Second)
				q.release()
			}()
			synctest.Wait()
		}
		for range 4 {
			ask("greedy /hanging")
		}
		ask("greedy /other")
		ask("modest /")
		q.release()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{
			"greedy /hanging", "greedy /other", "modest /", "greedy /hanging", "greedy /hanging", "greedy /hanging",
		}, order)
		require.Zero(t, q.taken())
	})
}

// TestQueueHasABound, for all and for requests of one kind.
func TestQueueHasABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1)
		require.NoError(t, q.acquire(t.Context(), t.Context(), "first", time.Minute, nil))
		wait := func(key string) { go func() { _ = q.acquire(t.Context(), t.Context(), key, time.Minute, nil) }() }
		for range maxWaitingAlike {
			wait("greedy")
		}
		synctest.Wait()
		require.ErrorIs(t, q.acquire(t.Context(), t.Context(), "greedy", time.Minute, nil), errFull)
		for i := range maxWaiting - maxWaitingAlike {
			wait(fmt.Sprint(i))
		}
		synctest.Wait()
		require.ErrorIs(t, q.acquire(t.Context(), t.Context(), "modest", time.Minute, nil), errFull)
		began := time.Now()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, time.Minute, time.Since(began))
		require.Empty(t, q.waiting, "everybody has waited no longer than the limit")
		require.Empty(t, q.turns)
		require.Zero(t, q.count)
		require.Equal(t, 1, q.taken())
	})
}

// TestWhoLeavesTheQueue gives the place up at once, and a connection that was given at that moment.
func TestWhoLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := make(chan struct{})
		for name, leave := range map[string]func(request, viewer context.CancelFunc){
			"the request ends": func(request, _ context.CancelFunc) { request() },
			"the viewer left":  func(_, viewer context.CancelFunc) { viewer() },
		} {
			q := newQueue(1)
			require.NoError(t, q.acquire(t.Context(), t.Context(), "first", time.Minute, nil))
			ctx, request := context.WithCancel(t.Context())
			left, viewer := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			began := time.Now()
			go func() { ended <- q.acquire(ctx, left, "x", time.Hour, stopped) }()
			synctest.Wait()
			leave(request, viewer)
			require.ErrorIs(t, <-ended, context.Canceled, name)
			require.Zero(t, time.Since(began))
			require.Zero(t, q.count)

			w, err := q.enter("late")
			require.NoError(t, err)
			q.release() // it is given to the one who leaves now
			q.leave("late", w)
			require.Zero(t, q.taken())
			request()
			viewer()
		}
	})
}

// TestMemoryOfStalledViewers: what viewers are behind takes no more than the bound, and those that are
// furthest behind are dropped first.
func TestMemoryOfStalledViewers(t *testing.T) {
	const bound, size = 10 << 20, 1 << 20
	u := &upstream{memory: bound}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/stream", nil)
	h := newHub(u, "", request, http.Header{}, nil)
	var stalled []*viewer
	piece := make([]byte, 100)
	for i := range 50 {
		response := h.join(request, http.Header{})
		v := response.Body.(*viewer)
		h.show(make([]byte, size))
		n, err := v.Read(piece)
		require.NoError(t, err)
		require.Equal(t, len(piece), n)
		stalled = append(stalled, v)
		held := map[*frame]int{}
		for v := range h.viewed {
			for _, f := range []*frame{v.current, v.next} {
				if f != nil {
					held[f] = len(f.octets)
				}
			}
		}
		require.LessOrEqual(t, len(held)*size, bound, "after %d", i)
	}
	_, err := stalled[0].Read(piece)
	require.ErrorIs(t, err, errTooSlow)
	n, err := stalled[len(stalled)-1].Read(piece)
	require.NoError(t, err)
	require.Equal(t, len(piece), n)
	for _, v := range stalled {
		require.NoError(t, v.Close())
	}
	require.Zero(t, h.count())
}

// TestOwnAddressInAnswers: what names the camera is rewritten to what viewers use, and nothing else is.
func TestOwnAddressInAnswers(t *testing.T) {
	for _, tc := range []struct{ name, camera, header, value, want string }{
		{"a path", "192.0.2.7:443", "Location", "/login", "/login"},
		{"the address", "192.0.2.7:443", "Location", "https://192.0.2.7/login?a=b#c", "https://cam.example.com/login?a=b#c"},
		{"with the default port", "192.0.2.7:443", "Location", "https://192.0.2.7:443/", "https://cam.example.com/"},
		{"with another default port", "192.0.2.7:8443", "Content-Location", "https://192.0.2.7:8443/x", "https://cam.example.com/x"},
		{"without its port", "192.0.2.7:8443", "Location", "https://192.0.2.7/x", "https://cam.example.com/x"},
		{"without TLS", "192.0.2.7:443", "Location", "http://192.0.2.7/x", "https://cam.example.com/x"},
		{"without a scheme", "192.0.2.7:443", "Location", "//192.0.2.7/x", "//cam.example.com/x"},
		{"a name in any case", "camera.lan:443", "Location", "https://CAMERA.lan./x", "https://cam.example.com/x"},
		{"IPv6 in another form", "[2001:db8::7]:443", "Location", "https://[2001:db8:0::7]/x", "https://cam.example.com/x"},
		{"another port of the camera", "192.0.2.7:443", "Location", "https://192.0.2.7:8080/x", "https://192.0.2.7:8080/x"},
		{"another host", "192.0.2.7:443", "Location", "https://192.0.2.70/x", "https://192.0.2.70/x"},
		{
			"the address in a query", "192.0.2.7:443", "Location",
			"https://example.com/?u=https://192.0.2.7/", "https://example.com/?u=https://192.0.2.7/",
		},
		{"no URL", "192.0.2.7:443", "Location", "https://192.0.2.7:x/%zz", "https://192.0.2.7:x/%zz"},
		{"a refresh", "192.0.2.7:443", "Refresh", "5; url=https://192.0.2.7/x", "5; url=https://cam.example.com/x"},
		{"a refresh in quotes", "192.0.2.7:443", "Refresh", `0;URL='https://192.0.2.7/x'`, `0;URL='https://cam.example.com/x'`},
		{"a refresh of the same page", "192.0.2.7:443", "Refresh", "5", "5"},
		{"a cookie's domain", "camera.lan:443", "Set-Cookie", "a=b; Path=/; Domain=.Camera.lan; Secure", "a=b; Path=/; Secure"},
		{"an address as a cookie's domain", "192.0.2.7:443", "Set-Cookie", "a=b;domain=192.0.2.7", "a=b"},
		{"another domain of a cookie", "camera.lan:443", "Set-Cookie", "a=b; Domain=example.com", "a=b; Domain=example.com"},
		{"a cookie that is called so", "camera.lan:443", "Set-Cookie", "domain=camera.lan", "domain=camera.lan"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			request.Header.Set("X-Forwarded-Host", "cam.example.com")
			answer := &http.Response{Header: http.Header{tc.header: {tc.value}}, Request: request}
			outside(answer, tc.camera)
			require.Equal(t, tc.want, answer.Header.Get(tc.header))
		})
	}
}

// FuzzHeaders: whatever a camera answers, its headers are rewritten without a panic, and once.
func FuzzHeaders(f *testing.F) {
	f.Add("192.0.2.7:443", "https://192.0.2.7/x", "5; url=https://192.0.2.7/", "a=b; Domain=192.0.2.7", "Accept, *")
	f.Add("[::1]:8443", "//[::1]:8443", `;url="`, "domain", "private=\"x\"")
	f.Fuzz(func(t *testing.T, camera, location, refresh, cookie, vary string) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		request.Header.Set("X-Forwarded-Host", "cam.example.com")
		answer := &http.Response{Request: request, Header: http.Header{
			"Location": {location}, "Refresh": {refresh}, "Set-Cookie": {cookie}, "Vary": {vary}, "Cache-Control": {vary},
		}}
		outside(answer, camera)
		once := answer.Header.Clone()
		outside(answer, camera)
		for _, name := range []string{"Location", "Set-Cookie"} {
			require.Equal(t, once.Values(name), answer.Header.Values(name))
		}
		_, _ = varies(answer.Header)
		require.NotContains(t, sharedHeader(answer.Header), "Set-Cookie")
	})
}
