package report

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
)

// A link is one certificate of a drawn chain.
type link struct {
	name string // of the certificate
	from string // where the client has it from
	kind string // sent, had, fetched, missing, root or stranger: its class in the drawing
}

// links is the chain of a scenario as the client sees it, the leaf first.
func links(s hostsim.Scenario) []link {
	chain := []link{{"leaf", "sent", "sent"}}
	if s.Leaf.SelfSigned() {
		return []link{{"self-signed leaf", "sent, and pinned", "sent"}}
	}
	for i := range s.Missing {
		l := link{name: "intermediate", from: "missing", kind: "missing"}
		if s.Missing > 1 {
			l.name = fmt.Sprintf("intermediate %d", i+1)
		}
		switch {
		case s.Server.SendsChain():
			l.from, l.kind = "sent", "sent"
		case s.Trust == hostsim.TrustRootStore, s.Trust == hostsim.TrustStore:
			l.from, l.kind = "in the store", "had"
		case s.AIA == hostsim.AIADER, s.AIA == hostsim.AIAPKCS7, s.AIA == hostsim.AIAPEM, s.AIA == hostsim.AIARedirect, s.AIA == hostsim.AIASlow:
			l.from, l.kind = "at the AIA URL", "fetched"
		case s.AIA != hostsim.AIAAbsent:
			l.from = "AIA: " + string(s.AIA)
		case s.Warm:
			l.from, l.kind = "seen earlier", "fetched"
		}
		chain = append(chain, l)
	}
	// A root is never sent: it is no gap, whether the client has it or not.
	root := link{"root", "trusted", "root"}
	switch s.Trust {
	case hostsim.TrustOtherRoot:
		root.from, root.kind = "another is trusted", "stranger"
	case hostsim.TrustStore, hostsim.TrustNothing, hostsim.TrustLeaf:
		root.from, root.kind = "not trusted", "stranger"
	}
	if s.Trust == hostsim.TrustLeaf {
		chain[0].from = "sent, and trusted"
	}
	return append(chain, root)
}

// drawChain draws a scenario's chain: what the client has, and the gap.
func drawChain(s hostsim.Scenario) template.HTML {
	const width, height, gap = 118, 44, 26
	chain := links(s)
	var b strings.Builder
	total := len(chain)*width + (len(chain)-1)*gap
	var words []string
	for _, l := range chain {
		words = append(words, l.name+" ("+l.from+")")
	}
	fmt.Fprintf(&b, `<svg class="chain" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`,
		total+2, height+2, total+2, height+2, template.HTMLEscapeString(strings.Join(words, ", then ")))
	for i, l := range chain {
		x := i*(width+gap) + 1
		if i > 0 {
			kind := "joined"
			switch {
			case l.kind == "missing" || chain[i-1].kind == "missing":
				kind = "broken"
			case l.kind == "stranger":
				kind = "apart"
			}
			fmt.Fprintf(&b, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d"/>`, kind, x-gap, height/2+1, x, height/2+1)
		}
		round := 7
		if l.kind == "root" || l.kind == "stranger" {
			round = height / 2
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%d" y="1" width="%d" height="%d" rx="%d"/>`, l.kind, x, width, height, round)
		if l.kind == "root" {
			fmt.Fprintf(&b, `<rect class="root" x="%d" y="4" width="%d" height="%d" rx="%d"/>`, x+3, width-6, height-6, round-3)
		}
		fmt.Fprintf(&b, `<text x="%d" y="19">%s</text><text class="from" x="%d" y="35">%s</text>`,
			x+width/2, template.HTMLEscapeString(l.name), x+width/2, template.HTMLEscapeString(l.from))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}
