package preflight

import (
	"fmt"
	"slices"
	"strings"
)

// A Client is one that people name: a family by one of its names.
type Client struct{ Title, Family string }

// aliases are further names of clients, as plainName has them.
var aliases = map[string]Client{
	"android": {"Android apps", "android"}, "chrome": {"Chrome", "chrome"}, "edge": {"Edge", "chrome"}, "chromium": {"Chromium", "chromium"},
	"ios": {"iPhone", "ios"}, "ipad": {"iPad", "ios"}, "macos": {"macOS", "macos"}, "powershell": {"PowerShell", "schannel"},
	"dotnet": {".NET", "dotnet-linux"}, "aiohttp": {"Home Assistant", "python-strict"}, "ffprobe": {"ffmpeg", "unverified"},
	"nodejs": {"Node.js", "node"}, "mqttjs": {"MQTT.js", "node"}, "zeep": {"Zeep", "requests"}, "motion": {"motion", "unverified"},
}

// Clients returns whom a name stands for: one of the clients of the first screen, an audience of them (browsers, phones,
// home, programs), a family, or a client that a family was measured with. The error lists names.
func (r *Report) Clients(name string) ([]Client, error) {
	plain := plainName(name)
	var list []Client
	for _, a := range audiences {
		if plainName(a.title) == plain || plain == "all" {
			for _, m := range a.members {
				list = append(list, Client{m.title, m.family})
			}
		}
	}
	if len(list) > 0 {
		return list, nil
	}
	for _, a := range audiences {
		for _, m := range a.members {
			if plainName(m.title) == plain {
				return []Client{{m.title, m.family}}, nil
			}
		}
	}
	if c, ok := aliases[plain]; ok {
		return []Client{c}, nil
	}
	for _, f := range r.Forecast {
		same := func(s string) bool { return plainName(s) == plain }
		if same(f.Family) || slices.ContainsFunc(f.Clients, same) {
			return []Client{{name, f.Family}}, nil
		}
	}
	return nil, fmt.Errorf("no client is called %q; some that are: %s", name, strings.Join(ClientNames(), ", "))
}

// plainName is a name as it is compared: in lower case, without blanks and punctuation.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.,", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// ClientNames are names that [Report.Clients] knows: the groups, and who is in them.
func ClientNames() (names []string) {
	for _, a := range audiences {
		names = append(names, a.title)
		for _, m := range a.members {
			names = append(names, m.title)
		}
	}
	return names
}

// A Refused is a client that has to connect and will not.
type Refused struct {
	Client  Client
	Outcome CureOutcome
	// Cure is the cheapest cure with which it will; "" where none is.
	Cure Cure
}

// Must returns those of clients that will not connect under a cure, or of whom that is not certain.
func (r *Report) Must(clients []Client, cure Cure) (list []Refused) {
	for _, c := range clients {
		f := r.family(c.Family)
		o := f.Under(cure)
		if o.Outcome == OutcomeCompletes || o.Outcome == OutcomeDepends && o.On == OnPreloaded {
			continue
		}
		refused := Refused{Client: c, Outcome: o}
		for _, other := range []Cure{CureSecondLoad, CureGateway, CureStore} {
			if f.Under(other).Outcome == OutcomeCompletes {
				refused.Cure = other
				break
			}
		}
		list = append(list, refused)
	}
	return list
}
