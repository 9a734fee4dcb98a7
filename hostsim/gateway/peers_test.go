package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
)

// An attack is what a hostile viewer, or a hostile camera, does to a gateway of whatever make.
type attack struct {
	name string
	// camera is what answers behind the gateway; nil answers everything with a line.
	camera http.HandlerFunc
	act    func(v *visitor) *heard
	// unsafe says what is wrong with what came of it; "" when nothing is.
	unsafe func(o *observation) string
}

// An observation is what came of an attack, seen from both sides.
type observation struct {
	*heard
	received []string // by the camera, one for each connection
	peak     int      // of connections to the camera
	front    string   // the gateway's name
}

// String is a line of the table.
func (o *observation) String() string {
	var camera, viewer []string
	for _, raw := range o.received {
		line, _, _ := strings.Cut(raw, "\n")
		if m, err := strict(raw); err != nil {
			line = fmt.Sprintf("%.40q (%v)", line, err)
		} else {
			line = m.line()
		}
		if !slices.Contains(camera, line) {
			camera = append(camera, line)
		}
	}
	for _, a := range o.answers {
		viewer = append(viewer, a.String())
	}
	if o.interim > 0 {
		viewer = append(viewer, fmt.Sprintf("%d interim answers", min(o.interim, 100)))
	}
	if o.note != "" {
		viewer = append(viewer, o.note)
	}
	if !o.ended {
		viewer = append(viewer, "not ended")
	}
	if len(camera) > 3 {
		camera = append(camera[:3], "...")
	}
	return fmt.Sprintf("camera: %s; viewer: %s", orNothing(camera), orNothing(viewer))
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// attacks are all of them, for one gateway.
func attacks() []attack {
	return slices.Concat(smuggling(), headers(), targets(), answers(), streams(), uploads(), floods())
}

// TestRealPeersUnderAttack does the same to leafcam's gateway, nginx and Caddy, in front of the same
// camera. Leafcam's has to be safe; what becomes of the others is logged beside it.
func TestRealPeersUnderAttack(t *testing.T) {
	table := newTable(attacks())
	t.Cleanup(func() { t.Log("\n" + table.String()) })
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			f := p.start(t)
			faults := map[string]string{}
			for _, a := range attacks() {
				f.camera.begin(a.camera)
				v := &visitor{t: t, front: f}
				o := &observation{heard: a.act(v), front: p.name}
				left := v.left()
				o.received, o.peak = f.camera.end()
				wrong := a.unsafe(o)
				if wrong == "" && !left {
					wrong = "the camera's connections stay open"
				}
				table.add(a.name, p.name, o, wrong)
				if p.ours && wrong != "" {
					faults[a.name] = fmt.Sprintf("%s: %s\n%q", wrong, o, o.received)
				}
			}
			require.Empty(t, faults)
			// After all of it an honest viewer is served.
			f.camera.begin(nil)
			f.patience = peerPatience
			v := &visitor{t: t, front: f}
			h := v.say("GET /honest HTTP/1.1\r\nHost: cam.example.com\r\nConnection: close\r\n\r\n").hear()
			require.Equal(t, []int{http.StatusOK}, h.statuses(), "%s", h.raw)
			require.True(t, v.left())
		})
	}
}

// table is what each gateway made of each attack.
type table struct {
	order []string
	mu    sync.Mutex
	rows  map[string]string // by attack and gateway
}

func newTable(attacks []attack) *table {
	t := &table{rows: map[string]string{}}
	for _, a := range attacks {
		t.order = append(t.order, a.name)
	}
	return t
}

func (t *table) add(attack, peer string, o *observation, wrong string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	how := "safe"
	if wrong != "" {
		how = "UNSAFE (" + wrong + ")"
	}
	t.rows[attack+"\x00"+peer] = fmt.Sprintf("%s\t%s", how, o)
}

// String is the table, an attack after the other.
func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, name := range t.order {
		for _, p := range peers {
			if row, ok := t.rows[name+"\x00"+p.name]; ok {
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", name, p.name, row)
			}
		}
	}
	_ = w.Flush()
	return b.String()
}

// How long a viewer waits for an end. That of others may never come, and is not required.
const (
	peerPatience = 20 * time.Second
	peerLimit    = time.Second
)
