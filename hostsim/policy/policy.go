// Package policy says how families of clients come by missing intermediates and what they take
// for an anchor, as data with sources: for forecasts, and for clients that cannot run on this
// machine. Start with [Families] and [Platforms].
package policy

// A Policy is how a family of clients verifies a server.
type Policy struct {
	Name     string // short, unique
	Title    string // the clients, for people
	Stack    string // family of the TLS library
	Verifier string // what decides on the chain

	// AIA says that missing issuers are downloaded from http AIA URLs, in DER.
	AIA bool
	// PKCS7, PEM and HTTPS say that these are understood there, too. False where nobody has
	// documented it.
	PKCS7, PEM, HTTPS bool
	// AIAOption is what has to be set for that; "" where it is the default.
	AIAOption string
	// Preloaded says that intermediates which public CAs have disclosed are known beforehand.
	Preloaded bool

	// StoreIsAnchor says that an intermediate in the client's own store is a trust anchor;
	// otherwise it only completes chains.
	StoreIsAnchor bool
	// What the client takes for an anchor when it is told to: a self-signed server certificate
	// that is no CA, one that is a CA, and a leaf that a CA has issued.
	PinsSelfSigned, PinsSelfSignedCA, PinsLeaf bool

	IgnoresNames  bool // the host is not compared with the certificate
	NeverVerifies bool // as the programs are used by default
	GoParser      bool // certificates are read by Go's crypto/x509
	// OnlyP256 says that no other curve is offered; NoP521 that P-521 is not, OddCurves that some
	// other curves of the camera are.
	OnlyP256  bool
	NoP521    Trait
	OddCurves Trait
	// WantsSCTs says that leaves of public CAs need signed certificate timestamps.
	WantsSCTs bool
	// LimitsPublicCAs says that leaves of public CAs that are valid for too long are refused.
	LimitsPublicCAs bool
	// LimitsPrivateCAs says that the limit on a certificate's validity holds for private CAs, too.
	LimitsPrivateCAs bool

	// MaxFetches is how many issuers are downloaded for a chain at most; 0 is as many as it takes.
	MaxFetches int
	// WantsServerAuth says that a leaf has to have an extKeyUsage that names servers.
	WantsServerAuth bool
	// IgnoresUserCAs says that roots which the user has installed count in those programs only whose
	// developers allowed it.
	IgnoresUserCAs bool
	// Model is the client whose measured model stands in for a platform's verifier; "" is what most
	// clients do.
	Model string

	// Source is where this is known from, Date when it was looked at (year-month).
	Source, Date string
	// SharedBy are clients that follow the policy of a platform and do run here: against them
	// it is tested.
	SharedBy []string
}

// A Trait is whether clients have it.
type Trait int

// What is known of a trait.
const (
	TraitNo     Trait = iota
	TraitYes          // all that were measured
	TraitVaries       // some of them
)

// Measured reports whether the policy was measured with real clients: those of hostsim/clients that name
// it as their family.
func (p Policy) Measured() bool { return p.Source == measured }

// Everyone returns the families that were measured and the platforms that were not: what a
// forecast is about.
func Everyone() []Policy { return append(Families(), Platforms()...) }
