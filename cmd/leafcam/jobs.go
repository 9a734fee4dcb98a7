package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"
)

// jobs is how many clients run at a time; 0 leaves that to the harness.
type jobs int

// maxJobs is more than one machine can start.
const maxJobs = 1000

func (j *jobs) register(f *pflag.FlagSet) {
	f.Var(j, "jobs", "`NUMBER` of clients that run at a time; two more than there are processors by default")
}

// Set parses a number of jobs.
func (j *jobs) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxJobs {
		return fmt.Errorf("give a number from 1 to %d", maxJobs)
	}
	*j = jobs(n)
	return nil
}

// String is empty for the default, which depends on the machine.
func (j *jobs) String() string {
	if *j == 0 {
		return ""
	}
	return strconv.Itoa(int(*j))
}

// Type is unused in help: the flag names its value.
func (*jobs) Type() string { return "number" }
