package livepage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// tick is how often a page hears what has changed: a reader sees it at once, and however many
// connections come there is no more to draw.
const tick = 100 * time.Millisecond

// alive is how often a page hears that nothing has, so that it notices a server that is gone.
const alive = 15 * time.Second

// patience is how long a reader may take for what it is sent.
const patience = 10 * time.Second

// maxFollowers is how many pages hear of changes at a time. Each holds a connection for as long as it
// is open.
const maxFollowers = 100

// update is what a page hears.
type update struct {
	Format   int         `json:"format"`            // of this form: 1
	Instance string      `json:"instance"`          // a page of an earlier run loads itself anew
	Order    []string    `json:"order"`             // all rows
	Rows     []rowUpdate `json:"rows"`              // those that changed
	Stage    string      `json:"stage,omitempty"`   // the camera's side, when it changed
	Counter  string      `json:"counter,omitempty"` // what is in use, when it changed
	Say      string      `json:"say,omitempty"`     // for screen readers
}

type rowUpdate struct {
	ID   string `json:"id"`
	HTML string `json:"html"`
}

// events sends what changes as server-sent events (HTML, section 9.2), from everything on.
func (p *Page) events(w http.ResponseWriter, r *http.Request) {
	if p.followers.Add(1) > maxFollowers {
		p.followers.Add(-1)
		w.Header().Set("Retry-After", "15")
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer p.followers.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	f := follower{page: p}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for last := time.Now(); ; {
		text := ": alive\n\n"
		if u, changed := f.next(); changed {
			data, err := json.Marshal(u)
			if err != nil {
				return
			}
			text = fmt.Sprintf("data: %s\n\n", data)
		} else if time.Since(last) < alive {
			text = ""
		}
		if text != "" {
			last = time.Now()
			_ = control.SetWriteDeadline(last.Add(patience))
			if _, err := w.Write([]byte(text)); err != nil || control.Flush() != nil {
				return
			}
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		case <-p.ending:
			return
		}
	}
}

// A follower knows what one page was told.
type follower struct {
	page    *Page
	version uint64
	started bool
	mode    int
	counter string
	said    map[string]string // the last verdict of each device
}

// next returns what the page has to hear; changed is false when there is nothing.
func (f *follower) next() (u update, changed bool) {
	p := f.page
	if f.said == nil {
		f.said = map[string]string{}
	}
	view := p.journal.Since(f.version)
	u = update{Format: 1, Instance: p.guard.token[:8], Order: view.IDs, Rows: []rowUpdate{}}
	if view.Cleared > f.version {
		f.said = map[string]string{}
	}
	changed = !f.started || view.Version != f.version
	modes, current := p.stage.Modes()
	for i := range view.Devices {
		d := &view.Devices[i]
		d.settle(modes)
		u.Rows = append(u.Rows, rowUpdate{d.ID, p.row(d, modes)})
		if sentence := d.Latest().Sighting.Sentence; f.said[d.ID] != sentence {
			f.said[d.ID] = sentence
			u.Say = d.Title() + ": " + sentence
		}
	}
	for id := range f.said {
		if len(f.said) > 2*maxDevices {
			delete(f.said, id)
		}
	}
	if !f.started {
		u.Say = ""
	}
	if !f.started || current != f.mode {
		f.mode, u.Stage, changed = current, p.stageHTML(modes, current), true
	}
	if counter := p.counterHTML(view.Gone); counter != f.counter {
		f.counter, u.Counter, changed = counter, counter, true
	}
	f.version, f.started = view.Version, true
	return u, changed
}
