package clients

// The names that are looked at by tests.
var (
	Aliases = aliases
	Groups  = groups
)
