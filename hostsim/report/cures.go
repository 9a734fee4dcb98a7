package report

import (
	"fmt"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// A cure is something that helps against the missing intermediate, with what it achieves in a matrix.
type cure struct {
	Title, What string
	Command     string // that does it; "" where it takes more
	Achieves    []string
	Scenario    string // that tries it
}

// cures are those that the scenarios try. A gateway and another server that sends the chain come to the same for
// clients.
var cures = []struct {
	title, what, command string
	scenarios            []string
}{
	{
		"Second load", "the camera sends the intermediate as well: a second load_cert_chain loads it", "leafcam convert",
		[]string{hostsim.ScenarioSecondLoad().Name},
	},
	{
		"Gateway", "a server in front of the camera sends the whole chain, and the camera stays as it is", "leafcam gateway",
		[]string{hostsim.ScenarioGateway().Name, hostsim.ScenarioFullChain().Name},
	},
	{
		"Pinning", "each client is told to trust the camera's own certificate, and no chain is needed; it has to be told again when the " +
			"certificate changes", "",
		[]string{"self-signed", "self-signed-ca", "leaf-pinned"},
	},
}

// curesIn says what each cure achieves with the clients of a matrix that ran, are real and verify.
func curesIn(m *hostsim.Matrix) (list []cure) {
	for _, c := range cures {
		shown := cure{Title: c.title, What: c.what, Command: c.command, Scenario: c.scenarios[0]}
		for _, s := range m.Scenarios {
			for _, name := range c.scenarios {
				if s.Name == name {
					shown.Achieves = append(shown.Achieves, achieved(m, s))
				}
			}
		}
		list = append(list, shown)
	}
	return list
}

// achieved counts who connects in a scenario.
func achieved(m *hostsim.Matrix, s hostsim.Scenario) string {
	const most = 8 // names
	ran, connect, gained := 0, 0, 0
	var not []string
	for i := range m.Rows {
		r := &m.Rows[i]
		c := r.Cell(s.Name)
		if c == nil || !r.Installed || r.Simulated != "" || !r.Trustworthy {
			continue
		}
		switch c.Verdict {
		case verdict.VerdictCompleted:
			connect++
			if before := r.Cell(hostsim.ScenarioLeafOnly().Name); before != nil && before.Verdict == verdict.VerdictRefused {
				gained++
			}
		case verdict.VerdictRefused:
			not = append(not, r.Title)
		default:
			continue
		}
		ran++
	}
	if ran == 0 {
		return fmt.Sprintf("%s: no client has a verdict", heading(s))
	}
	text := fmt.Sprintf("%s: %d of %d clients connect", heading(s), connect, ran)
	switch {
	case gained == 1:
		text += "; 1 of them refuses the leaf alone"
	case gained > 1:
		text += fmt.Sprintf("; %d of them refuse the leaf alone", gained)
	}
	if len(not) > most {
		return text + fmt.Sprintf(". Still refused by %s, and %d more", strings.Join(not[:most], ", "), len(not)-most)
	}
	if len(not) > 0 {
		text += ". Still refused by " + strings.Join(not, ", ")
	}
	return text
}
