package lossy_test

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/lossy"
)

// reader takes pieces as fast as its turns allow.
type reader struct {
	turns chan struct{} // nil: at once
	err   error

	mu  sync.Mutex
	got []string
}

func (r *reader) Write(p []byte) (int, error) {
	if r.turns != nil {
		<-r.turns
	}
	if r.err != nil {
		return 0, r.err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, strings.TrimSpace(string(p)))
	return len(p), nil
}

func gap(left int) []byte { return fmt.Appendf(nil, "%d left out\n", left) }

func TestEveryPieceOfAQuickReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{}
		w := lossy.New(r, 100, gap)
		var want []string
		for i := range 1000 {
			_, err := fmt.Fprintf(w, "%d\n", i)
			require.NoError(t, err)
			want = append(want, fmt.Sprint(i))
			synctest.Wait()
		}
		require.NoError(t, w.Close(time.Second))
		require.Equal(t, want, r.got)
	})
}

// TestSlowReader: what does not fit is counted, and everything is accounted for.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{turns: make(chan struct{})}
		w := lossy.New(r, 50, gap)
		for i := range 100 {
			_, err := fmt.Fprintf(w, "piece %03d\n", i) // 10 octets
			require.NoError(t, err)
		}
		synctest.Wait()
		for range 3 {
			r.turns <- struct{}{}
		}
		synctest.Wait()
		_, err := fmt.Fprint(w, "late\n")
		require.NoError(t, err)
		close(r.turns)
		require.NoError(t, w.Close(time.Second))
		require.Equal(t, []string{"piece 000", "piece 001", "piece 002", "piece 003", "piece 004", "95 left out", "late"}, r.got)
	})
}

// TestReaderThatStandsStill keeps nobody from writing, nor from ending.
func TestReaderThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{turns: make(chan struct{})}
		w := lossy.New(r, 50, gap)
		began := time.Now()
		for range 1000 {
			_, err := fmt.Fprint(w, "piece\n")
			require.NoError(t, err)
		}
		require.Zero(t, time.Since(began))
		require.NoError(t, w.Close(time.Second))
		require.Equal(t, time.Second, time.Since(began))
		close(r.turns)
	})
}

func TestReaderThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := lossy.New(&reader{err: syscall.EPIPE}, 50, gap)
		_, err := fmt.Fprint(w, "piece\n")
		require.NoError(t, err)
		<-w.Gone()
		_, err = fmt.Fprint(w, "piece\n")
		require.ErrorIs(t, err, syscall.EPIPE)
		require.ErrorIs(t, w.Close(time.Second), syscall.EPIPE)
	})
}
