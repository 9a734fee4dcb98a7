package delivery

// Beside does what cannot be interrupted.
var Beside = beside

// WithRounds returns options under which all key derivations take so many rounds at most.
func (o Options) WithRounds(n int64) Options {
	o.rounds = n
	return o
}

// DeployInSteps deploys, and tells before each change to the drive.
var DeployInSteps = deployInSteps
