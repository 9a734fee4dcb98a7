package preflight

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/certname"
)

// A Step is something to do.
type Step struct {
	Text string `json:"text"`
	// Command runs as it is; "" where there is none.
	Command string `json:"command"`
	// Converts says that the step writes the files that the camera loads.
	Converts bool `json:"converts"`
	// Cure is the cure that the step brings about; "" for another step.
	Cure Cure `json:"cure"`
	// Fixes is the code of the finding that the step is the fix of; "" for another step.
	Fixes Code `json:"fixes"`
}

// maxSteps is how many steps there are at most.
const maxSteps = 3

// CameraFolder is the folder that the commands of steps write the camera's files into.
const CameraFolder = "camera"

// steps are what to do: the fixes of errors, or what leads from the delivery to a camera that the most clients reach.
func (c *checker) steps() []Step {
	if fixes := c.fixes(); len(fixes) > 0 {
		return fixes
	}
	r := c.report
	if c.subject.Server != "" {
		return c.serverSteps()
	}
	list := c.missingSteps()
	cure := r.Verdict.Cure
	if c.options.KeyElsewhere && cure != CureLeafOnly {
		return append(list, Step{Text: "run leafcam convert where the key is; it prints the lines for main.py", Cure: cure})
	}
	if c.subject.Key == nil || r.Certificate == nil {
		return list
	}
	camera, converts, told := c.paths(), false, false
	if line := c.loadingLines(); cure == CureSecondLoad && r.Verdict.Camera == CameraLoads && line != "" {
		list, told = append(list, Step{Text: "add to main.py: " + line, Cure: cure}), true
	} else if c.subject.Converted && (r.Verdict.Camera == CameraConverted || cure != CureLeafOnly) {
		list = append(list, Step{Text: "write the files for the camera", Command: c.convertCommand(), Converts: true})
		camera, converts = CameraFolder, true
	}
	switch {
	case told:
	case cure == CureSecondLoad && converts:
		text := fmt.Sprintf("add %s to main.py; step %d prints %s", plural(len(r.Path), "line"), len(list), itOrThem(len(r.Path)))
		list = append(list, Step{Text: text, Cure: cure})
	case cure == CureSecondLoad:
		list = append(list, Step{Text: "call load_cert_chain once more for each intermediate, with the same key", Cure: cure})
	case cure == CureGateway:
		text := "put a gateway with " + CameraFolder + "/fullchain.pem in front of the camera: see leafcam gateway --help"
		list = append(list, Step{Text: text, Cure: cure})
	}
	if r.Finding(CodeUnknownRoot) != nil {
		text := fmt.Sprintf("install the root %q in each client; name its file with --root, and the check looks at it as well",
			certname.Whole(c.top().Issuer))
		list = append(list, Step{Text: text})
	}
	if r.Root != "" && !c.public && c.root != nil {
		list = append(list, Step{Text: fmt.Sprintf("install the root %q in each client, and never the intermediate", r.Root)})
	}
	list = list[:min(len(list), maxSteps)]
	if len(list) < maxSteps && c.subject.Converted && c.root != nil {
		list = append(list, Step{Text: "prove it with the programs of this machine", Command: "leafcam try " + camera + c.host() + c.firmware()})
	}
	return list
}

// missingSteps are how an issuer is had that the delivery lacks.
func (c *checker) missingSteps() []Step {
	if c.report.Finding(CodeMissingLink) == nil || c.leaf == nil || c.leaf.Parsed == nil {
		return []Step{}
	}
	issuer := c.top().Issuer
	step := Step{
		Text: fmt.Sprintf("add the certificate of %q: an ACME client keeps it in fullchain.pem or chain.pem, a CA has it on its pages",
			cmp.Or(issuer.CommonName, certname.Whole(issuer))),
		Fixes: CodeMissingLink,
	}
	if c.aia.url != "" && !c.aia.tried {
		step.Text += "; or have it downloaded"
		step.Command = c.checkCommand() + c.hostUnless(c.choice()) + " --fetch"
	}
	return []Step{step}
}

// top is the last certificate on the way to the root that is here.
func (c *checker) top() *x509.Certificate {
	if len(c.path) > 0 {
		return c.path[len(c.path)-1]
	}
	return c.leaf.Parsed
}

// hostUnless is the host's flag, unless it is there already.
func (c *checker) hostUnless(there string) string {
	if there == c.host() {
		return ""
	}
	return c.host()
}

// loadingLines are the calls that load the intermediates of a folder that convert wrote; "" for another delivery.
func (c *checker) loadingLines() string {
	d := c.subject.Delivery
	if d == nil || len(c.path) == 0 {
		return ""
	}
	for n := range c.path {
		name := delivery.IntermediateFile(n + 1)
		if !slices.ContainsFunc(d.Items, func(i *delivery.Item) bool { return filepath.Base(i.File) == name && i.Archive == "" }) {
			return ""
		}
	}
	return strings.Join(delivery.SecondLoadLines(len(c.path)), "; ")
}

// serverSteps are what to do about a server that does not send all.
func (c *checker) serverSteps() []Step {
	list := []Step{}
	if c.root == nil && c.aia.url != "" && !c.aia.tried {
		command := "leafcam check " + c.paths() + c.host() + " --fetch"
		list = append(list, Step{Text: "find the missing issuer at the certificate's AIA URL", Command: command})
	}
	if c.report.Missing != 0 {
		list = append(list,
			Step{
				Text: "on a camera, call load_cert_chain once more for each intermediate: leafcam convert makes the files",
				Cure: c.report.Verdict.Cure,
			},
			Step{Text: "on another server, serve fullchain.pem in the place of cert.pem"})
	}
	return list
}

// fixes are those of the first errors.
func (c *checker) fixes() (list []Step) {
	for _, f := range c.report.Findings {
		if f.Severity == SeverityError && len(list) < maxSteps && !slices.ContainsFunc(list, func(s Step) bool {
			return s.Text == f.Fix || s.Command != "" && len(f.Commands) > 0 && s.Command == f.Commands[0]
		}) {
			s := Step{Text: f.Fix, Fixes: f.Code}
			if len(f.Commands) > 0 {
				s.Command = f.Commands[0]
			}
			list = append(list, s)
		}
	}
	return list
}

func plural(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func itOrThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}
