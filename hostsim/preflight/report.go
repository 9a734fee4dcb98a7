package preflight

import (
	"slices"
	"time"

	"github.com/leafcam/leafcam/certs/truststores"
)

// Format is the version of a report's JSON form.
const Format = 2

// A Report is the outcome of a check.
type Report struct {
	Format  int    `json:"format"`
	Subject string `json:"subject"` // what was checked, as it was named
	// Presented is how many certificates a server presented; 0 when files were checked.
	Presented int       `json:"presented"`
	Firmware  string    `json:"firmware"`
	Host      string    `json:"host"` // that clients connect to; "" when nobody said
	At        time.Time `json:"at"`   // the time that was asked about

	// Verdict is the answer in short. It is about the forecast, and zero where that was left out.
	Verdict Verdict `json:"verdict"`
	// Steps are what to do, in order, at most three.
	Steps []Step `json:"steps"`

	Loads     bool   `json:"loads"`     // load_cert_chain returns
	Exception string `json:"exception"` // that it raises otherwise
	// Paired says that the key is known to be the certificate's.
	Paired bool `json:"paired"`
	// The same for the files as they lie there, where a delivery is judged by what convert makes of it.
	LoadsAsDelivered     bool   `json:"loads_as_delivered"`
	ExceptionAsDelivered string `json:"exception_as_delivered"`

	Certificate *Summary `json:"certificate"` // nil when there is none that can be read
	// Path are the issuers between leaf and root, the leaf's issuer first, as far as they are
	// known here. Missing is how many of them a camera with the leaf alone does not send; -1 when
	// not even that is known.
	Path  []string `json:"path"`
	Root  string   `json:"root"`  // that the path ends at; "" when it ends nowhere
	Trust string   `json:"trust"` // where that root is known from: Mozilla's list, this system, --root, or the delivery alone
	// Stores are the lists of roots that come with clients, and the versions since which they have the root.
	Stores  []truststores.Store `json:"stores"`
	Missing int                 `json:"missing"` // links that the camera does not send
	// Octets of the Certificate message with the leaf alone and with the path, and the limit.
	Message Message `json:"certificate_message"`

	Findings []Finding        `json:"findings"`
	Forecast []FamilyForecast `json:"forecast"`

	file     string            // that findings about no single file are shown at
	archives map[string]string // of files that lie in one
}

// Summary says what a certificate is.
type Summary struct {
	Title  string   `json:"title"`
	Names  []string `json:"names"`
	Issuer string   `json:"issuer"`
	// IssuerOrganization is the organization that the issuer belongs to; "" where its name says nothing of it.
	IssuerOrganization string    `json:"issuer_organization"`
	Key                string    `json:"key"`
	NotBefore          time.Time `json:"not_before"`
	NotAfter           time.Time `json:"not_after"`
	SHA256             string    `json:"sha256"` // of its DER
}

// Message is the size of the TLS Certificate message (RFC 5246 section 7.4.2), in octets.
type Message struct {
	Leaf  int `json:"leaf"`
	Path  int `json:"path"` // leaf and path together
	Limit int `json:"limit"`
}

// A Finding is something that somebody has to know.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	File     string   `json:"file"`  // "" when it is about no single file
	Line     int      `json:"line"`  // of the file, from 1; 0 when that is not known
	Title    string   `json:"title"` // what is so
	// Symptoms are what people will see of it.
	Symptoms []Symptom `json:"symptoms"`
	Cause    string    `json:"cause"`
	Fix      string    `json:"fix"`
	// Commands are those of the fix, with this delivery's paths: they run as they are.
	Commands []string `json:"commands"`
	Basis    Basis    `json:"basis"`
}

// KeepsFromLoading reports whether the finding is why the camera does not load the files.
func (f Finding) KeepsFromLoading() bool { return slices.Contains(loadingCodes, f.Code) }

// A Symptom is what a program prints.
type Symptom struct {
	Source  string `json:"source"` // the program
	Message string `json:"message"`
}

// Severity is how bad a finding is.
type Severity string

// The severities. With an error the camera cannot serve, or many clients refuse it whatever they
// are given; with a warning there is a cure; a note is good to know.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityNote    Severity = "note"
)

// Severities returns all severities, the worst first.
func Severities() []Severity { return []Severity{SeverityError, SeverityWarning, SeverityNote} }

// Basis is how a finding's consequence is known.
type Basis string

// The bases.
const (
	BasisMeasured   Basis = "measured"   // on the camera's stack or with real clients
	BasisDocumented Basis = "documented" // by those who make the clients or the rules; not tried here
)

// Errors returns how many findings are errors.
func (r *Report) Errors() int { return r.Count(SeverityError) }

// Count returns how many findings have a severity.
func (r *Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Finding returns the first finding with a code, or nil.
func (r *Report) Finding(code Code) *Finding {
	if i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Code == code }); i >= 0 {
		return &r.Findings[i]
	}
	return nil
}
