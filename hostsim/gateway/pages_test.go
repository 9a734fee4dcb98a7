package gateway

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPagesAreForgotten: what is remembered has a bound, and what became something else is no page.
func TestPagesAreForgotten(t *testing.T) {
	var p pages
	require.False(t, p.has("/"))
	p.note("/", false)
	require.False(t, p.has("/"))
	p.note("/", true)
	require.True(t, p.has("/"))
	require.False(t, p.has("/other"))
	p.note("/other", false)
	require.True(t, p.has("/"))
	p.note("/", false)
	require.False(t, p.has("/"))
	for i := range 100 * pagesKnown {
		p.note(strconv.Itoa(i), true)
	}
	require.Len(t, p.known, pagesKnown)
	require.True(t, p.has(strconv.Itoa(100*pagesKnown-1)), "the newest is known")
}

// TestPageOfACameraThatFails: when it did not answer, nobody asks beside another one any more.
func TestPageOfACameraThatFails(t *testing.T) {
	failure := errors.New("refused")
	u := &upstream{
		base: &http.Transport{
			DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return nil, failure },
		},
		queue: newQueue(1), wait: time.Minute, stall: time.Minute, counts: &counts{}, leading: map[string]*leading{},
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://camera.local/", nil)
	key, ok := sharedBy(r)
	require.True(t, ok)
	for name, ask := range map[string]func() (*http.Response, error){
		"the one that leads": func() (*http.Response, error) { return u.RoundTrip(r) },
		"one beside it": func() (*http.Response, error) {
			require.True(t, u.queue.take())
			return u.beside(r, key)
		},
	} {
		t.Run(name, func(t *testing.T) {
			u.notePage(key, true)
			_, err := ask()
			require.ErrorIs(t, err, failure)
			require.False(t, u.pages.has(key))
			require.Zero(t, u.queue.taken())
		})
	}
}
