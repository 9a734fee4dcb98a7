package hostsim

import (
	"slices"
	"sync"
)

// A task is something that a run has to do, when others are done.
type task struct {
	after []*task
	do    func()
	done  bool
}

// ready reports whether everything that comes before a task is done.
func (t *task) ready() bool {
	return !slices.ContainsFunc(t.after, func(before *task) bool { return !before.done })
}

// A schedule hands out tasks in their order; one that has to wait lets the others pass.
type schedule struct {
	mu      sync.Mutex
	changed sync.Cond
	tasks   []*task // that nobody has begun
}

// perform does all tasks, so many at a time. None may come after itself, nor after one that is not among them.
func perform(tasks []*task, parallel int) {
	s := &schedule{tasks: slices.Clone(tasks)}
	s.changed.L = &s.mu
	var all sync.WaitGroup
	for range parallel {
		all.Go(s.work)
	}
	all.Wait()
}

// work does one task after the other.
func (s *schedule) work() {
	for t := s.next(); t != nil; t = s.next() {
		t.do()
		s.finish(t)
	}
}

// next waits for the first task that can be begun; nil when there is none left.
func (s *schedule) next() *task {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.tasks) > 0 {
		if at := slices.IndexFunc(s.tasks, (*task).ready); at >= 0 {
			t := s.tasks[at]
			s.tasks = slices.Delete(s.tasks, at, at+1)
			return t
		}
		s.changed.Wait()
	}
	return nil
}

func (s *schedule) finish(t *task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.done = true
	s.changed.Broadcast()
}
