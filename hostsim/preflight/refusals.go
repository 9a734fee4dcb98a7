package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/internal/certname"
)

// refusals adds a finding for each thing that some families of clients refuse whatever sends the chain, and
// that no other finding speaks of.
func (c *checker) refusals() {
	if c.leaf == nil || c.leaf.Parsed == nil || c.root == nil {
		return
	}
	families := 0
	refuse := map[policy.Fault][]string{}
	where := map[policy.Fault]policy.Found{}
	for _, p := range policy.Families() {
		models := p.Verifiers()
		if len(models) == 0 {
			continue
		}
		families++
		for _, v := range models {
			if found := c.faultFor(v, CureGateway); found.Fault != "" && c.findingOf(found.Fault) == nil {
				refuse[found.Fault] = append(refuse[found.Fault], p.Name)
				where[found.Fault] = found
			}
		}
	}
	for _, fault := range sortedFaults(refuse) {
		who := slices.Compact(refuse[fault])
		c.add(CodeClientsRefuse, c.subject.CertFile,
			fmt.Sprintf("%d of %d families of clients refuse this: %s (%s)", len(who), families, c.describe(where[fault]), strings.Join(who, ", ")))
	}
}

// sortedFaults returns the faults, those that the most families refuse first.
func sortedFaults(refuse map[policy.Fault][]string) (faults []policy.Fault) {
	for fault := range refuse {
		faults = append(faults, fault)
	}
	slices.SortFunc(faults, func(a, b policy.Fault) int {
		if n := len(refuse[b]) - len(refuse[a]); n != 0 {
			return n
		}
		return strings.Compare(string(a), string(b))
	})
	return faults
}

// findingOf returns the finding that says the same as a fault, or more; nil when there is none.
func (c *checker) findingOf(fault policy.Fault) *Finding {
	for _, code := range codesOf[fault] {
		if f := c.report.Finding(code); f != nil {
			return f
		}
	}
	return nil
}

// explain says why a client refuses: in the words of the finding, where there is one.
func (c *checker) explain(v *policy.Verifier, found policy.Found) string {
	if found.Fault == policy.FaultLinks {
		return fmt.Sprintf("takes %d intermediates at most", v.MaxIntermediates())
	}
	if f := c.findingOf(found.Fault); f != nil {
		return f.Title
	}
	return c.describe(found)
}

// describe says what a fault is, and of which certificate.
func (c *checker) describe(found policy.Found) string {
	words := found.Fault.Words()
	switch {
	case found.Certificate == nil:
		return words
	case found.Fault.OfNames():
		return "the names: " + words
	case found.Certificate.Equal(c.leaf.Parsed):
		return "the leaf: " + words
	case c.root != nil && found.Certificate.Equal(c.root):
		return fmt.Sprintf(`the root "%s": %s`, certname.Title(c.root), words)
	}
	return fmt.Sprintf(`the intermediate "%s": %s`, certname.Title(found.Certificate), words)
}
