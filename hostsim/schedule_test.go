package hostsim

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSchedule(t *testing.T) {
	t.Run("in their order, one at a time", func(t *testing.T) {
		var order []int
		var tasks []*task
		for i := range 5 {
			tasks = append(tasks, &task{do: func() { order = append(order, i) }})
		}
		perform(tasks, 1)
		require.Equal(t, []int{0, 1, 2, 3, 4}, order)
	})
	t.Run("nothing to do", func(*testing.T) { perform(nil, 3) })
	t.Run("who waits lets others pass", func(t *testing.T) {
		var order []string
		note := func(name string) func() { return func() { order = append(order, name) } }
		build := &task{do: note("build")}
		first := &task{do: note("needs it"), after: []*task{build}}
		perform([]*task{first, {do: note("needs nothing")}, build}, 1)
		require.Equal(t, []string{"needs nothing", "build", "needs it"}, order)
	})
	t.Run("a build that takes long holds up its own cells alone", func(t *testing.T) {
		others := make(chan struct{})
		var left atomic.Int32
		left.Store(20)
		build := &task{do: func() { <-others }} // until all the others are done
		own := false
		tasks := []*task{build, {do: func() { own = true }, after: []*task{build}}}
		for range left.Load() {
			tasks = append(tasks, &task{do: func() {
				if left.Add(-1) == 0 {
					close(others)
				}
			}})
		}
		perform(tasks, 2)
		require.True(t, own)
	})
	t.Run("no more at a time than asked for", func(t *testing.T) {
		const width = 3
		var mu sync.Mutex
		now, most := 0, 0
		together := make(chan struct{})
		var tasks []*task
		for i := range 12 {
			tasks = append(tasks, &task{do: func() {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				if i == width-1 {
					close(together)
				}
				<-together // the first ones are at work at once
				mu.Lock()
				now--
				mu.Unlock()
			}})
		}
		perform(tasks, width)
		require.Equal(t, width, most)
	})
}
