package hostsim

import (
	"fmt"
	"strings"
)

// Server is what the camera presents.
type Server int

// What a camera can present.
const (
	ServeLeaf       Server = iota // the leaf alone, as the documented call loads it
	ServeSecondLoad               // leaf + intermediates, by further load_cert_chain calls
)

// Leaf is the kind of leaf certificate.
type Leaf int

// The leaves of a scenario.
const (
	LeafPlain      Leaf = iota // issued by the intermediate, no AIA
	LeafAIA                    // the same with an AIA URL that answers
	LeafSelfSigned             // signed by itself, no CA
	LeafWrongName              // for another host
	LeafExpired                // over since yesterday
)

// Trust is what the client has.
type Trust int

// What a client can be given.
const (
	TrustRoot      Trust = iota // the root
	TrustRootStore              // the root, and the intermediates in the client's own store
	TrustStore                  // the same store without the root
	TrustLeaf                   // the server's certificate itself
	TrustOtherRoot              // a root that has nothing to do with it
)

// Role is what a scenario is run for.
type Role string

// The roles of scenarios.
const (
	RoleQuestion Role = "question"         // what does the client do?
	RolePositive Role = "positive control" // it must complete
	RoleNegative Role = "negative control" // it must refuse
)

// A Scenario is one situation that a client is put into.
type Scenario struct {
	Name  string `json:"name"` // as given to --scenarios
	Title string `json:"title"`
	Role  Role   `json:"role"`

	Server Server `json:"-"`
	Leaf   Leaf   `json:"-"`
	Trust  Trust  `json:"-"`
}

// The standard set.
var (
	LeafOnly          = Scenario{Name: "leaf-only", Title: "the camera sends its leaf alone", Role: RoleQuestion}
	AIA               = Scenario{Name: "aia", Title: "leaf alone, its AIA URL answers", Role: RoleQuestion, Leaf: LeafAIA}
	Store             = Scenario{Name: "store", Title: "leaf alone, intermediate in the client's store", Role: RoleQuestion, Trust: TrustRootStore}
	IntermediateAlone = Scenario{Name: "intermediate-alone", Title: "the same store without the root: is the intermediate an anchor?", Role: RoleQuestion, Trust: TrustStore}
	SecondLoad        = Scenario{Name: "second-load", Title: "leaf + intermediate by a second load", Role: RolePositive, Server: ServeSecondLoad}
	SelfSigned        = Scenario{Name: "self-signed", Title: "a self-signed leaf that the client pins", Role: RoleQuestion, Leaf: LeafSelfSigned, Trust: TrustLeaf}
	WrongName         = Scenario{Name: "wrong-name", Title: "whole chain, certificate for another host", Role: RoleNegative, Server: ServeSecondLoad, Leaf: LeafWrongName}
	Expired           = Scenario{Name: "expired", Title: "whole chain, leaf expired", Role: RoleNegative, Server: ServeSecondLoad, Leaf: LeafExpired}
	UnknownRoot       = Scenario{Name: "unknown-root", Title: "whole chain, client trusts another root", Role: RoleNegative, Server: ServeSecondLoad, Trust: TrustOtherRoot}
)

// StandardSet returns the scenarios that are run unless told otherwise.
func StandardSet() []Scenario {
	return []Scenario{LeafOnly, AIA, Store, IntermediateAlone, SecondLoad, SelfSigned, WrongName, Expired, UnknownRoot}
}

// ScenariosByName returns the named scenarios in the order of the standard set, or
// an error that lists the names.
func ScenariosByName(names []string) ([]Scenario, error) {
	return pick("scenario", names, StandardSet(), func(s Scenario) string { return s.Name })
}

// pick returns the elements with the given names, in the order of all.
func pick[T any](what string, names []string, all []T, name func(T) string) ([]T, error) {
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	var list []T
	var known []string
	for _, e := range all {
		known = append(known, name(e))
		if wanted[name(e)] {
			list = append(list, e)
			delete(wanted, name(e))
		}
	}
	for n := range wanted {
		return nil, fmt.Errorf("unknown %s %q; known: %s", what, n, strings.Join(known, ", "))
	}
	return list, nil
}

// ClientsByName returns the named clients in the order of all, or an error that
// lists the names.
func ClientsByName(names []string, all []*Client) ([]*Client, error) {
	return pick("client", names, all, func(c *Client) string { return c.Name })
}
