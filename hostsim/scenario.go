package hostsim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

// Server is what serves, and what it presents.
type Server string

// What can serve.
const (
	ServeLeaf       Server = "leaf"           // the camera with the leaf alone, as the documented call loads it
	ServeSecondLoad Server = "second-load"    // the camera with leaf + intermediates, by further load_cert_chain calls
	ServePEM        Server = "pem-chain"      // a camera whose firmware reads PEM, with leaf + intermediates from one file
	ServeOneByOne   Server = "one-connection" // the same, in the documented loop with one connection at a time
	ServeFullChain  Server = "full-chain"     // Go's crypto/tls with leaf + intermediates, TLS 1.2 only
	ServeGateway    Server = "gateway"        // a gateway with leaf + intermediates, before a camera with a self-signed certificate
)

// SendsChain reports whether the intermediates are sent.
func (s Server) SendsChain() bool { return serverKinds[s].sendsChain }

// Leaf is the kind of leaf certificate.
type Leaf string

// The leaves of a scenario.
const (
	LeafPlain        Leaf = "issued"         // issued by the intermediate
	LeafSelfSigned   Leaf = "self-signed"    // signed by itself, no CA
	LeafSelfSignedCA Leaf = "self-signed-ca" // signed by itself, and a CA
	LeafWrongName    Leaf = "wrong-name"     // for another host
	LeafExpired      Leaf = "expired"        // over since yesterday
)

// SelfSigned reports whether there is no chain at all.
func (l Leaf) SelfSigned() bool { return leafKinds[l].selfSigned }

// Trust is what the client has.
type Trust string

// What a client can be given.
const (
	TrustRoot      Trust = "root"
	TrustRootStore Trust = "root+store" // the root, and the intermediates in the client's own store
	TrustStore     Trust = "store"      // the same store without the root
	TrustLeaf      Trust = "leaf"       // the server's certificate itself
	TrustOtherRoot Trust = "other-root" // a root that has nothing to do with it
	TrustNothing   Trust = "nothing"
)

// AIA is what the caIssuers URL of the leaf, and of the intermediates, leads to.
type AIA string

// What an AIA URL can lead to (RFC 5280 section 4.2.2.1 wants the first or the second).
const (
	AIAAbsent   AIA = "absent"   // there is no URL
	AIADER      AIA = "der"      // the issuer in DER
	AIAPKCS7    AIA = "pkcs7"    // the issuer in a certs-only PKCS#7 message
	AIAPEM      AIA = "pem"      // the issuer in PEM, against the RFC
	AIANotFound AIA = "404"      // status 404
	AIASlow     AIA = "slow"     // the issuer in DER, after some seconds
	AIASilent   AIA = "silent"   // a connection that is accepted and never answered
	AIARedirect AIA = "redirect" // a redirection to the issuer in DER
	AIAHTTPS    AIA = "https"    // an https URL, whose server the client could trust
	AIAStranger AIA = "stranger" // a stranger's CA of the same name, with another key
	AIALoop     AIA = "loop"     // issuers that lead to each other and never to a root
	AIADead     AIA = "dead"     // a port where nobody listens
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

	Server  Server        `json:"server"`
	Leaf    Leaf          `json:"leaf"`
	Trust   Trust         `json:"trust"`
	AIA     AIA           `json:"aia"`
	Missing int           `json:"intermediates"`      // between leaf and root
	Key     certs.KeyType `json:"key_type,omitempty"` // the run's when empty
	// Given are certificates that the scenario brings; nil takes the user's, or a test PKI's.
	Given *Given `json:"-"`
	// Warm says that the client visits a server that sends the whole chain first, with the
	// same home.
	Warm bool `json:"warm"`
}

// question, positive and negative complete a scenario with what is usual.
func question(name, title string, s Scenario) Scenario {
	s.Name, s.Title = name, title
	return s.complete()
}

// complete fills in what is usual.
func (s Scenario) complete() Scenario {
	s.Role, s.Server, s.Leaf = cmp.Or(s.Role, RoleQuestion), cmp.Or(s.Server, ServeLeaf), cmp.Or(s.Leaf, LeafPlain)
	s.Trust, s.AIA, s.Missing = cmp.Or(s.Trust, TrustRoot), cmp.Or(s.AIA, AIAAbsent), cmp.Or(s.Missing, 1)
	return s
}

func positive(name, title string, s Scenario) Scenario {
	s.Role = RolePositive
	return question(name, title, s)
}

func negative(name, title string, s Scenario) Scenario {
	s.Role = RoleNegative
	return question(name, title, s)
}

// ScenarioLeafOnly is the camera as documented: it sends its leaf alone.
func ScenarioLeafOnly() Scenario {
	return question("leaf-only", "the camera sends its leaf alone",
		Scenario{})
}

// ScenarioAIA is the leaf alone, whose AIA URL answers.
func ScenarioAIA() Scenario {
	return question("aia", "leaf alone, its AIA URL answers",
		Scenario{AIA: AIADER})
}

// ScenarioStore is the leaf alone, and the intermediate in the client's store.
func ScenarioStore() Scenario {
	return question("store", "leaf alone, intermediate in the client's store",
		Scenario{Trust: TrustRootStore})
}

// scenarioStoreAlone is the same store without the root, which reports whether the intermediate is an anchor.
func scenarioStoreAlone() Scenario {
	return question("store-alone", "the same store without the root: is the intermediate an anchor?",
		Scenario{Trust: TrustStore})
}

// ScenarioSecondLoad is the positive control: leaf and intermediate by a second load.
func ScenarioSecondLoad() Scenario {
	return positive("second-load", "leaf + intermediate by a second load",
		Scenario{Server: ServeSecondLoad})
}

// scenarioSelfSigned is a self-signed leaf that the client pins.
func scenarioSelfSigned() Scenario {
	return question("self-signed", "a self-signed leaf (CA:FALSE) that the client pins",
		Scenario{Leaf: LeafSelfSigned, Trust: TrustLeaf})
}

// scenarioWrongName is a negative control: a certificate for another host.
func scenarioWrongName() Scenario {
	return negative("wrong-name", "whole chain, certificate for another host",
		Scenario{Server: ServeSecondLoad, Leaf: LeafWrongName})
}

// scenarioExpired is a negative control: a leaf that has expired.
func scenarioExpired() Scenario {
	return negative("expired", "whole chain, leaf expired",
		Scenario{Server: ServeSecondLoad, Leaf: LeafExpired})
}

// ScenarioUnknownRoot is a negative control: a root that the client does not trust.
func ScenarioUnknownRoot() Scenario {
	return negative("unknown-root", "whole chain, client trusts another root",
		Scenario{Server: ServeSecondLoad, Trust: TrustOtherRoot})
}

// ScenarioAIAStranger is a negative control of clients that ask AIA URLs: what is fetched there proves
// nothing by itself.
func ScenarioAIAStranger() Scenario {
	return negative("aia-stranger", "leaf alone, its AIA URL answers with a stranger's CA of the same name",
		Scenario{AIA: AIAStranger})
}

// ScenarioFullChain is what another server than the camera does with the same certificates.
func ScenarioFullChain() Scenario {
	return question("full-chain", "another server (crypto/tls, TLS 1.2 only) sends leaf + intermediate",
		Scenario{Server: ServeFullChain})
}

// ScenarioGateway is the cure that needs another machine.
func ScenarioGateway() Scenario {
	return question("gateway", "a gateway sends leaf + intermediate; the camera behind it is self-signed and pinned",
		Scenario{Server: ServeGateway})
}

// scenarioPEMFirmware is the cure that a later firmware brings.
func scenarioPEMFirmware() Scenario {
	return question("pem-firmware", "leaf + intermediate from one PEM file, on a firmware that reads PEM",
		Scenario{Server: ServePEM})
}

// StandardSet returns the scenarios that are run unless told otherwise.
func StandardSet() []Scenario {
	return []Scenario{
		ScenarioLeafOnly(), ScenarioAIA(), ScenarioStore(), scenarioStoreAlone(), ScenarioSecondLoad(),
		scenarioSelfSigned(), scenarioWrongName(), scenarioExpired(), ScenarioUnknownRoot(), ScenarioAIAStranger(),
	}
}

// AllScenarios returns the standard set and every further combination.
func AllScenarios() []Scenario {
	return append(StandardSet(),
		ScenarioFullChain(),
		ScenarioGateway(),
		scenarioPEMFirmware(),
		question("one-connection", "leaf + intermediate from the documented loop, one connection at a time", Scenario{Server: ServeOneByOne}),
		question("warm", "leaf alone, after a visit to a server that sent the whole chain", Scenario{Warm: true}),
		question("self-signed-ca", "a self-signed leaf that is a CA, and that the client pins",
			Scenario{Leaf: LeafSelfSignedCA, Trust: TrustLeaf}),
		question("leaf-pinned", "the issued leaf alone, which the client is told to trust itself", Scenario{Trust: TrustLeaf}),
		question("no-trust", "whole chain, client trusts nothing", Scenario{Server: ServeSecondLoad, Trust: TrustNothing}),

		question("aia-pkcs7", "leaf alone, AIA URL answers with a certs-only PKCS#7", Scenario{AIA: AIAPKCS7}),
		question("aia-pem", "leaf alone, AIA URL answers in PEM", Scenario{AIA: AIAPEM}),
		question("aia-redirect", "leaf alone, AIA URL redirects to the certificate", Scenario{AIA: AIARedirect}),
		question("aia-slow", "leaf alone, AIA URL answers after 3 seconds", Scenario{AIA: AIASlow}),
		question("aia-silent", "leaf alone, AIA host accepts and never answers", Scenario{AIA: AIASilent}),
		question("aia-404", "leaf alone, AIA URL not found", Scenario{AIA: AIANotFound}),
		question("aia-dead", "leaf alone, nothing listens at the AIA URL", Scenario{AIA: AIADead}),
		question("aia-https", "leaf alone, AIA URL is https", Scenario{AIA: AIAHTTPS}),
		negative("aia-loop", "leaf alone, AIA URLs lead in a circle", Scenario{AIA: AIALoop}),

		question("two-missing", "leaf alone, two intermediates missing (as Let's Encrypt's RSA chain)", Scenario{Missing: 2}),
		question("two-missing-aia", "the same, AIA URLs answer", Scenario{Missing: 2, AIA: AIADER}),
		question("two-missing-store", "the same, both intermediates in the client's store", Scenario{Missing: 2, Trust: TrustRootStore}),
		question("two-missing-second-load", "leaf + two intermediates by further loads", Scenario{Missing: 2, Server: ServeSecondLoad}),
		question("three-missing", "leaf alone, three intermediates missing (as Let's Encrypt's ECDSA chain)", Scenario{Missing: 3}),
		question("three-missing-aia", "the same, AIA URLs answer", Scenario{Missing: 3, AIA: AIADER}),
		question("three-missing-store", "the same, all intermediates in the client's store", Scenario{Missing: 3, Trust: TrustRootStore}),
		question("three-missing-second-load", "leaf + three intermediates by further loads", Scenario{Missing: 3, Server: ServeSecondLoad}),

		question("p384", "leaf + intermediate, P-384 keys", Scenario{Server: ServeSecondLoad, Key: certs.KeyECDSAP384}),
		question("p384-leaf-only", "leaf alone, P-384 key", Scenario{Key: certs.KeyECDSAP384}),
		question("rsa2048", "leaf + intermediate, RSA-2048 keys", Scenario{Server: ServeSecondLoad, Key: certs.KeyRSA2048}),
		question("rsa2048-leaf-only", "leaf alone, RSA-2048 key", Scenario{Key: certs.KeyRSA2048}),
	)
}

// ScenariosByName returns the named scenarios in the order of all, or an error that lists
// the names. "standard" and "all" stand for those sets.
func ScenariosByName(names []string) ([]Scenario, error) {
	var expanded []string
	for _, name := range names {
		switch name {
		case "all":
			return AllScenarios(), nil
		case "standard":
			for _, s := range StandardSet() {
				expanded = append(expanded, s.Name)
			}
		default:
			expanded = append(expanded, name)
		}
	}
	return pick("scenario", expanded, AllScenarios(), func(s Scenario) string { return s.Name })
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
	unknown := make([]string, 0, len(wanted))
	for n := range wanted {
		unknown = append(unknown, fmt.Sprintf("%q", n))
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, fmt.Errorf("unknown %s %s; known: %s", what, strings.Join(unknown, ", "), strings.Join(known, ", "))
	}
	return list, nil
}

// ClientsByName returns the named clients in the order of all, or an error that
// lists the names.
func ClientsByName(names []string, all []*Client) ([]*Client, error) {
	return pick("client", names, all, func(c *Client) string { return c.Name })
}
