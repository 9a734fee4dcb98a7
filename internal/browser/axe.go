package browser

import "context"

// A Violation is what axe-core finds wrong on a page.
type Violation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"` // minor, moderate, serious or critical
	Help   string   `json:"help"`
	HTML   []string `json:"html"` // of the elements
}

// Axe lets axe-core, whose script it is given, look at the page for what keeps people from using it. passed
// counts the rules that nothing was found against.
func (b *Browser) Axe(ctx context.Context, script string) (passed int, found []Violation, err error) {
	const run = `; return axe.run(document).then(r => ({passed: r.passes.length, found: r.violations.map(v => ` +
		`({id: v.id, impact: v.impact, help: v.help, html: v.nodes.map(n => n.html)}))}))`
	var result struct {
		Passed int         `json:"passed"`
		Found  []Violation `json:"found"`
	}
	err = b.Eval(ctx, script+run, &result)
	return result.Passed, result.Found, err
}
