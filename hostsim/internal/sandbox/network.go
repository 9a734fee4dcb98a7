package sandbox

import "errors"

// ErrNoNetwork is what StartNetwork returns where programs cannot be given a network of their own.
var ErrNoNetwork = errors.New("this machine permits no network of its own to a client, so one that is told an address " +
	"could reach the machine that has it")
